"""cairn.crafter.Env against the original: its recorded traces and, where PyPI's `crafter` is
installed, the package itself with its own pictures."""
import collections
import gzip
import json
import tempfile
import unittest
import zlib
from pathlib import Path

import numpy as np

import cairn

try:
    import crafter
    from crafter import engine
except ImportError:
    crafter = None

GOLDENS = Path(__file__).resolve().parents[1] / "goldens"


def numbers(text):
    return [int(number) for number in text.split(",")]


class Traces(unittest.TestCase):
    """What record.py wrote down; runs/trace.h describes the columns."""

    def check_trace(self, name):
        steps = 0
        with gzip.open(GOLDENS / name, "rt") as file:
            head = dict(word.split("=", 1) for word in next(file)[1:].split())
            self.assertEqual(head["grant"], "-")
            pair = {key: tuple(int(side) for side in head[key].split("x"))
                    for key in ("area", "view", "size")}
            env = cairn.crafter.Env(**pair, length=int(head["length"]), seed=int(head["seed"]))
            for line in file:
                (_, step, action, reward, done, semantic, _, _, x, y, _, _, _, items,
                 achievements) = line.split("\t")
                if step == "0":
                    env.reset()
                    continue
                _, got_reward, got_done, info = env.step(int(action))
                self.assertEqual(repr(got_reward), reward)
                self.assertEqual(int(got_done), int(done))
                self.assertEqual(zlib.crc32(info["semantic"].tobytes()), int(semantic))
                self.assertEqual(list(info["player_pos"]), [int(x), int(y)])
                self.assertEqual(list(info["inventory"].values()), numbers(items))
                self.assertEqual(list(info["achievements"].values()), numbers(achievements))
                steps += 1
        return steps

    def test_recorded_episodes_are_played_again(self):
        names = ("random-0.tsv.gz", "random-1.tsv.gz", "bot-12.tsv.gz")
        self.assertGreater(sum(self.check_trace(name) for name in names), 2000)


@unittest.skipIf(crafter is None, "PyPI's crafter is not installed")
class Original(unittest.TestCase):
    """Side by side with the package; its sets of objects get an order, as record.py explains."""

    def setUp(self):
        class OrderedSet(dict):
            def add(self, item):
                self[item] = None

            def remove(self, item):
                del self[item]

        class OrderedWorld(engine.World):
            def reset(self, seed=None):
                super().reset(seed)
                self._chunks = collections.defaultdict(OrderedSet)

        self.world, engine.World = engine.World, OrderedWorld

    def tearDown(self):
        engine.World = self.world

    def test_every_bit_is_the_same(self):
        draw = np.random.default_rng(5)
        assets = Path(crafter.__file__).parent / "assets"
        for options in ({}, {"reward": False, "length": 150},
                        {"area": (40, 30), "view": (7, 9), "size": (100, 80)}):
            theirs = crafter.Env(seed=17, **options)
            ours = cairn.crafter.Env(seed=17, textures=assets, **options)
            self.assertEqual(ours.action_names, theirs.action_names)
            self.assertEqual(ours.action_space.n, theirs.action_space.n)
            np.testing.assert_array_equal(ours.reset(), theirs.reset())
            for step in range(350):
                action = int(draw.integers(17))
                seen, reward, done, info = ours.step(action)
                their_seen, their_reward, their_done, their_info = theirs.step(action)
                np.testing.assert_array_equal(seen, their_seen, f"step {step}")
                self.assertEqual(repr(reward), repr(float(their_reward)))
                self.assertEqual(done, bool(their_done))
                self.assertEqual(info.keys(), their_info.keys())
                for key in ("inventory", "achievements", "discount"):
                    self.assertEqual(info[key], their_info[key])
                for key in ("semantic", "player_pos"):
                    np.testing.assert_array_equal(info[key], their_info[key])
                    self.assertEqual(info[key].dtype, their_info[key].dtype)
                self.assertEqual(repr(info["reward"]), repr(float(their_info["reward"])))
                if done:
                    np.testing.assert_array_equal(ours.reset(), theirs.reset())

    def test_pictures_of_another_size(self):
        assets = Path(crafter.__file__).parent / "assets"
        theirs, ours = crafter.Env(seed=3), cairn.crafter.Env(seed=3, textures=assets)
        theirs.reset(), ours.reset()
        np.testing.assert_array_equal(ours.render((512, 512)),
                                      theirs.render((512, 512)))

    def test_its_recorder_works_on_top(self):
        with tempfile.TemporaryDirectory() as folder:
            env = crafter.Recorder(cairn.crafter.Env(seed=1, length=40), folder, save_video=False)
            env.reset()
            done, total, steps = False, 0.0, 0
            while not done:
                _, reward, done, info = env.step(env.action_space.sample())
                total, steps = total + reward, steps + 1
            line = json.loads((Path(folder) / "stats.jsonl").read_text())
            self.assertEqual(line["length"], steps)
            self.assertEqual(line["reward"], round(total, 1))
            self.assertEqual(line["achievement_collect_wood"],
                             info["achievements"]["collect_wood"])
            (episode,) = Path(folder).glob("*.npz")
            with np.load(episode) as arrays:
                self.assertEqual(arrays["image"].shape, (steps + 1, 64, 64, 3))


if __name__ == "__main__":
    unittest.main()
