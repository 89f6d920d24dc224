"""cairn.CrafterEnv: Gymnasium's checker, seeds, states, copies, errors."""
import copy
import os
import pickle
import unittest
import warnings

import gymnasium
import numpy as np
from compare import same
from gymnasium.utils.env_checker import check_env

import cairn

ID = "Cairn/Crafter-v1"


def play(env, steps, seed=0):
    """Everything that random steps return."""
    draw, seen = np.random.default_rng(seed), []
    for _ in range(steps):
        seen.append(env.step(int(draw.integers(17))))
        if seen[-1][2] or seen[-1][3]:
            seen.append(env.reset())
    return seen


class Env(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("error")
        self.addCleanup(warnings.resetwarnings)

    def test_gymnasium_has_no_complaints(self):
        for mode in cairn.MODES:
            for observation in ("pixels", "tiles", "both"):
                env = gymnasium.make(ID, mode=mode, observation=observation, semantic=True,
                                     render_mode="rgb_array")
                check_env(env.unwrapped)
                env.close()
        check_env(gymnasium.make(ID, size=(90, 70), view=(9, 7), area=(30, 20)).unwrapped)

    def test_wrappers_take_it(self):
        env = gymnasium.make(ID, length=20)
        env = gymnasium.wrappers.RecordEpisodeStatistics(env)
        env = gymnasium.wrappers.FrameStackObservation(
            gymnasium.wrappers.GrayscaleObservation(env), 4)
        env.reset(seed=1)
        truncated = False
        while not truncated:
            observation, _, _, truncated, info = env.step(0)
        self.assertEqual(observation.shape, (4, 64, 64))
        self.assertEqual(info["episode"]["l"], 20)

    def test_info_tells_what_the_original_tells(self):
        env = cairn.CrafterEnv(semantic=True)
        _, info = env.reset(seed=0)
        self.assertEqual(info["inventory"]["health"], 9)
        self.assertEqual(set(info["inventory"]), set(cairn.ITEMS))
        self.assertEqual(set(info["achievements"]), set(cairn.ACHIEVEMENTS))
        same(info["player_pos"], [32, 32])
        self.assertEqual(info["semantic"].shape, (64, 64))
        self.assertEqual(info["discount"], 1.0)
        unlocked, counts, rewards = [], {}, 0.0
        for number in range(3):  # some episodes: each name when its count leaves 0
            done = False
            draw = np.random.default_rng(number)
            while not done:
                _, reward, dead, cut, info = env.step(draw.integers(17))
                new = sorted(name for name, count in info["achievements"].items()
                             if count > 0 and counts.get(name, 0) == 0)
                self.assertEqual(info["unlocked"], new)
                self.assertEqual(info["reward"], reward)
                self.assertEqual(info["discount"], 0.0 if dead else 1.0)
                rewards += reward
                unlocked += new
                counts, done = info["achievements"], dead or cut
            _, info = env.reset()
            counts = {}
        self.assertGreater(len(unlocked), 3)
        self.assertGreater(rewards, 0)

    def test_without_reward(self):
        env = cairn.CrafterEnv(reward=False)
        env.reset(seed=0)
        results = [result for result in play(env, 400) if len(result) == 5]
        self.assertTrue(all(result[1] == 0 for result in results))
        self.assertTrue(any(result[4]["reward"] != 0 for result in results))

    def test_seeds(self):
        for mode in cairn.MODES:
            one, two = cairn.CrafterEnv(mode=mode), cairn.CrafterEnv(mode=mode)
            same(one.reset(seed=5), two.reset(seed=5))
            same(play(one, 300), play(two, 300))  # the following episodes, too
            first, second = one.reset(seed=6)[0], one.reset()[0]
            self.assertFalse(np.array_equal(first, second))
            same(one.reset(seed=6)[0], first)
            same(one.reset()[0], second)
            fresh = [cairn.CrafterEnv(mode=mode).reset()[0] for _ in range(3)]
            self.assertFalse(np.array_equal(fresh[0], fresh[1]) and
                             np.array_equal(fresh[0], fresh[2]))

    def test_modes_differ(self):
        self.assertFalse(np.array_equal(cairn.CrafterEnv(mode="exact").reset(seed=1)[0],
                                        cairn.CrafterEnv(mode="fast").reset(seed=1)[0]))

    def test_what_is_returned_is_never_written_to_again(self):
        env = cairn.CrafterEnv(observation="both", semantic=True)
        env.reset(seed=2)
        draw, kept = np.random.default_rng(2), []
        for _ in range(40):
            result = env.step(draw.integers(17))
            kept.append((result, copy.deepcopy(result)))
        for result, as_it_was in kept:
            same(result, as_it_was)

    def test_saved_states(self):
        for mode in cairn.MODES:
            env = cairn.CrafterEnv(mode=mode, observation="both")
            env.reset(seed=3)
            play(env, 120)
            state = env.save()
            self.assertIsInstance(state, bytes)
            expected = play(env, 250)
            env.load(state)
            same(play(env, 250), expected)
            other = cairn.CrafterEnv(mode=mode, observation="both")
            observation, info = other.load(state)  # without a reset before
            self.assertIn(observation, other.observation_space)
            self.assertEqual(info["inventory"].keys(), set(cairn.ITEMS))
            same(play(other, 250), expected)

    def test_broken_states_change_nothing(self):
        env = cairn.CrafterEnv()
        env.reset(seed=3)
        state = env.save()
        for broken, words in ((state[:-1], "bytes"), (b"", "saved"), (b"x" * 5000, "saved"),
                              (state[:-1] + bytes([state[-1] ^ 1]), "saved")):
            with self.assertRaisesRegex(ValueError, words):
                env.load(broken)
        self.assertEqual(env.save(), state)
        for wrong, kind in ((100, "int"), ("state", "str"), (None, "NoneType"), ([1], "list")):
            with self.assertRaisesRegex(TypeError, f"state is of type {kind}, expected the bytes"):
                env.load(wrong)
        for bytes_ in (bytearray(state), memoryview(state), np.frombuffer(state, np.uint8)):
            env.load(bytes_)
            self.assertEqual(env.save(), state)
        fresh = cairn.CrafterEnv()
        with self.assertRaises(ValueError):
            fresh.load(state[:-1])
        with self.assertRaises(gymnasium.error.ResetNeeded):
            fresh.step(0)
        small = cairn.CrafterEnv(area=(20, 20))
        small.reset(seed=0)
        with self.assertRaisesRegex(ValueError, "area_width 64; this one has 20"):
            small.load(state)

    def test_copies_and_pickles_continue_alike(self):
        for mode in cairn.MODES:
            env = gymnasium.make(ID, mode=mode, render_mode="rgb_array", render_size=128)
            unused = pickle.loads(pickle.dumps(env))
            env.reset(seed=4)
            play(env, 60)
            twins = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
            expected = play(env, 250)
            for twin in twins:
                self.assertEqual(twin.render().shape, (128, 128, 3))
                same(play(twin, 250), expected)
            same(unused.reset(seed=4)[0], env.reset(seed=4)[0])

    def test_render(self):
        env = cairn.CrafterEnv(render_mode="rgb_array", render_size=(300, 200))
        observation, _ = env.reset(seed=1)
        self.assertEqual(env.render().shape, (200, 300, 3))
        before = env.save()
        env.render()
        self.assertEqual(env.save(), before)
        plain = cairn.CrafterEnv(render_mode="rgb_array")
        plain.reset(seed=1)
        same(plain.render(), observation)
        with self.assertWarnsRegex(UserWarning, "render_mode"):
            warnings.simplefilter("always")
            gymnasium.logger.min_level = gymnasium.logger.WARN
            self.assertIsNone(cairn.CrafterEnv().render())

    def test_errors_say_what_to_do(self):
        env = cairn.CrafterEnv()
        with self.assertRaisesRegex(gymnasium.error.ResetNeeded, "reset"):
            env.step(0)
        with self.assertRaisesRegex(gymnasium.error.ResetNeeded, "reset"):
            env.save()
        env.reset(seed=0)
        for action, error, words in ((17, ValueError, "action is 17, expected 0 to 16"),
                                     (-1, ValueError, "action is -1, expected 0 to 16"),
                                     (0.5, TypeError, "action is 0.5, expected a whole number"),
                                     (None, TypeError, "action is None")):
            with self.assertRaisesRegex(error, words):
                env.step(action)
        for seed, error, words in ((2**63, ValueError, "seed is 9223372036854775808, expected at most"),
                                   (-2**70, ValueError, "expected at least -9223372036854775808"),
                                   (1.5, TypeError, "seed is 1.5, expected a whole number"),
                                   ("1", TypeError, "seed is '1'")):
            with self.assertRaisesRegex(error, words):
                env.reset(seed=seed)
        same(env.reset(seed=np.int64(7)), env.reset(seed=7))
        for options, words in (({"mode": "quick"}, "mode is 'quick', expected one of: exact, fast"),
                               ({"observation": "rgb"}, "expected one of: pixels, tiles, both"),
                               ({"render_mode": "human"}, "render_mode is 'human'"),
                               ({"area": (0, 64)}, "area_width is 0, expected 1 to 1024"),
                               ({"view": (9, 2)}, "view_height is 2, expected 3 to 63"),
                               ({"size": (64, 64, 3)}, "size is .* expected a number or two"),
                               ({"length": -1}, "length is -1, expected 0 to"),
                               ({"length": 2**40}, "length is")):
            with self.assertRaisesRegex(ValueError, words):
                cairn.CrafterEnv(**options)
        with self.assertRaisesRegex(TypeError, "area is 'ab', expected a whole number"):
            cairn.CrafterEnv(area="ab")
        self.assertEqual(cairn.CrafterEnv(size=np.array(70)).observation_space.shape, (70, 70, 3))
        with self.assertRaisesRegex(OSError, "nowhere"):
            cairn.CrafterEnv(textures="nowhere")

    def test_closing(self):
        env = cairn.CrafterEnv()
        env.reset(seed=0)
        env.close()
        env.close()
        for call in (env.reset, env.save, lambda: env.step(0), lambda: copy.deepcopy(env)):
            with self.assertRaisesRegex(gymnasium.error.ClosedEnvironmentError, "closed"):
                call()
        cairn.CrafterEnv().close()

    def test_environments_work_in_a_forked_child(self):
        env = cairn.CrafterEnv()
        env.reset(seed=0)
        warnings.simplefilter("ignore")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                env.step(0)
                env.close()
                code = 0
            finally:
                os._exit(code)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        env.step(0)

    def test_the_old_signature(self):
        env = cairn.crafter.Env(seed=7, length=25, mode="fast")
        self.assertEqual(env.action_names[5], "do")
        self.assertEqual(env.reset().shape, env.observation_space.shape)
        for _ in range(25):
            observation, reward, done, info = env.step(env.action_space.sample())
        self.assertTrue(done)
        self.assertIsInstance(reward, float)
        self.assertEqual(set(info), {"inventory", "achievements", "discount", "semantic",
                                     "player_pos", "reward"})
        self.assertEqual(env.render().shape, (64, 64, 3))
        self.assertEqual(env.render((90, 180)).shape, (180, 90, 3))
        self.assertIs(env.unwrapped, env)
        with env:
            env.reset()
        with self.assertRaises(gymnasium.error.ClosedEnvironmentError):
            env.reset()


if __name__ == "__main__":
    unittest.main()
