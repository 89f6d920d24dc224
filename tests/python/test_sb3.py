"""cairn.sb3.CrafterVecEnv, where PyPI's `stable_baselines3` is installed: equal to its own loop over
cairn.CrafterEnv, and its PPO learns on it."""
import pickle
import tempfile
import unittest
from pathlib import Path

import numpy as np
from compare import same

import cairn

try:
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.vec_env import VecMonitor

    from cairn.sb3 import CrafterVecEnv
except ImportError:
    PPO = None

N = 4


@unittest.skipIf(PPO is None, "PyPI's stable_baselines3 is not installed")
class StableBaselines3(unittest.TestCase):
    def test_equals_its_loop_over_single_environments(self):
        for options in ({"observation": "both", "semantic": True}, {"mode": "fast"}):
            options["length"] = 60
            ours = VecMonitor(CrafterVecEnv(N, **options))
            loop = make_vec_env("Cairn/Crafter-v1", N, seed=3, env_kwargs=options)
            self.assertEqual(ours.observation_space, loop.observation_space)
            self.assertEqual(ours.action_space, loop.action_space)
            ours.seed(3)
            same(ours.reset(), loop.reset())
            endings, draw = 0, np.random.default_rng(1)
            for _ in range(150):
                actions = draw.integers(17, size=N)
                *results, infos = ours.step(actions)
                *expected, expected_infos = loop.step(actions)
                same(results, expected)
                self.assertEqual([array.dtype for array in results[1:]],
                                 [array.dtype for array in expected[1:]])
                for done, info, whole in zip(results[2], infos, expected_infos, strict=True):
                    if not done:
                        self.assertEqual(info, {})
                        continue
                    endings += 1
                    length = info.pop("episode")["l"]
                    self.assertEqual(length, whole.pop("episode")["l"])
                    same(info, whole)
            self.assertGreater(endings, N)
            ours.close(), loop.close()

    def test_ppo_learns_on_it(self):
        for observation, policy in (("pixels", "CnnPolicy"), ("both", "MultiInputPolicy")):
            worlds = VecMonitor(CrafterVecEnv(N, mode="fast", observation=observation, length=30))
            agent = PPO(policy, worlds, n_steps=16, batch_size=64, n_epochs=1).learn(128)
            self.assertEqual(agent.num_timesteps, 128)
            evaluate_policy(agent, worlds, n_eval_episodes=2)
            with tempfile.TemporaryDirectory() as folder:
                agent.save(Path(folder) / "agent")
            worlds.close()

    def test_what_else_a_vec_env_does(self):
        worlds = CrafterVecEnv(N, mode="fast", render_mode="rgb_array", render_size=90)
        worlds.seed(1)
        before = worlds.reset()
        states = worlds.env_method("save")
        twin = pickle.loads(pickle.dumps(worlds))
        for _ in range(20):
            results = worlds.step(np.full(N, 5))
            same(twin.step(np.full(N, 5)), results)
        worlds.env_method("load", states[2], indices=[0, 1])
        seen, _ = worlds.worlds.observe()
        same(seen[0], before[2])
        self.assertEqual([image.shape for image in worlds.get_images()], [(90, 90, 3)] * N)
        self.assertEqual(worlds.get_attr("render_mode", indices=1), ["rgb_array"])
        with self.assertRaisesRegex(NotImplementedError, r"worlds\.observe\(\)"):
            worlds.env_method("observe")
        with self.assertRaises(TypeError):
            CrafterVecEnv(N, autoreset_mode="Disabled")
        worlds.close()


if __name__ == "__main__":
    unittest.main()
