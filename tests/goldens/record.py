#!/usr/bin/env python3
"""Records a golden trace: what the original, PyPI's `crafter`, does step by step.

Optional; no test needs it. In a virtual environment:

    pip install crafter==1.8.3 numpy==1.24.2 Pillow==9.4.0
    python tests/goldens/record.py OUT.tsv.gz [--seed S] [--area WxH] [--grant 20:health=9] ...

The format is described in runs/trace.h. Two things make the original reproducible: the objects of a
chunk are kept in the order they came in (the original has an unordered set), and numpy's AVX512
kernels are off (their exp and cos differ from the C library's in the last bit).
"""
import argparse
import collections
import gzip
import io
import os
import random
import zlib

os.environ["NPY_DISABLE_CPU_FEATURES"] = (
    "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL")

import crafter  # noqa: E402
import numpy as np  # noqa: E402
from crafter import engine  # noqa: E402

ITEMS = ("health food drink energy sapling wood stone coal iron diamond wood_pickaxe stone_pickaxe "
         "iron_pickaxe wood_sword stone_sword iron_sword").split()
# How often each action is chosen: mostly walking and doing.
WEIGHTS = [1, 6, 6, 6, 6, 14, 1.5, 2, 1, 1, 1.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]


class OrderedSet(dict):
    def add(self, item):
        self[item] = None

    def remove(self, item):
        del self[item]


class OrderedWorld(engine.World):
    def reset(self, seed=None):
        super().reset(seed)
        self._chunks = collections.defaultdict(OrderedSet)


def crc(array):
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def row(env, place, action, reward, done, image):
    world, player = env._world, env._player
    state = world.random.get_state()
    generator = np.append(state[1], state[2]).astype("<u4")
    facing = "%d,%d" % tuple(player.facing)
    inventory = ",".join(str(player.inventory[name]) for name in ITEMS)
    achievements = ",".join(str(player.achievements[name]) for name in sorted(player.achievements))
    values = [*place, action, repr(float(reward)), int(done), crc(env._sem_view().astype(np.uint8)),
              crc(image), crc(generator), *player.pos, facing, int(player.sleeping),
              repr(float(world.daylight)), inventory, achievements]
    return "\t".join(map(str, values)) + "\n"


def actions(seed, sleepy):
    """Endless: an action, held for some steps."""
    draw = random.Random(seed)
    while True:
        action, steps = draw.choices(range(17), WEIGHTS)[0], draw.choice([1, 1, 2, 3, 6])
        if draw.random() < sleepy:
            action, steps = 6, 40
        yield from [action] * steps


def record(options, file):
    engine.World = OrderedWorld
    env = crafter.Env(options.area, options.view, options.size, True, options.length, options.seed)
    every, items = options.grant
    chosen = actions(options.policy_seed, options.sleepy)
    for episode in range(1, options.episodes + 1):
        image = env.reset()
        file.write(row(env, (episode, 0), -1, 0.0, False, image))
        for step in range(1, options.steps + 1):
            action = next(chosen)
            image, reward, done, _ = env.step(action)
            file.write(row(env, (episode, step), action, reward, done, image))
            if done:
                break
            if every and step % every == 0:
                env._player.inventory.update(items)


def pair(text):
    width, height = text.split("x")
    return int(width), int(height)


def grant(text):
    if text == "-":
        return 0, {}
    every, items = text.split(":")
    return int(every), {name: int(count) for name, count in
                        (item.split("=") for item in items.split(","))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--area", default="64x64")
    parser.add_argument("--view", default="9x9")
    parser.add_argument("--size", default="64x64")
    parser.add_argument("--length", type=int, default=10000)
    parser.add_argument("--grant", default="-", help="as in the first line of a trace")
    parser.add_argument("--episodes", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1000, help="of an episode, at most")
    parser.add_argument("--policy-seed", type=int, default=0)
    parser.add_argument("--sleepy", type=float, default=0, help="how often it lies down, 0..1")
    options = parser.parse_args()
    head = (f"# crafter=1.8.3 seed={options.seed} policy=random pseed={options.policy_seed} "
            f"sleepy={options.sleepy} area={options.area} view={options.view} "
            f"size={options.size} length={options.length} grant={options.grant}\n")
    for name in ("area", "view", "size"):
        setattr(options, name, pair(getattr(options, name)))
    options.grant = grant(options.grant)
    # mtime 0: the same trace is the same file.
    with open(options.out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as packed, \
            io.TextIOWrapper(packed, encoding="ascii") as file:
        file.write(head)
        record(options, file)


if __name__ == "__main__":
    main()
