#!/usr/bin/env python3
"""Measures the original, PyPI's `crafter`, as `cairn bench env` measures Cairn.

Optional; no test needs it. In a virtual environment:

    pip install crafter
    python tests/bench/original.py [--seconds S] [--repeats R]

One environment on one core, pixels, uniformly random actions, resets included. Prints one JSON
line; "step_only" is the same without the time that resets take, "reset_ms" a reset's mean.
"""
import argparse
import importlib.metadata
import json
import platform
import random
import statistics
import time


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def play(env, draw, seconds):
    """Plays for about so many seconds: steps, seconds, of these in resets, episodes."""
    steps, episodes, resetting = 0, 0, 0.0
    begin = now = time.perf_counter()
    while now - begin < seconds:
        _, _, done, _ = env.step(draw.randrange(17))
        steps += 1
        now = time.perf_counter()
        if done:
            env.reset()
            episodes += 1
            after = time.perf_counter()
            resetting += after - now
            now = after
    return steps, now - begin, resetting, episodes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="of a repeat (10)")
    parser.add_argument("--repeats", type=int, default=5, help="measurements (5)")
    options = parser.parse_args()

    import crafter  # here, so that --help works without it

    env = crafter.Env(seed=1)
    env.reset()
    draw = random.Random(1)
    play(env, draw, 2)  # warm-up
    runs = [play(env, draw, options.seconds) for _ in range(options.repeats)]
    rates = [steps / seconds for steps, seconds, _, _ in runs]
    episodes = sum(run[3] for run in runs)
    print(json.dumps({
        "bench": "env", "mode": "original", "observation": "pixels",
        "actions": "random, drawn while measuring", "worlds": 1, "threads": 1,
        "repeats": options.repeats, "steps": sum(run[0] for run in runs), "episodes": episodes,
        "seconds": round(sum(run[1] for run in runs), 3),
        "steps_per_s": round(statistics.median(rates), 1),
        "min": round(min(rates), 1), "max": round(max(rates), 1),
        "step_only": round(statistics.median(run[0] / (run[1] - run[2]) for run in runs), 1),
        "reset_ms": round(1000 * sum(run[2] for run in runs) / max(episodes, 1), 1),
        "cpu": cpu_name(), "python": platform.python_version(),
        "version": "crafter " + importlib.metadata.version("crafter"),
    }))


if __name__ == "__main__":
    main()
