"""cairn._library mirrors cairn.h: compares every offset with what the C compiler says."""
import ctypes
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import cairn
from cairn import _library

ROOT = Path(__file__).resolve().parents[2]
STRUCTS = {"CairnConfig": _library.Config, "CairnObservation": _library.Observation,
           "CairnOutput": _library.Output}
COUNTS = {"CAIRN_ACTIONS": _library.limits.actions, "CAIRN_ITEMS": _library.limits.items,
          "CAIRN_ACHIEVEMENTS": _library.limits.achievements,
          "CAIRN_STATUS_SIZE": _library.limits.status,
          "CAIRN_MATERIALS": _library.limits.materials, "CAIRN_OBJECTS": _library.limits.objects,
          "CAIRN_WHY": _library.WHY, "CAIRN_OUT_OF_MEMORY": _library.Status.OUT_OF_MEMORY,
          "CAIRN_BAD_DATA": _library.Status.BAD_DATA, "CAIRN_IO": _library.Status.IO,
          **{f"CAIRN_MODE_{mode.upper()}": i for i, mode in enumerate(_library.MODES)}}


class Library(unittest.TestCase):
    def test_layouts_and_constants_are_those_of_the_header(self):
        lines, expected = [], []
        for name, struct in STRUCTS.items():
            lines.append(f"sizeof({name})")
            expected.append(ctypes.sizeof(struct))
            for field, *_ in struct._fields_:
                lines.append(f"offsetof({name}, {field})")
                expected.append(getattr(struct, field).offset)
                lines.append(f"sizeof((({name}*)0)->{field})")
                expected.append(getattr(struct, field).size)
        lines += COUNTS
        expected += COUNTS.values()
        prints = "".join(f'printf("%zu\\n", (size_t)({line}));' for line in lines)
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "layout"
            subprocess.run([shutil.which("gcc") or "cc", "-x", "c", "-", f"-I{ROOT}/env", "-o",
                            program], text=True, check=True,
                           input="#include <cairn.h>\n#include <stdio.h>\n"
                                 f"int main(void) {{{prints}}}")
            told = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        self.assertEqual(list(map(int, told.split())), expected)

    def test_the_version_is_the_makefiles(self):
        version = re.search(r"^VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M)[1]
        self.assertEqual(cairn.__version__, version)


if __name__ == "__main__":
    unittest.main()
