"""One world as a Gymnasium environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, SupportsIndex

import gymnasium
import numpy as np
from gymnasium import spaces

from cairn._arrays import Arrays, StepArrays
from cairn._library import ACHIEVEMENTS, ITEMS, limits
from cairn._settings import Array, Settings, check_choice, pair, whole
from cairn._worlds import Worlds

__all__ = ["CrafterEnv"]

RENDER_MODES = ("rgb_array",)
SEED_LIMIT = 2**31 - 1  # the original draws its seeds below this


def observation_of(settings: Settings, arrays: dict[str, Array], row: Any = slice(None)) -> Any:
    """What the observation space describes, of one row or of all."""
    if settings.observation == "pixels":
        return arrays["pixels"][row]
    return {name: array[row] for name, array in arrays.items() if name != "semantic"}


def info_of(arrays: StepArrays, row: int) -> dict[str, Any]:
    """What a step tells of one world, by names; without the semantic map."""
    achieved = arrays.achievements[row].tolist()
    return {
        "inventory": dict(zip(ITEMS, arrays.inventory[row].tolist(), strict=True)),
        "achievements": dict(zip(ACHIEVEMENTS, achieved, strict=True)),
        "unlocked": [ACHIEVEMENTS[i] for i in arrays.unlocked[row].nonzero()[0].tolist()],
        "discount": 1.0 - float(arrays.terminated[row]),
        "player_pos": arrays.position[row],
        "reward": float(arrays.reward[row]),
    }


def make_settings(*, mode: str, observation: str, semantic: bool, area: int | Sequence[int],
                  view: int | Sequence[int], size: int | Sequence[int], length: int | None,
                  textures: Any, **others: Any) -> Settings:
    """Settings from the arguments that the environments have in common."""
    return Settings(mode=mode, observation=observation, semantic=bool(semantic),
                    area=pair("area", area), view=pair("view", view), size=pair("size", size),
                    length=whole("length", length or 0),
                    textures=None if textures is None else str(textures), **others)


def make_canvas(worlds: Worlds, size: int | Sequence[int] | None) -> Worlds:
    """What pictures in another size are drawn on; None: the observation's."""
    size = worlds.settings.size if size is None else pair("render_size", size)
    if size == worlds.settings.size:
        return worlds
    return Worlds(dataclasses.replace(worlds.settings, worlds=1, threads=1, size=size), [0])


class CrafterEnv(gymnasium.Env[Any, np.int64]):
    """Crafter, bit for bit the original's game in mode `exact`, in C.

    Actions are 0 to 16, named in `cairn.ACTIONS`. The reward is the original's: 1 for an
    achievement unlocked, and a tenth of each health point won or lost. An episode terminates when
    the player dies and is truncated after `length` steps.

    `reset(seed=s)` begins episode 1 of the original's `crafter.Env(seed=s)`, the following resets
    without a seed episodes 2, 3, ... Without any seed one is drawn.

    What is returned is the caller's to keep: the environment does not write to it again.

    `info` holds `inventory` and `achievements` (dictionaries of counts), `unlocked` (names of
    what this very step unlocked), `discount` (0.0 when dead, else 1.0), `player_pos` (x, y),
    `reward` and, if asked for, `semantic` (the map of the whole area, [x, y]).

    Environments can be pickled and copied (`copy.deepcopy`): both continue alike.

    Args:
        mode: "exact": every bit as in Crafter 1.8.3; "fast": the same game in distribution, faster.
        observation: "pixels": uint8 [height, width, 3]; "tiles": a dictionary of `tiles`, uint8
            [rows, columns, 2], material and object of each cell seen, and `status`, float32 [20],
            the inventory in the order of `cairn.ITEMS`, facing (dx, dy), asleep, daylight;
            "both": a dictionary of all three.
        semantic: whether `info` has the semantic map.
        reward: False: rewards are 0 (`info["reward"]` stays).
        area, view, size: (width, height) or one number for both: cells of the world, cells seen
            with the inventory's rows, pixels of the observation.
        length: steps until an episode is truncated; 0 or None: no limit.
        textures: folder of the original's pictures, or of others by their names (water.png, ...);
            None: Cairn's own.
        render_mode: "rgb_array" or None.
        render_size: size of what render() returns; None: that of the observation.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 10}

    def __init__(self, *, mode: str = "exact", observation: str = "pixels", semantic: bool = False,
                 reward: bool = True, area: int | Sequence[int] = (64, 64),
                 view: int | Sequence[int] = (9, 9), size: int | Sequence[int] = (64, 64),
                 length: int | None = 10000, textures: Any = None, render_mode: str | None = None,
                 render_size: int | Sequence[int] | None = None):
        check_choice("render_mode", render_mode, (None, *RENDER_MODES))
        self._settings = make_settings(mode=mode, observation=observation, semantic=semantic,
                                       area=area, view=view, size=size, length=length,
                                       textures=textures)
        self._worlds = Worlds(self._settings, [0])
        self._seeded = False
        self._reward = bool(reward)
        self.render_mode = render_mode
        self._canvas = make_canvas(self._worlds, render_size)
        self.observation_space = self._settings.space()
        self.action_space = spaces.Discrete(limits.actions)

    def reset(self, *, seed: int | None = None,
              options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins an episode: the first of `seed`, or the next. Options are ignored."""
        if seed is not None:
            seed = whole("seed", seed, 64)  # numpy's integers, too
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(SEED_LIMIT))
        if seed is not None:
            self._worlds.reseed([seed])
            self._seeded = True
        return self._look(self._worlds.reset())

    def step(self, action: SupportsIndex) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes an action, 0 to 16: observation, reward, terminated, truncated, info."""
        number = whole("action", action)
        if not 0 <= number < limits.actions:
            raise ValueError(f"action is {number}, expected 0 to {limits.actions - 1}")
        arrays = self._worlds.step(number)
        observation, info = self._look(arrays)
        return (observation, info["reward"] if self._reward else 0.0, bool(arrays.terminated[0]),
                bool(arrays.truncated[0]), info)

    def render(self) -> Array | None:
        """A picture of the present state, uint8 [height, width, 3]. Changes nothing, unlike the
        original's, which draws random numbers at night."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs a render mode: make the environment with "
                                  'render_mode="rgb_array".')
            return None
        return self._canvas.draw(self._worlds, 0)

    def save(self) -> bytes:
        """The world's whole state: checksummed, the same on every machine."""
        return self._worlds.save(0)

    def load(self, state: bytes) -> tuple[Any, dict[str, Any]]:
        """Continues from a saved state of any environment of the same mode, area, view, size and
        length: observation, info. At night the noise in the pixels is that of a second look."""
        self._worlds.load(0, state)
        self._seeded = True  # the state brought its own
        return self._look(self._worlds.observe())

    def close(self) -> None:
        """Frees the world; again is fine."""
        self._worlds.close()
        self._canvas.close()

    def _look(self, arrays: Arrays) -> tuple[Any, dict[str, Any]]:
        info = info_of(arrays, 0)
        if self._settings.semantic:
            info["semantic"] = arrays.now["semantic"][0]
        return observation_of(self._settings, arrays.now, 0), info
