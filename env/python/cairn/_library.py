"""The C library libcairn, which lies beside this file, as ctypes sees it. `cairn.h` explains it."""

from __future__ import annotations

import ctypes
from pathlib import Path

__all__ = ["ACHIEVEMENTS", "ACTIONS", "ITEMS", "MODES", "Config", "Output", "Status", "lib",
           "limits"]

WHY = 256  # bytes of a message


class limits:
    """Sizes that cairn.h fixes."""

    actions = 17
    achievements = 22
    items = 16
    status = 20
    materials = 13
    objects = 16


class Status:
    """CairnStatus."""

    OK, BAD_CONFIG, BAD_ARGUMENT, BAD_DATA, IO, OUT_OF_MEMORY = range(6)


class Config(ctypes.Structure):
    """CairnConfig. tests/python compares the layout with what the C compiler makes of cairn.h."""

    _fields_ = [
        ("seed", ctypes.c_int64),
        ("seeds", ctypes.POINTER(ctypes.c_int64)),
        ("world_count", ctypes.c_int32),
        ("threads", ctypes.c_int32),
        ("mode", ctypes.c_int),
        ("area_width", ctypes.c_int32),
        ("area_height", ctypes.c_int32),
        ("view_width", ctypes.c_int32),
        ("view_height", ctypes.c_int32),
        ("size_width", ctypes.c_int32),
        ("size_height", ctypes.c_int32),
        ("length", ctypes.c_int32),
        ("reward", ctypes.c_bool),
        ("auto_reset", ctypes.c_bool),
        ("textures", ctypes.c_void_p),
    ]


class Observation(ctypes.Structure):
    """CairnObservation."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("pixels", "tiles", "status", "semantic")]


class Output(ctypes.Structure):
    """CairnOutput."""

    _fields_ = [("observation", Observation), ("final_observation", Observation)] + [
        (name, ctypes.c_void_p)
        for name in ("reward", "terminated", "truncated", "unlocked", "achievements", "inventory",
                     "position")
    ]


def _load() -> ctypes.CDLL:
    path = Path(__file__).with_name("libcairn.so")
    if not path.exists():
        raise ImportError(
            f"{path} is missing: the package must be built before it is imported. Run `pip install "
            "./env/python` in Cairn's folder, and start Python in another folder than env/python.")
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"libcairn cannot be loaded: {error}. It needs the libraries libpng16 "
                          "and zlib (Debian: apt-get install libpng16-16 zlib1g).") from error


lib = _load()


def _declare() -> None:
    handle, out, text = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p
    number, size = ctypes.c_int32, ctypes.c_size_t
    for name, result, *arguments in (
        ("cairn_action_name", text, ctypes.c_int),
        ("cairn_achievement_name", text, ctypes.c_int),
        ("cairn_item_name", text, ctypes.c_int),
        ("cairn_version", text),
        ("cairn_textures_load", ctypes.c_int, text, ctypes.POINTER(handle), text),
        ("cairn_textures_destroy", None, handle),
        ("cairn_default_config", Config),
        ("cairn_world_seed", ctypes.c_int64, ctypes.c_int64, number),
        ("cairn_create", ctypes.c_int, ctypes.POINTER(Config), ctypes.POINTER(handle), text),
        ("cairn_destroy", None, handle),
        ("cairn_local_columns", number, ctypes.POINTER(Config)),
        ("cairn_local_rows", number, ctypes.POINTER(Config)),
        ("cairn_reset", None, handle, out),
        ("cairn_reset_world", ctypes.c_int, handle, number, ctypes.c_uint64, out),
        ("cairn_episode", ctypes.c_uint64, handle, number),
        ("cairn_step", None, handle, ctypes.c_void_p, out),
        ("cairn_state_limit", size, handle),
        ("cairn_save_world", ctypes.c_int, handle, number, ctypes.c_void_p, size,
         ctypes.POINTER(size), text),
        ("cairn_load_world", ctypes.c_int, handle, number, text, size, text),
        ("cairn_observe_world", None, handle, number, out),
        ("cairn_draw_world", ctypes.c_int, handle, handle, number, ctypes.c_void_p, text),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments


_declare()


def _names(function: str, count: int) -> tuple[str, ...]:
    return tuple(getattr(lib, function)(i).decode() for i in range(count))


ACTIONS = _names("cairn_action_name", limits.actions)
ACHIEVEMENTS = _names("cairn_achievement_name", limits.achievements)
ITEMS = _names("cairn_item_name", limits.items)
MODES = ("exact", "fast")  # in the order of CairnMode
