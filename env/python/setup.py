"""Builds libcairn with Cairn's own Makefile and puts it into the package."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
# In a checkout the sources lie two folders up, in a source distribution beside this file.
SOURCE = HERE / "cairn-source" if (HERE / "cairn-source").exists() else HERE.parents[1]
DEBIAN = "gcc make pkg-config zlib1g-dev libpng-dev"


def version():
    return re.search(r"^VERSION := (\S+)$", (SOURCE / "Makefile").read_text(), re.M)[1]


def build_library(out):
    """Only what the library needs is asked for: compiler, make, pkg-config, zlib, libpng."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    library = out / "libcairn.so"
    # Not those of a make that called us: it may have given variables of its own.
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VARIANT")}
    there = os.path.relpath(out, SOURCE)  # make cannot live with spaces in names
    command = ["make", "-C", str(SOURCE), f"-j{os.cpu_count() or 1}", "--no-print-directory",
               f"O={there}", "NEEDED=zlib libpng", "NO_ONEDNN=1", "CFLAGS=-g0",
               f"{there}/libcairn.so"]
    try:
        subprocess.run(command, check=True, env=environment)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"cairn: the C library could not be built ({error}). It needs a C "
                         "compiler, make, pkg-config, zlib and libpng; on Debian: apt-get install "
                         + DEBIAN) from error
    return library


class BuildPy(build_py):
    def run(self):
        super().run()
        library = build_library(Path(self.get_finalized_command("build").build_temp))
        package = HERE / "cairn" if self.editable_mode else Path(self.build_lib) / "cairn"
        package.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, package / "libcairn.so")
        if not self.editable_mode:
            shutil.copy(SOURCE / "LICENSE", package)


class Sdist(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        to = Path(base_dir) / "cairn-source"
        if to.exists():
            return
        (to / "env" / "textures").mkdir(parents=True)
        for pattern in ("Makefile", "LICENSE", "env/*.[ch]", "env/textures/*"):
            for file in SOURCE.glob(pattern):
                shutil.copy(file, to / file.relative_to(SOURCE))


class Wheel(bdist_wheel):
    def get_tag(self):  # ctypes: any Python 3 on this kind of machine
        return ("py3", "none", super().get_tag()[2])


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(version=version(), distclass=BinaryDistribution,
      cmdclass={"build_py": BuildPy, "sdist": Sdist, "bdist_wheel": Wheel})
