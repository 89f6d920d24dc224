#!/usr/bin/env python3
"""Times the passes of the official learner (github.com/snu-mllab/Achievement-Distillation, PyTorch)
on random pictures, and what a whole cycle of eight rollouts and a distillation phase would take.

    python3 tests/bench/official.py FOLDER [--steps 170] [--goals 3] [--threads 2] [--repeats 3]

FOLDER is a checkout of it; only PyTorch is needed beside it. One JSON line per phase, with the same
names as `cairn bench learn --preset paper --set compute.dtype=f32` prints; nothing is played, so
that a rollout is its forward passes alone. Episodes are taken to last `steps` steps, with `goals`
unlocks each, which an untrained agent's do.
"""
import argparse
import copy
import json
import statistics
import sys
import time
import types

import torch

STEPS, WORLDS, ROLLOUTS, PPO_EPOCHS, BATCHES, EPOCHS, TARGETS = 512, 8, 8, 3, 8, 6, 16


def stand_in_for_gym():
    """The official code asks gym for two descriptions of spaces and nothing else."""
    spaces = types.ModuleType("gym.spaces")
    spaces.Box = type("Box", (), {"__init__": lambda self, shape: setattr(self, "shape", shape)})
    spaces.Discrete = type("Discrete", (), {"__init__": lambda self, n: setattr(self, "n", n)})
    gym = types.ModuleType("gym")
    gym.spaces = spaces
    sys.modules.update({"gym": gym, "gym.spaces": spaces})
    return spaces


def make_model(folder):
    spaces = stand_in_for_gym()
    sys.path.insert(0, folder)
    from achievement_distillation.model.ppo_ad import PPOADModel

    return PPOADModel(  # configs/ppo_ad.yaml
        spaces.Box((3, 64, 64)), spaces.Discrete(17), hidsize=1024,
        impala_kwargs={
            "chans": [64, 128, 128], "outsize": 256, "nblock": 2, "post_pool_groups": 1,
            "init_norm_kwargs": {"batch_norm": False, "group_norm_groups": 1},
        },
        dense_init_norm_kwargs={"layer_norm": True},
    )


def pictures(count):
    return torch.rand(count, 3, 64, 64)


def memory(count):
    return torch.nn.functional.normalize(torch.rand(count, 1024), dim=-1)


def actions(count):
    return torch.randint(17, (count, 1))


def updater(model):
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-4)

    def update(loss):
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimiser.step()

    return update


def timed(repeats, work):
    work()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def phases(model, options):
    """Seconds of each phase's unit: eight worlds' step, an update, a source, a trajectory."""
    update, old = updater(model), copy.deepcopy(model)
    old.eval()
    batch, steps, pairs = STEPS * WORLDS // BATCHES, options.steps, TARGETS * options.goals

    def act():
        model.act(pictures(WORLDS), states=memory(WORLDS))

    def learn():
        losses = model.compute_losses(
            obs=pictures(batch), states=memory(batch), actions=actions(batch),
            vtargs=torch.rand(batch, 1), log_probs=torch.full((batch, 1), -2.8),
            advs=torch.randn(batch, 1), clip_param=0.2)
        update(losses["pi_loss"] + 0.5 * losses["vf_loss"] - 0.01 * losses["entropy"])

    def predict():
        losses = model.compute_pred_losses(
            pictures(steps), pictures(steps), pictures(steps), actions(steps), memory(steps),
            torch.rand(steps, 1), pictures(steps), actions(steps), memory(steps),
            torch.rand(steps, 1), old_model=old)
        update(losses["pred_loss"] + losses["pi_dist"] + losses["vf_dist"])

    def match():
        with torch.no_grad():  # goal vectors of the source and of each target, for the transport
            for _ in range(1 + TARGETS):
                model.get_states(pictures(options.goals), pictures(options.goals))
        losses = model.compute_match_losses(
            *(pictures(pairs) for _ in range(6)), pictures(pairs), memory(pairs),
            torch.rand(pairs, 1), old_model=old)
        update(losses["match_loss"] + losses["pi_dist"] + losses["vf_dist"])

    model.eval()
    yield "rollout", ROLLOUTS * STEPS, timed(options.repeats, act)
    model.train()
    yield "ppo_update", ROLLOUTS * PPO_EPOCHS * BATCHES, timed(options.repeats, learn)
    trajectories = EPOCHS * ROLLOUTS * STEPS * WORLDS // steps
    yield "matching", trajectories, timed(options.repeats, match)
    yield "prediction", trajectories, timed(options.repeats, predict)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="checkout of the official code")
    parser.add_argument("--steps", type=int, default=170, help="of an episode")
    parser.add_argument("--goals", type=int, default=3, help="unlocks of an episode")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    cycle, about = 0.0, {"bench": "official", "torch": torch.__version__, "threads": options.threads}
    for name, count, seconds in phases(make_model(options.folder), options):
        cycle += count * seconds
        print(json.dumps({**about, "phase": name, "seconds": round(seconds, 4), "in_a_cycle": count,
                          "cycle_seconds": round(count * seconds, 1)}), flush=True)
    steps = ROLLOUTS * STEPS * WORLDS
    print(json.dumps({**about, "phase": "cycle", "seconds": round(cycle, 1),
                      "env_steps_per_s": round(steps / cycle, 3)}))


if __name__ == "__main__":
    main()
