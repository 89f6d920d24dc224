"""Cairn: Crafter worlds in C, bit for bit the original's, for Gymnasium.

    import cairn, gymnasium
    env = gymnasium.make("Cairn/Crafter-v1")
    many = gymnasium.make_vec("Cairn/Crafter-v1", num_envs=1024, observation="tiles")
"""

import gymnasium as _gymnasium

from cairn import crafter
from cairn._library import ACHIEVEMENTS, ACTIONS, ITEMS, MODES
from cairn._library import lib as _lib
from cairn._settings import world_seeds
from cairn.env import CrafterEnv
from cairn.vector import CrafterVectorEnv

__all__ = ["ACHIEVEMENTS", "ACTIONS", "ITEMS", "MODES", "CrafterEnv", "CrafterVectorEnv", "crafter",
           "world_seeds"]
__version__: str = _lib.cairn_version().decode()

if "Cairn/Crafter-v1" not in _gymnasium.registry:
    _gymnasium.register("Cairn/Crafter-v1", entry_point="cairn.env:CrafterEnv",
                        vector_entry_point="cairn.vector:CrafterVectorEnv")
