"""cairn.CrafterVectorEnv: equal to Gymnasium's loop over CrafterEnv; Gymnasium's conventions."""
import copy
import os
import pickle
import unittest
import warnings

import gymnasium
import numpy as np
from compare import same
from gymnasium.vector import AutoresetMode

import cairn

ID = "Cairn/Crafter-v1"
N = 5


def table(dictionaries, names):
    """[N, names] of a dictionary of columns."""
    return np.stack([dictionaries[name] for name in names], 1)


class VectorEnv(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("error")
        self.addCleanup(warnings.resetwarnings)

    def pair(self, autoreset_mode=AutoresetMode.SAME_STEP, **options):
        """The same worlds in C and in Gymnasium's loop."""
        ours = gymnasium.make_vec(ID, num_envs=N, length=30, semantic=True,
                                  autoreset_mode=autoreset_mode, **options)
        loop = gymnasium.make_vec(ID, num_envs=N, vectorization_mode="sync", length=30,
                                  semantic=True,
                                  vector_kwargs={"autoreset_mode": autoreset_mode}, **options)
        self.assertIsInstance(ours, cairn.CrafterVectorEnv)
        return ours, loop

    def compare_infos(self, ours, loop):
        same(ours["inventory"], table(loop["inventory"], cairn.ITEMS))
        same(ours["achievements"], table(loop["achievements"], cairn.ACHIEVEMENTS))
        for name in ("discount", "player_pos", "reward", "semantic"):
            same(ours[name], loop[name])
            same(ours[f"_{name}"], loop[f"_{name}"])
        self.assertEqual(ours.keys(), loop.keys())
        for row in range(N):
            same([cairn.ACHIEVEMENTS[i] for i in ours["unlocked"][row].nonzero()[0]],
                 loop["unlocked"][row])

    def test_equals_a_loop_over_single_environments(self):
        next_step = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        for options in ({"observation": "both"}, {"mode": "fast"}, {"reward": False},
                        {"observation": "both", **next_step}, {"mode": "fast", **next_step}):
            ours, loop = self.pair(**options)
            self.assertEqual(ours.observation_space, loop.observation_space)
            self.assertEqual(ours.action_space, loop.action_space)
            self.assertEqual(ours.metadata, loop.metadata)
            (seen, info), (expected, expected_info) = ours.reset(seed=9), loop.reset(seed=9)
            same(seen, expected)
            self.compare_infos(info, expected_info)
            self.assertIn(seen, ours.observation_space)
            ours.action_space.seed(1)
            endings = 0
            for _ in range(100):
                actions = ours.action_space.sample()
                *results, info = ours.step(actions)
                *expected, expected_info = loop.step(actions)
                same(results, expected)
                self.assertEqual([array.dtype for array in results[1:]],
                                 [array.dtype for array in expected[1:]])
                self.compare_infos(info, expected_info)
                ended = results[2] | results[3]
                endings += ended.sum()
                if "autoreset_mode" in options:
                    continue
                self.assertEqual("final_obs" in info, bool(ended.any()))
                for row in np.flatnonzero(ended):
                    self.compare_final(info, expected_info, row)
            self.assertGreater(endings, 2 * N)
            ours.close(), loop.close()

    def compare_final(self, info, expected, row):
        same(info["final_obs"][row], expected["final_obs"][row])
        same(info["_final_obs"], expected["_final_obs"])
        same(info["_final_info"], expected["_final_info"])
        final, other = info["final_info"], expected["final_info"]
        same(final["inventory"][row], table(other["inventory"], cairn.ITEMS)[row])
        same(final["achievements"][row], table(other["achievements"], cairn.ACHIEVEMENTS)[row])
        for name in ("discount", "player_pos", "reward", "semantic"):
            same(final[name][row], other[name][row])
            same(final["_" + name], other["_" + name])

    def test_threads_change_no_bit(self):
        results = []
        for threads in (1, 3):
            envs = cairn.CrafterVectorEnv(N, threads=threads, length=40)
            envs.reset(seed=1)
            draw = np.random.default_rng(1)
            results.append([envs.step(draw.integers(17, size=N)) for _ in range(90)])
        same(*results)

    def test_arrays_are_the_callers_and_used_again_when_let_go(self):
        envs = cairn.CrafterVectorEnv(N, observation="both", length=20)
        kept = [envs.reset(seed=1)]
        draw = np.random.default_rng(1)
        kept += [envs.step(draw.integers(17, size=N)) for _ in range(30)]
        as_they_were = copy.deepcopy(kept)
        views = [result[0]["pixels"][2, 3:9] for result in kept]  # alone keep their array
        expected = copy.deepcopy(views)
        del kept[5:]
        addresses = set()
        for _ in range(50):
            result = envs.step(draw.integers(17, size=N))
            addresses.add(result[0]["tiles"].ctypes.data)
            del result
        same(kept, as_they_were[:5])
        same(views, expected)
        self.assertLessEqual(len(addresses), 4)

    def test_gymnasiums_wrappers_take_it(self):
        from gymnasium.wrappers import vector
        envs = cairn.CrafterVectorEnv(N, length=25, mode="fast")
        envs = vector.RecordEpisodeStatistics(envs)
        envs.reset(seed=2)
        lengths = []
        for _ in range(60):
            _, _, terminated, truncated, info = envs.step(envs.action_space.sample())
            if "episode" in info:
                lengths += info["episode"]["l"][terminated | truncated].tolist()
        self.assertEqual(max(lengths), 25)
        for wrap in (vector.GrayscaleObservation, vector.FlattenObservation,
                     vector.NormalizeObservation):
            wrapped = wrap(cairn.CrafterVectorEnv(N, autoreset_mode="NextStep", length=5))
            wrapped.reset(seed=2)
            for _ in range(12):
                seen, *_ = wrapped.step(wrapped.action_space.sample())
            self.assertEqual(seen.shape, wrapped.observation_space.shape)
        listed = vector.DictInfoToList(cairn.CrafterVectorEnv(N, length=2))
        _, infos = listed.reset(seed=2)
        same(infos[3]["player_pos"], [32, 32])
        listed.step(np.zeros(N, int))
        infos = listed.step(np.zeros(N, int))[-1]
        self.assertEqual(infos[0]["final_obs"].shape, (64, 64, 3))

    def test_seeds(self):
        envs = cairn.CrafterVectorEnv(N)
        by_number, _ = envs.reset(seed=40)
        same(envs.reset(seed=[40, 41, 42, 43, 44])[0], by_number)
        single = cairn.CrafterEnv()
        same(single.reset(seed=42)[0], by_number[2])
        second, _ = envs.reset()
        self.assertFalse(np.array_equal(second, by_number))
        single.reset(seed=42)
        same(single.reset()[0], second[2])
        seeds = cairn.world_seeds(40, N)
        self.assertEqual((seeds[0], len(set(seeds))), (40, N))
        self.assertFalse(set(cairn.world_seeds(41, N)) & set(seeds))
        envs.reset(seed=seeds)
        same(envs.reset(seed=np.arange(40, 45))[0], by_number)
        for seed, error, words in (([1, 2], ValueError, "2 seeds, expected one or 5"),
                                   (1.5, TypeError, "seed is 1.5, expected a whole number"),
                                   ("12345", TypeError, "seed is '12345'"),
                                   ([0, 1, 2, 3, None], TypeError, "seed is None")):
            with self.assertRaisesRegex(error, words):
                envs.reset(seed=seed)

    def test_disabled_autoreset(self):
        envs = cairn.CrafterVectorEnv(3, autoreset_mode=AutoresetMode.DISABLED, length=10)
        self.assertIs(envs.metadata["autoreset_mode"], AutoresetMode.DISABLED)
        envs.reset(seed=1)
        for _ in range(4):
            envs.step(np.zeros(3, int))
        mask = np.array([False, True, False])
        before, _ = envs.observe()
        after, info = envs.reset(options={"reset_mask": mask})
        same(after[~mask], before[~mask])
        self.assertFalse(np.array_equal(after[1], before[1]))
        same(info["player_pos"][1], [32, 32])
        for _ in range(6):
            result = envs.step(np.zeros(3, int))
        same(result[3], ~mask)
        self.assertNotIn("final_obs", result[4])
        with self.assertRaisesRegex(gymnasium.error.ResetNeeded, "World 0 has ended.*reset_mask"):
            envs.step(np.zeros(3, int))
        envs.reset(options={"reset_mask": result[3]})
        same(envs.step(np.zeros(3, int))[3], [False] * 3)
        for mask in ([True] * 3, np.zeros(3, bool), np.ones(2, bool), np.ones(3)):
            with self.assertRaisesRegex(ValueError, "reset_mask"):
                envs.reset(options={"reset_mask": mask})
        with self.assertRaisesRegex(ValueError, "autoreset_mode is 'never', expected one of: NextStep"):
            cairn.CrafterVectorEnv(3, autoreset_mode="never")

    def test_loaded_worlds_that_have_ended_await_their_reset(self):
        single = cairn.CrafterEnv(length=5)
        first, _ = single.reset(seed=1)
        for _ in range(5):
            single.step(0)
        ended, second = single.save(), single.reset()[0]
        envs = cairn.CrafterVectorEnv(2, autoreset_mode=AutoresetMode.NEXT_STEP, length=5)
        envs.reset(seed=1)
        envs.load(1, ended)
        seen, reward, _, truncated, info = envs.step(np.array([0, 16]))
        same(seen[1], second)
        self.assertEqual((reward[1], truncated[1], info["_reward"][1]), (0, False, True))
        envs.step(np.zeros(2, int))
        envs = cairn.CrafterVectorEnv(2, autoreset_mode=AutoresetMode.DISABLED, length=5)
        begun = envs.reset(seed=1)[0]
        same(begun[0], first)
        state = envs.save(1)
        envs.load(1, ended)
        with self.assertRaisesRegex(gymnasium.error.ResetNeeded, "World 1 has ended"):
            envs.step(np.zeros(2, int))
        envs.load(1, state)
        envs.step(np.zeros(2, int))

    def test_states_move_between_worlds(self):
        for mode in cairn.MODES:
            envs = cairn.CrafterVectorEnv(3, mode=mode, threads=2, observation="tiles")
            envs.reset(seed=1)
            draw = np.random.default_rng(1)
            for _ in range(80):
                envs.step(draw.integers(17, size=3))
            envs.load(2, envs.save(0))
            seen, info = envs.observe()
            same(seen["tiles"][2], seen["tiles"][0])
            same(info["inventory"][2], info["inventory"][0])
            for _ in range(300):
                action = draw.integers(17)
                seen, reward, *_ = envs.step(np.array([action, 0, action]))
                same(seen["tiles"][2], seen["tiles"][0])
                self.assertEqual(reward[2], reward[0])
            single = cairn.CrafterEnv(mode=mode, observation="tiles")
            same(single.load(envs.save(1))[0]["tiles"], seen["tiles"][1])
            with self.assertRaisesRegex(IndexError, "world is 3, expected 0 to 2"):
                envs.save(3)
            with self.assertRaisesRegex(TypeError, "world is b'state', expected a whole number"):
                envs.load(b"state", 0)

    def test_copies_continue_alike(self):
        envs = cairn.CrafterVectorEnv(N, threads=2, length=50)
        envs.reset(seed=1)
        for _ in range(20):
            envs.step(np.full(N, 5))
        twin, third = copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))
        draw = np.random.default_rng(1)
        for _ in range(80):
            actions = draw.integers(17, size=N)
            result = envs.step(actions)
            same(twin.step(actions), result)
            same(third.step(actions), result)

    def test_gymnasiums_async_vector_env_takes_it(self):
        options = {"num_envs": 2, "mode": "fast", "observation": "both", "length": 20}
        worlds = [gymnasium.make_vec(ID, vectorization_mode=how, **options)
                  for how in ("async", "sync")]
        same(worlds[0].reset(seed=1), worlds[1].reset(seed=1))
        for number in range(50):
            actions = np.array([number % 17, 5])
            same(worlds[0].step(actions), worlds[1].step(actions))
        for each in worlds:
            each.close()

    def test_render(self):
        envs = cairn.CrafterVectorEnv(2, render_mode="rgb_array", render_size=100)
        envs.reset(seed=1)
        self.assertEqual([frame.shape for frame in envs.render()], [(100, 100, 3)] * 2)

    def test_errors_say_what_to_do(self):
        envs = cairn.CrafterVectorEnv(N)
        with self.assertRaisesRegex(gymnasium.error.ResetNeeded, "reset"):
            envs.step(np.zeros(N, int))
        envs.reset(seed=0)
        for actions, words in (([0] * 4, r"int64 \[4\], expected integers \[5\]"),
                               ([0.0] * N, "float64"),
                               ([0, 0, 17, 0, 0], "action of world 2 is 17, expected 0 to 16"),
                               ([0, 0, 0, 0, -1], "action of world 4 is -1"),
                               ([0, 2**40, 0, 0, 0], "action of world 1 is 1099511627776")):
            with self.assertRaisesRegex(ValueError, words):
                envs.step(np.array(actions))
        for kind in (">i4", "<u8", "int8"):  # of any machine
            envs.step(np.arange(N, dtype=kind))
        same(envs._worlds._action, np.arange(N))
        for options, words in (({"num_envs": -1}, "world_count is -1, expected 1 to 65536"),
                               ({"num_envs": 0}, "world_count is 0, expected 1 to 65536"),
                               ({"threads": 300}, "threads is 300, expected 1 to 256")):
            with self.assertRaisesRegex(ValueError, words):
                cairn.CrafterVectorEnv(**options)
        envs.close()
        envs.close()
        with self.assertRaisesRegex(gymnasium.error.ClosedEnvironmentError, "closed"):
            envs.step(np.zeros(N, int))

    def test_threads_do_not_survive_a_fork_and_say_so(self):
        envs = cairn.CrafterVectorEnv(N, threads=2)
        envs.reset(seed=0)
        warnings.simplefilter("ignore")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                envs.step(np.zeros(N, int))
            except RuntimeError as error:
                code = 0 if "another process" in str(error) else 2
            finally:
                os._exit(code)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        envs.step(np.zeros(N, int))


if __name__ == "__main__":
    unittest.main()
