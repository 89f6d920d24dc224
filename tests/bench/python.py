#!/usr/bin/env python3
"""Measures cairn.CrafterVectorEnv beside the same worlds in C, `cairn bench env`, in turn.

Optional; no test needs it. With the package installed and the program built:

    python tests/bench/python.py [--mode fast] [--observation tiles] [--worlds 1024] [--threads 1]

Uniformly random actions, drawn while measuring, resets included. Prints one JSON line; `share` is
the Python rate as a part of the C rate, the median over the repeats.
"""
import argparse
import json
import statistics
import subprocess
import time

OPTIONS = (("mode", "fast"), ("observation", "tiles"), ("worlds", 1024), ("threads", 1))


def python_rate(envs, rng, seconds):
    """Steps per second of the vector environment."""
    steps, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        envs.step(rng.integers(17, size=envs.num_envs))
        steps += envs.num_envs
    return steps / (time.perf_counter() - begin)


def c_rate(program, options):
    """Steps per second that the program tells."""
    command = [program, "bench", "env", "--repeats=1", f"--seconds={options.seconds}"]
    command += [f"--{name}={getattr(options, name)}" for name, _ in OPTIONS]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(told)["steps_per_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in OPTIONS:
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"({default})")
    parser.add_argument("--seconds", type=float, default=1, help="of a repeat (1)")
    parser.add_argument("--repeats", type=int, default=7, help="measurements of each (7)")
    parser.add_argument("--program", default="build/cairn", help="(build/cairn)")
    options = parser.parse_args()

    import cairn  # here, so that --help works without them
    import numpy as np

    envs = cairn.CrafterVectorEnv(options.worlds, mode=options.mode, threads=options.threads,
                                  observation=options.observation)
    envs.reset(seed=1)
    rng = np.random.default_rng(1)
    for _ in range(600):  # until deaths come as often as they do later; the C program does the same
        envs.step(rng.integers(17, size=options.worlds))
    pairs = [(c_rate(options.program, options), python_rate(envs, rng, options.seconds))
             for _ in range(options.repeats)]
    print(json.dumps({
        "bench": "python", **{name: getattr(options, name) for name, _ in OPTIONS},
        "repeats": options.repeats,
        "c_steps_per_s": round(statistics.median(c for c, _ in pairs)),
        "python_steps_per_s": round(statistics.median(python for _, python in pairs)),
        "share": round(statistics.median(python / c for c, python in pairs), 3),
    }))


if __name__ == "__main__":
    main()
