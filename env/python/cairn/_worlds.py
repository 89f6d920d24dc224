"""Worlds stepped in lockstep: the owner of the C handle."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from cairn._arrays import Arrays, Pool, StepArrays
from cairn._library import WHY, Status, lib
from cairn._settings import Array, Settings, check_seed, whole


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
        self._create()
        self._action = np.zeros(settings.worlds, np.int32)
        self._action_address = self._action.ctypes.data

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
        before = self._begun()
        self._open()
        arrays = self._pool.take()
        if arrays is not before:
            arrays.copy_from(before)
        self.begin(arrays, numbers)
        self.latest = arrays
        return arrays

    def begin(self, arrays: Arrays, numbers: Sequence[int]) -> None:
        """Begins the next episode in some worlds, in their rows of the arrays."""
        for number in numbers:
            lib.cairn_reset_world(self._handle, number,
                                  lib.cairn_episode(self._handle, number) + 1, arrays.address)

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
    def is_over(self, number: int) -> bool:
        """Whether the episode that a world is in has ended."""
        arrays = StepArrays(self.settings)
        lib.cairn_observe_world(self._handle, number, arrays.address)
        return bool(arrays.terminated[number] or arrays.truncated[number])

    def check_number(self, world: int) -> int:
        """The number, when there is such a world."""
        number = whole("world", world)
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
        try:
            state = bytes(memoryview(state))
        except TypeError:
            raise TypeError(f"state is of type {type(state).__name__}, expected the bytes that "
                            "save() returned") from None
        why = ctypes.create_string_buffer(WHY)
        status = lib.cairn_load_world(handle, number, state, len(state), why)
        check(status, why)
        if self.latest is None:  # the other worlds begin
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
