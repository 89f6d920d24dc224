"""Many worlds as one Stable-Baselines3 `VecEnv`; needs the package stable_baselines3.

    from cairn.sb3 import CrafterVecEnv
    from stable_baselines3 import PPO
    agent = PPO("CnnPolicy", CrafterVecEnv(64, mode="fast")).learn(100_000)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from gymnasium import Wrapper
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from cairn._arrays import Arrays
from cairn._settings import Array
from cairn.env import info_of
from cairn.vector import CrafterVectorEnv

__all__ = ["CrafterVecEnv"]


class CrafterVecEnv(VecEnv):
    """A `cairn.CrafterVectorEnv` that Stable-Baselines3 takes: all worlds in one call into C, where
    its own `make_vec_env("Cairn/Crafter-v1", n_envs)` steps them one by one in Python.

    The same seeds give the same episodes either way. Infos of worlds whose episode goes on are
    empty; when one ends, its info is that of `cairn.CrafterEnv`, with Stable-Baselines3's
    `terminal_observation` and `TimeLimit.truncated`. For episodes' rewards and lengths, put its
    VecMonitor around.

    Args:
        num_envs: worlds, 1 to 65536.
        options: as for `cairn.CrafterVectorEnv`, but for autoreset_mode.
    """

    def __init__(self, num_envs: int = 1, **options: Any):
        self.worlds = CrafterVectorEnv(num_envs, autoreset_mode=AutoresetMode.SAME_STEP,
                                       **options)
        super().__init__(self.worlds.num_envs, self.worlds.single_observation_space,
                         self.worlds.single_action_space)

    def reset(self) -> Any:
        """The first observations of new episodes, with the seeds that `seed` gave."""
        seeds = [seed for seed in self._seeds if seed is not None]
        observation, _ = self.worlds.reset(seed=seeds or None)
        self._reset_seeds()
        self._reset_options()
        return observation

    def step_async(self, actions: Array) -> None:
        """Keeps the actions, integers 0 to 16 [num_envs]."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, Array, Array, list[dict[str, Any]]]:
        """Observations, rewards (float32), dones, infos: a row for each world."""
        observation, reward, terminated, truncated, info = self.worlds.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        done = terminated | truncated
        for row in done.nonzero()[0].tolist():
            infos[row] = info_of(cast(Arrays, self.worlds._worlds.latest), row)
            infos[row]["terminal_observation"] = info["final_obs"][row]
            infos[row]["TimeLimit.truncated"] = bool(truncated[row] and not terminated[row])
            if "semantic" in info:
                infos[row]["semantic"] = info["final_info"]["semantic"][row]
        return observation, reward.astype(np.float32), done, infos

    def close(self) -> None:
        """Frees the worlds; again is fine."""
        self.worlds.close()

    def get_images(self) -> Sequence[Array | None]:
        """Pictures of all worlds, uint8 [height, width, 3]."""
        return self.worlds.render() or [None] * self.num_envs

    # ------------------------------------------------------------ one object in place of many
    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the `cairn.CrafterVectorEnv`, once for each world."""
        return [getattr(self.worlds, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of the `cairn.CrafterVectorEnv`, thus for all worlds."""
        setattr(self.worlds, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None,
                   **method_kwargs: Any) -> list[Any]:
        """Calls `save` or `load` for each world; other methods are those of all worlds at once."""
        if method_name not in ("save", "load"):
            raise NotImplementedError(
                f"env_method() has save and load; call worlds.{method_name}() instead")
        method = getattr(self.worlds, method_name)
        return [method(row, *method_args, **method_kwargs)
                for row in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[Wrapper[Any, Any, Any, Any]],
                       indices: Any = None) -> list[bool]:
        """No world is."""
        return [False for _ in self._get_indices(indices)]
