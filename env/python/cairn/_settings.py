"""What makes worlds, checked."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from gymnasium import spaces

from cairn._library import MODES, Config, lib, limits

Pair = tuple[int, int]
Shape = tuple[tuple[int, ...], type]  # of one world's row, and its type
Array = np.ndarray[Any, Any]
OBSERVATIONS = ("pixels", "tiles", "both")


def pair(name: str, value: int | Sequence[int]) -> Pair:
    """(width, height) of a number or of two."""
    numbers: tuple[Any, ...]
    numbers = (value, value) if np.ndim(value) == 0 else tuple(cast(Sequence[int], value))
    if len(numbers) != 2:
        raise ValueError(f"{name} is {value!r}, expected a number or two: (width, height)")
    return whole(name, numbers[0]), whole(name, numbers[1])


def check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    """Refuses a word that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, expected one of: {', '.join(map(str, choices))}")


def whole(name: str, value: Any, bits: int = 32) -> int:
    """A whole number that C can take; it checks the exact range itself."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, expected a whole number") from None
    low, high = -2**(bits - 1), 2**(bits - 1) - 1
    if not low <= number <= high:
        expected = f"at most {high}" if number > high else f"at least {low}"
        raise ValueError(f"{name} is {number}, expected {expected}")
    return number


def check_seed(seed: Any) -> int:
    """The seed as an int, when it is one that a world can have."""
    return whole("seed", seed, 64)


def world_seeds(seed: int, count: int) -> list[int]:
    """Seeds for `count` worlds that share no world with those of another `seed`.

    The first is `seed` itself, the others are mixed from it, as `cairn_world_seed` does in C.
    Gymnasium's own way, seed, seed + 1, ..., lets runs of neighbouring seeds meet the same worlds.
    """
    seed = check_seed(seed)
    return [lib.cairn_world_seed(seed, number) for number in range(whole("count", count))]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What makes worlds: CairnConfig but for the seeds, and which arrays are wanted."""

    worlds: int = 1
    threads: int = 1
    mode: str = "exact"
    observation: str = "pixels"
    semantic: bool = False
    area: Pair = (64, 64)
    view: Pair = (9, 9)
    size: Pair = (64, 64)
    length: int = 10000
    auto_reset: bool = False
    textures: str | None = None

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, MODES)
        check_choice("observation", self.observation, OBSERVATIONS)
        for name in ("worlds", "threads", "length"):
            whole(name, getattr(self, name))

    def config(self) -> Config:
        """A CairnConfig without seeds and textures."""
        config: Config = lib.cairn_default_config()
        config.world_count, config.threads = self.worlds, self.threads
        config.mode = MODES.index(self.mode)
        config.area_width, config.area_height = self.area
        config.view_width, config.view_height = self.view
        config.size_width, config.size_height = self.size
        config.length, config.auto_reset = self.length, self.auto_reset
        config.reward = True
        return config

    def shapes(self) -> dict[str, Shape]:
        """Shape of one world's row, and type, of the arrays of an observation."""
        config = self.config()
        tiles = (lib.cairn_local_rows(config), lib.cairn_local_columns(config), 2)
        shapes: dict[str, Shape] = {}
        if self.observation != "tiles":
            shapes["pixels"] = ((self.size[1], self.size[0], 3), np.uint8)
        if self.observation != "pixels":
            shapes["tiles"] = (tiles, np.uint8)
            shapes["status"] = ((limits.status,), np.float32)
        if self.semantic:
            shapes["semantic"] = (self.area, np.uint8)
        return shapes

    def space(self) -> spaces.Space[Any]:
        """The space of one world's observations."""
        boxes: dict[str, spaces.Space[Any]] = {}
        for name, (shape, dtype) in self.shapes().items():
            low: Array = np.zeros(shape, dtype)
            high: Array = np.full(shape, 255, dtype)
            if name == "tiles":
                high[...] = (limits.materials - 1, limits.objects - 1)
            elif name == "status":
                high[:] = [9] * limits.items + [1] * 4
                low[limits.items:limits.items + 2] = -1
            boxes[name] = spaces.Box(low, high, shape, dtype)
        boxes.pop("semantic", None)
        return boxes["pixels"] if self.observation == "pixels" else spaces.Dict(boxes)
