"""The original's interface: `crafter.Env` with the old Gym signature, on Cairn's world.

Code written for the original needs one line changed::

    from cairn import crafter  # was: import crafter

    env = crafter.Env(seed=0)
    obs = env.reset()
    obs, reward, done, info = env.step(env.action_space.sample())

The original's recorder, `crafter.Recorder(env, directory)` of the package `crafter`, works on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np
from gymnasium import spaces

from cairn._library import ACTIONS
from cairn._settings import Array, pair
from cairn.env import SEED_LIMIT, CrafterEnv, make_canvas

__all__ = ["Env"]


class Env:
    """`crafter.Env`: the same arguments, observations, rewards and infos, bit for bit.

    With the original's pictures as `textures` (its folder crafter/assets) pixels are its own, too.
    Two things differ: objects of a chunk keep the order in which they came, where the original's
    order changes from run to run, and render() never changes the world.

    Args:
        area, view, size, reward, length, seed: the original's.
        mode, textures: as for `cairn.CrafterEnv`.
    """

    reward_range = None
    metadata = None
    spec = None

    def __init__(self, area: Sequence[int] = (64, 64), view: int | Sequence[int] = (9, 9),
                 size: int | Sequence[int] = (64, 64), reward: bool = True,
                 length: int | None = 10000, seed: int | None = None, *, mode: str = "exact",
                 textures: Any = None):
        self._env = CrafterEnv(mode=mode, semantic=True, reward=reward, area=area, view=view,
                               size=size, length=length, textures=textures)
        self._seed = int(np.random.randint(0, SEED_LIMIT)) if seed is None else seed
        self._begun = False
        self._canvas = self._env._worlds

    @property
    def unwrapped(self) -> Env:
        """Itself, below whatever wraps it."""
        return self

    @property
    def observation_space(self) -> spaces.Space[Any]:
        """uint8 [height, width, 3]."""
        return self._env.observation_space

    @property
    def action_space(self) -> spaces.Space[Any]:
        """Discrete(17)."""
        return self._env.action_space

    @property
    def action_names(self) -> list[str]:
        """Names of the actions."""
        return list(ACTIONS)

    def reset(self) -> Array:
        """Begins the next episode of the seed."""
        if not self._begun:
            self._env._worlds.reseed([self._seed])
            self._env._seeded = self._begun = True
        observation: Array = self._env.reset()[0]
        return observation

    def step(self, action: SupportsIndex) -> tuple[Array, float, bool, dict[str, Any]]:
        """Observation, reward, done, info."""
        observation, reward, terminated, truncated, info = self._env.step(action)
        del info["unlocked"]
        info["player_pos"] = info["player_pos"].astype(np.int64)
        return observation, reward, terminated or truncated, info

    def render(self, size: Sequence[int] | None = None) -> Array:
        """A picture, uint8 [height, width, 3], in the observation's size or another."""
        worlds = self._env._worlds
        wanted = worlds.settings.size if size is None else pair("size", size)
        if self._canvas.settings.size != wanted:
            self._canvas = make_canvas(worlds, wanted)
        return self._canvas.draw(worlds, 0)

    def close(self) -> None:
        """Frees the world; again is fine."""
        self._env.close()
        self._canvas.close()

    def __enter__(self) -> Env:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
