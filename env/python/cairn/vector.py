"""Many worlds as one Gymnasium vector environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from cairn._arrays import Arrays, StepArrays
from cairn._library import limits
from cairn._settings import Array, check_choice, whole
from cairn._worlds import Worlds
from cairn.env import RENDER_MODES, SEED_LIMIT, make_canvas, make_settings, observation_of

__all__ = ["CrafterVectorEnv"]

MASKS = ("_inventory", "_achievements", "_unlocked", "_discount", "_player_pos", "_reward")
UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}  # types by their bytes


class CrafterVectorEnv(VectorEnv[Any, Array, Array]):
    """`num_envs` worlds, each a `cairn.CrafterEnv`, stepped by one call into C.

    Arrays are numpy's own view of what C wrote, without a copy, and the caller's to keep: they are
    written to again only when nobody holds them any longer.

    `reset(seed=s)` seeds world n with s + n, as Gymnasium's vector environments do; a list seeds
    each world by itself (`cairn.world_seeds(s, num_envs)` makes lists that share no worlds).

    `info` holds arrays [num_envs, ...]: `inventory` (uint8 [16], in the order of `cairn.ITEMS`),
    `achievements` (counts, int32 [22], in the order of `cairn.ACHIEVEMENTS`), `unlocked` (bool
    [22]: by this very step), `discount`, `player_pos` (int32 [x, y]), `reward` and, if asked for,
    `semantic`. As Gymnasium's own, each comes with a mask (`_inventory`, ...): True where told,
    not to be written to.

    Autoreset (`metadata["autoreset_mode"]`): in mode SAME_STEP a world that ended begins its next
    episode inside the step. Its row of the observation and of `info` is that of the new episode;
    `info["final_obs"]` (array of objects, None in other rows) and `info["final_info"]` tell of the
    one that ended, and `info["_final_obs"]` and `info["_final_info"]` in which rows. In mode
    NEXT_STEP, which most of Gymnasium's vector wrappers want, it begins with the next step, whose
    action it ignores and whose reward is 0. In mode DISABLED,
    `reset(options={"reset_mask": ended})` begins new episodes.

    Args:
        num_envs: worlds, 1 to 65536.
        threads: threads that step them; no bit depends on it.
        autoreset_mode: of `gymnasium.vector.AutoresetMode`, or its value as a word.
        The others: as for `cairn.CrafterEnv`.
    """

    metadata: dict[str, Any] = {
        "render_modes": list(RENDER_MODES), "render_fps": 10,
        "autoreset_mode": AutoresetMode.SAME_STEP}

    closed = True  # until there is something to close

    def __init__(self, num_envs: int = 1, *, threads: int = 1, mode: str = "exact",
                 observation: str = "pixels", semantic: bool = False, reward: bool = True,
                 area: int | Sequence[int] = (64, 64), view: int | Sequence[int] = (9, 9),
                 size: int | Sequence[int] = (64, 64), length: int | None = 10000,
                 textures: Any = None,
                 autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
                 render_mode: str | None = None, render_size: int | Sequence[int] | None = None):
        check_choice("render_mode", render_mode, (None, *RENDER_MODES))
        if not isinstance(autoreset_mode, AutoresetMode):
            check_choice("autoreset_mode", autoreset_mode, [each.value for each in AutoresetMode])
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self._same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        self._settings = make_settings(
            mode=mode, observation=observation, semantic=semantic, area=area, view=view, size=size,
            length=length, textures=textures, worlds=whole("num_envs", num_envs),
            threads=whole("threads", threads), auto_reset=self._same_step)
        self.num_envs = self._settings.worlds
        self._worlds = Worlds(self._settings, range(max(self.num_envs, 0)))
        self._seeded, self._reward = False, bool(reward)
        self._told = np.ones(max(self.num_envs, 0), np.bool_)
        self._told.flags.writeable = False  # because every info has it
        self._ended: Array | None = None  # worlds that await a reset; not in mode SAME_STEP
        self.render_mode = render_mode
        self._canvas = make_canvas(self._worlds, render_size)
        self.single_observation_space = self._settings.space()
        self.single_action_space = spaces.Discrete(limits.actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.closed = False

    # ------------------------------------------------------------ Gymnasium's interface
    def reset(self, *, seed: int | Sequence[int] | None = None,
              options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins an episode in every world, or where `options["reset_mask"]` is True."""
        if options is not None and "reset_mask" in options:
            return self._reset_some(seed, options["reset_mask"])
        seeds: Sequence[int] | None = None
        if seed is not None and np.ndim(seed) == 1:
            seeds = cast(Sequence[int], seed)
            if len(seeds) != self.num_envs:
                raise ValueError(f"{len(seeds)} seeds, expected one or {self.num_envs}, one for "
                                 "each world")
        elif seed is not None:
            first = whole("seed", seed, 64)
            super().reset(seed=first)
            seeds = range(first, first + self.num_envs)
        elif not self._seeded:
            seeds = self.np_random.integers(SEED_LIMIT, size=self.num_envs).tolist()
        if seeds is not None:
            self._worlds.reseed(seeds)
            self._seeded = True
        self._ended = None
        arrays = self._worlds.reset()
        return self._look(arrays)

    def step(self, actions: Array) -> tuple[Any, Array, Array, Array,
                                                 dict[str, Any]]:
        """Takes an action in every world, integers 0 to 16 [num_envs]."""
        arrays = self._worlds.step(self._checked(actions))
        if self._ended is not None:  # in mode NEXT_STEP
            self._worlds.begin(arrays, self._ended.nonzero()[0].tolist())
            self._ended = None
        observation, info = self._look(arrays)
        if arrays.endings.any():
            ended = arrays.terminated | arrays.truncated
            if self._same_step:
                info = self._add_final(arrays, info, ended)
            else:
                self._ended = ended
        reward = arrays.reward if self._reward else np.zeros(self.num_envs)
        return observation, reward, arrays.terminated, arrays.truncated, info

    def render(self) -> tuple[Array, ...] | None:
        """Pictures of all worlds, uint8 [height, width, 3] each. Changes nothing."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs a render mode: make the environment with "
                                  'render_mode="rgb_array".')
            return None
        return tuple(self._canvas.draw(self._worlds, n) for n in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Frees the worlds and their threads."""
        self._worlds.close()
        self._canvas.close()

    # ------------------------------------------------------------ states
    def save(self, world: int) -> bytes:
        """The whole state of one world: checksummed, the same on every machine."""
        return self._worlds.save(world)

    def load(self, world: int, state: bytes) -> None:
        """Continues one world from a saved state of any environment of the same mode, area, view,
        size and length. `observe()` shows it."""
        self._worlds.load(world, state)
        self._seeded = True
        if not self._same_step:
            self._await_reset(np.arange(self.num_envs) == world, self._worlds.is_over(world))

    def observe(self) -> tuple[Any, dict[str, Any]]:
        """The present observation and info of all worlds anew, as after `load`."""
        arrays = self._worlds.observe()
        return self._look(arrays)

    # ------------------------------------------------------------ parts
    def _checked(self, actions: Any) -> Array:
        array = np.asarray(actions)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        if array.shape != (self.num_envs,) or array.dtype.kind not in "iu":
            raise ValueError(f"actions are {array.dtype} {list(array.shape)}, expected integers "
                             f"[{self.num_envs}]")
        if array.view(UNSIGNED[array.dtype.itemsize]).max() >= limits.actions:  # or negative
            wrong = int(((array < 0) | (array >= limits.actions)).argmax())
            raise ValueError(f"action of world {wrong} is {array[wrong]}, expected 0 to "
                             f"{limits.actions - 1}")
        if self._ended is not None and self.autoreset_mode is AutoresetMode.DISABLED:
            raise gymnasium.error.ResetNeeded(
                f"World {int(self._ended.argmax())} has ended: in autoreset mode DISABLED call "
                'reset(options={"reset_mask": terminated | truncated}) first.')
        return array

    def _look(self, arrays: Arrays) -> tuple[Any, dict[str, Any]]:
        return (observation_of(self._settings, arrays.now),
                self._info(arrays, arrays.now.get("semantic")))

    def _info(self, arrays: StepArrays, semantic: Array | None) -> dict[str, Any]:
        info = {
            "inventory": arrays.inventory,
            "achievements": arrays.achievements,
            "unlocked": arrays.unlocked,
            "discount": 1.0 - arrays.terminated,
            "player_pos": arrays.position,
            "reward": arrays.reward,
            **dict.fromkeys(MASKS, self._told),
        }
        if semantic is not None:
            info["semantic"], info["_semantic"] = semantic, info["_reward"]
        return info

    def _add_final(self, arrays: Arrays, info: dict[str, Any], ended: Array) -> dict[str, Any]:
        """C's rows of the step tell of the episode that ended; Gymnasium wants the new one's."""
        rows = ended.nonzero()[0]
        numbers = rows.tolist()
        fresh = self._info(self._worlds.fresh_rows(arrays, numbers), arrays.now.get("semantic"))
        if self._settings.semantic:  # C wrote only the rows that ended
            info["semantic"] = np.zeros_like(arrays.final["semantic"])
            info["semantic"][rows] = arrays.final["semantic"][rows]
        observations = np.empty(self.num_envs, dtype=object)  # of None
        final = {name: array[rows] for name, array in arrays.final.items()}  # copies
        for place, number in enumerate(numbers):
            observations[number] = observation_of(self._settings, final, place)
        fresh["final_obs"], fresh["_final_obs"] = observations, ended
        info.update(dict.fromkeys([name for name in info if name[0] == "_"], ended))
        fresh["final_info"], fresh["_final_info"] = info, ended
        return fresh

    def _reset_some(self, seed: Any, mask: Any) -> tuple[Any, dict[str, Any]]:
        if seed is not None:
            raise ValueError("reset(): a seed goes with a reset of all worlds, without reset_mask")
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or \
                mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(f"options['reset_mask'] is {mask!r}, expected a numpy array of bool "
                             f"[{self.num_envs}] with a True in it")
        arrays = self._worlds.reset_some(np.flatnonzero(mask).tolist())
        self._await_reset(mask, False)
        return self._look(arrays)

    def _await_reset(self, mask: Array, over: bool) -> None:
        """Notes that these worlds have ended, or that they have not."""
        ended = np.zeros(self.num_envs, np.bool_) if self._ended is None else self._ended.copy()
        ended[mask] = over
        self._ended = ended if ended.any() else None
