#!/usr/bin/env python3
"""Measures cairn.CrafterVectorEnv beside the same worlds in C, `cairn bench env`, in turn.

Optional; no test needs it. With the package installed and the program built:

    python tests/bench/python.py [--mode fast] [--observation tiles] [--worlds 1024] [--threads 1]

Uniformly random actions, drawn while measuring, resets included. Prints one JSON line; `share` is
the Python rate as a part of the C rate, the median over the repeats, `processor_share` the same by
processor time, which other work on the machine disturbs less.
"""
import argparse
import json
import statistics
import subprocess
import time

WARM_UP_STEPS, STEPS = 600, 20  # as runs/bench_env.c; between two looks at the clock
OPTIONS = (("mode", "fast"), ("observation", "tiles"), ("worlds", 1024), ("threads", 1))


def python_rate(envs, rng, seconds):
    """Steps of the vector environment per second and per second of processor time.

    From fresh worlds each time, played as long as the program does before it measures: worlds of
    one age have their nights, and so their deaths and resets, at one time.
    """
    def play():  # draws the actions of some steps at once
        for actions in rng.integers(17, size=(STEPS, envs.num_envs), dtype="uint8"):
            envs.step(actions)

    envs.reset(seed=1)
    for _ in range(WARM_UP_STEPS // STEPS):
        play()
    steps, begin, processor_begin = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - begin < seconds:
        play()
        steps += STEPS * envs.num_envs
    return steps / (time.perf_counter() - begin), steps / (time.process_time() - processor_begin)


def c_rate(program, options):
    """The same of what the program tells."""
    command = [program, "bench", "env", "--repeats=1", f"--seconds={options.seconds}"]
    command += [f"--{name}={getattr(options, name)}" for name, _ in OPTIONS]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(told)
    return told["steps_per_s"], told["steps"] / told["processor_seconds"]


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
    rng = np.random.default_rng(1)
    pairs = [(c_rate(options.program, options), python_rate(envs, rng, options.seconds))
             for _ in range(options.repeats)]
    print(json.dumps({
        "bench": "python", **{name: getattr(options, name) for name, _ in OPTIONS},
        "repeats": options.repeats,
        "c_steps_per_s": round(statistics.median(c[0] for c, _ in pairs)),
        "python_steps_per_s": round(statistics.median(python[0] for _, python in pairs)),
        "share": round(statistics.median(python[0] / c[0] for c, python in pairs), 3),
        "processor_share": round(statistics.median(python[1] / c[1] for c, python in pairs), 3),
    }))


if __name__ == "__main__":
    main()
