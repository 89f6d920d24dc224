"""The numpy arrays that C writes to, and their use again."""

from __future__ import annotations

import ctypes
from sys import getrefcount
from typing import Generic, TypeVar, cast

import numpy as np

from cairn._library import Output, limits
from cairn._settings import Array, Settings, Shape

SETS_KEPT = 4
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
