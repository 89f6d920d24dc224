"""Worlds stepped in lockstep: the C handle, and the numpy arrays that it writes to."""

from __future__ import annotations

import ctypes
import dataclasses
import operator
import os
from collections.abc import Iterable, Sequence
from sys import getrefcount
from typing import Any, Generic, TypeVar, cast

import gymnasium
import numpy as np
from gymnasium import spaces

from cairn._library import MODES, WHY, Config, Output, Status, lib, limits

Pair = tuple[int, int]
Shape = tuple[tuple[int, ...], type]  # of one world's row, and its type
Array = np.ndarray[Any, Any]
OBSERVATIONS = ("pixels", "tiles", "both")
SETS_KEPT = 4


def pair(name: str, value: int | Sequence[int]) -> Pair:
    """(width, height) of a number or of two."""
    numbers = tuple(value) if isinstance(value, Iterable) else (value, value)
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
    if not -2**(bits - 1) <= number < 2**(bits - 1):
        raise ValueError(f"{name} is {number}, expected at most {2**(bits - 1) - 1}")
    return number


def check_seed(seed: Any) -> int:
    """The seed as an int, when it is one that a world can have."""
    return whole("seed", seed, 64)


def world_seeds(seed: int, count: int) -> list[int]:
    """Seeds for `count` worlds that share no world with those of another `seed`.

    The first is `seed` itself, the others are mixed from it, as `cairn_world_seed` does in C.
    Gymnasium's own way, seed, seed + 1, ..., lets runs of neighbouring seeds meet the same worlds.
    """
    return [lib.cairn_world_seed(check_seed(seed), number) for number in range(count)]


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


# Larger types first, so that each array of a block is aligned; terminated and truncated together.
STEP_ARRAYS: dict[str, Shape] = {
    "reward": ((), np.float64),
    "achievements": ((limits.achievements,), np.int32),
    "position": ((2,), np.int32),
    "terminated": ((), np.bool_),
    "truncated": ((), np.bool_),
    "unlocked": ((limits.achievements,), np.bool_),
    "inventory": ((limits.items,), np.uint8),
}


def make_arrays(count: int, shapes: dict[str, Shape]) -> dict[str, Array]:
    """Arrays [count, ...], not filled."""
    return {name: np.empty((count, *shape), dtype) for name, (shape, dtype) in shapes.items()}


class StepArrays:
    """What a step says of itself: arrays [worlds, ...] in one block, and the CairnOutput for C."""

    reward: Array
    achievements: Array
    position: Array
    terminated: Array
    truncated: Array
    unlocked: Array
    inventory: Array

    def __init__(self, settings: Settings):
        count, self.output = settings.worlds, Output()
        sizes = [count * int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
                 for shape, dtype in STEP_ARRAYS.values()]
        self.block = np.zeros(sum(sizes), np.uint8)
        self.given = [self.block]  # what somebody else may hold
        offset = 0
        for (name, (shape, dtype)), size in zip(STEP_ARRAYS.items(), sizes, strict=True):
            self.given.append(np.ndarray((count, *shape), dtype, self.block, offset))
            setattr(self, name, self.given[-1])
            setattr(self.output, name, self.given[-1].ctypes.data)
            if name == "terminated":
                self.endings = self.block[offset:offset + 2 * count]
            offset += size
        self.address = ctypes.addressof(self.output)
        self.unused = self.references()

    def references(self) -> list[int]:
        """How often each array is referred to."""
        return [getrefcount(array) for array in self.given]

    def is_held(self) -> bool:
        """Whether somebody else still has one of the arrays, or a view of it."""
        return self.references() != self.unused

    def copy_from(self, other: StepArrays) -> None:
        """Takes over what another set holds."""
        np.copyto(self.block, other.block)


class Arrays(StepArrays):
    """With the arrays of CairnObservation by name: `now`, and with auto_reset `final`."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        shapes = settings.shapes()
        self.now = make_arrays(settings.worlds, shapes)
        self.final = make_arrays(settings.worlds, shapes if settings.auto_reset else {})
        for observation, arrays in ((self.output.observation, self.now),
                                    (self.output.final_observation, self.final)):
            for name, array in arrays.items():
                setattr(observation, name, array.ctypes.data)
        del arrays, array
        self.given += self.now.values()
        self.unused = self.references()

    def copy_from(self, other: StepArrays) -> None:
        """Takes over what another set holds."""
        super().copy_from(other)
        for name, array in self.now.items():
            np.copyto(array, cast(Arrays, other).now[name])


Kind = TypeVar("Kind", bound=StepArrays)


class Pool(Generic[Kind]):
    """Hands out sets that nobody holds. Keeps few, and leaves the oldest to those who hold it."""

    def __init__(self, kind: type[Kind], settings: Settings):
        self._kind, self._settings = kind, settings
        self._sets: list[Kind] = []
        self._oldest = 0

    def take(self) -> Kind:
        """A set to write to."""
        for arrays in self._sets:
            if not arrays.is_held():
                return arrays
        arrays = self._kind(self._settings)
        if len(self._sets) < SETS_KEPT:
            self._sets.append(arrays)
        else:
            self._sets[self._oldest] = arrays
            self._oldest = (self._oldest + 1) % SETS_KEPT
        return arrays


class Worlds:
    """Owns a Cairn. Arrays that it hands out are the caller's to keep: it writes to a set of arrays
    again only when nobody holds any of them, nor a view of one.

    Pickling and copying keep the state of every world.
    """

    _handle: ctypes.c_void_p | None = None
    _textures: ctypes.c_void_p | None = None

    def __init__(self, settings: Settings, seeds: Sequence[int]):
        self.settings = settings
        self._pool = Pool(Arrays, settings)
        self._step_pool = Pool(StepArrays, settings)
        self.latest: Arrays | None = None  # None before the first reset
        self.seeds = np.array([check_seed(seed) for seed in seeds], np.int64)
        self._action = np.zeros(settings.worlds, np.int32)
        self._action_address = self._action.ctypes.data
        self._create()

    # ------------------------------------------------------------ the handle
    def _create(self) -> None:
        config = self.settings.config()
        config.seeds = self.seeds.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
        why, handle = ctypes.create_string_buffer(WHY), ctypes.c_void_p()
        if self.settings.textures is not None:
            folder, textures = os.fsencode(self.settings.textures), ctypes.c_void_p()
            check(lib.cairn_textures_load(folder, textures, why), why)
            self._textures = config.textures = textures
        check(lib.cairn_create(config, handle, why), why)
        self._handle, self._process = handle, os.getpid()

    def close(self) -> None:
        """Frees the worlds; again is fine. A forked child leaves its parent's alone."""
        if self._handle is not None and self._process == os.getpid():
            lib.cairn_destroy(self._handle)
        self._handle = None
        if self._textures is not None:
            lib.cairn_textures_destroy(self._textures)
        self._textures = None

    __del__ = close

    def _open(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise gymnasium.error.ClosedEnvironmentError(
                "The environment is closed: make a new one to go on.")
        if self.settings.threads > 1 and self._process != os.getpid():
            raise RuntimeError("The environment was made in another process, where its threads "
                               "are: make it in the process that uses it, or with threads=1.")
        return self._handle

    def _begun(self) -> Arrays:
        if self.latest is None:
            self._open()
            raise gymnasium.error.ResetNeeded("Call reset() first.")
        return self.latest

    def reseed(self, seeds: Sequence[int]) -> None:
        """The next reset begins episode 1 of worlds with these seeds."""
        self._open()
        checked = np.array([check_seed(seed) for seed in seeds], np.int64)
        self.close()
        self.seeds, self.latest = checked, None
        self._create()

    # ------------------------------------------------------------ play
    def reset(self) -> Arrays:
        """Begins the next episode in every world."""
        handle, arrays = self._open(), self._pool.take()
        lib.cairn_reset(handle, arrays.address)
        self.latest = arrays
        return arrays

    def reset_some(self, numbers: Sequence[int]) -> Arrays:
        """Begins the next episode in some worlds; the other rows are as they were."""
        handle, before = self._open(), self._begun()
        arrays = self._pool.take()
        if arrays is not before:
            arrays.copy_from(before)
        for number in numbers:
            lib.cairn_reset_world(handle, number, lib.cairn_episode(handle, number) + 1,
                                  arrays.address)
        self.latest = arrays
        return arrays

    def step(self, action: Array | int) -> Arrays:
        """One step in every world; the actions must be right."""
        handle = self._open()
        if self.latest is None:
            self._begun()
        arrays = self._pool.take()
        self._action[:] = action
        lib.cairn_step(handle, self._action_address, arrays.address)
        self.latest = arrays
        return arrays

    def fresh_rows(self, arrays: Arrays, numbers: Sequence[int]) -> StepArrays:
        """A copy of what a step says, but of the episodes that began in some worlds inside it."""
        fresh = self._step_pool.take()
        fresh.copy_from(arrays)
        for number in numbers:
            lib.cairn_observe_world(self._handle, number, fresh.address)
        return fresh

    def observe(self) -> Arrays:
        """The present state of every world, without a step."""
        handle, before = self._open(), self._begun()
        arrays = self._pool.take()
        if arrays is not before:
            arrays.copy_from(before)
        for number in range(self.settings.worlds):
            lib.cairn_observe_world(handle, number, arrays.address)
        self.latest = arrays
        return arrays

    # ------------------------------------------------------------ states and pictures
    def check_number(self, world: int) -> int:
        """The number, when there is such a world."""
        number = operator.index(world)
        if not 0 <= number < self.settings.worlds:
            raise IndexError(f"world is {number}, expected 0 to {self.settings.worlds - 1}")
        return number

    def save(self, world: int) -> bytes:
        """The whole state of a world, checksummed, the same on every machine."""
        handle, number = self._open(), self.check_number(world)
        self._begun()
        state = ctypes.create_string_buffer(lib.cairn_state_limit(handle))
        why, used = ctypes.create_string_buffer(WHY), ctypes.c_size_t()
        check(lib.cairn_save_world(handle, number, state, len(state), used, why), why)
        return state.raw[:used.value]

    def load(self, world: int, state: bytes) -> None:
        """Continues from a saved state. A broken one is a ValueError and changes nothing."""
        handle, number = self._open(), self.check_number(world)
        state, why = bytes(state), ctypes.create_string_buffer(WHY)
        if self.latest is None:
            self.reset()
        check(lib.cairn_load_world(handle, number, state, len(state), why), why)

    def draw(self, worlds: Worlds, world: int) -> Array:
        """A picture of a world of `worlds`, in the size and view of this one."""
        worlds._begun()
        width, height = self.settings.size
        pixels = np.empty((height, width, 3), np.uint8)
        why = ctypes.create_string_buffer(WHY)
        check(lib.cairn_draw_world(self._open(), worlds._open(), world, pixels.ctypes.data, why),
              why)
        return pixels

    # ------------------------------------------------------------ pickling and copying
    def __getstate__(self) -> dict[str, Any]:
        self._open()
        states = None if self.latest is None else [
            self.save(number) for number in range(self.settings.worlds)]
        return {"settings": self.settings, "seeds": self.seeds, "states": states}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Worlds.__init__(self, state["settings"], state["seeds"])
        if state["states"] is not None:
            self.reset()
            for number, bytes_ in enumerate(state["states"]):
                self.load(number, bytes_)
            self.observe()


def check(status: int, why: ctypes.Array[ctypes.c_char]) -> None:
    """Raises what a status of the library means."""
    if status == Status.OK:
        return
    message = why.value.decode(errors="replace")
    error = {Status.IO: OSError, Status.OUT_OF_MEMORY: MemoryError}.get(status, ValueError)
    raise error(message)
