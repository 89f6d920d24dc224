#!/usr/bin/env bash
# The Python package: builds a wheel from the sources alone, installs it into a virtual environment
# of its own and runs tests/python/test_*.py there. Gymnasium comes from PyPI; where that cannot be
# had, nothing else of Cairn needs it, and this is skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
skip() {
    echo "$*"
    exit 77
}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
environment=$PWD/build/python # kept: the next time it is there
python=$environment/bin/python
pip() { "$python" -m pip --disable-pip-version-check --retries 1 --timeout 20 -q "$@"; }

if ! "$python" -c 'import gymnasium, numpy, setuptools.command.bdist_wheel' 2>/dev/null; then
    rm -rf "$environment"
    python3 -m venv "$environment" >"$stage/log" 2>&1 ||
        skip "Python's tests need python3 with its module venv (Debian: python3-venv)"
    pip install numpy 'gymnasium>=1.1' 'setuptools>=77' >"$stage/log" 2>&1 ||
        skip "Python's tests need gymnasium from PyPI, which cannot be reached: $(tail -n 1 "$stage/log")"
fi

# A copy, so that nothing made earlier helps and nothing is left behind.
sources="$stage/with space"
mkdir "$sources"
cp -r Makefile LICENSE env "$sources"
rm -rf "$sources"/env/python/{build,*.egg-info,cairn/libcairn.so,cairn/__pycache__}
pip wheel --no-build-isolation --no-deps -w "$stage" "$sources/env/python" >"$stage/log" 2>&1 ||
    { cat "$stage/log" && exit 1; }
compgen -G "$stage/cairn-*-py3-none-linux_*.whl" >/dev/null ||
    { echo "the wheel is not for every Python: $(ls "$stage")" && exit 1; }
pip install --force-reinstall --no-deps "$stage"/*.whl || exit 1

# The source distribution holds all that a wheel needs.
from_source() {
    (cd "$sources/env/python" &&
        "$python" -c 'from setuptools import build_meta; build_meta.build_sdist("dist")') &&
        mv "$sources"/env/python/dist/cairn-*.tar.gz "$stage" && rm -rf "$sources" &&
        pip wheel --no-build-isolation --no-deps -w "$stage/again" "$stage"/cairn-*.tar.gz &&
        compgen -G "$stage/again/cairn-*.whl"
}
from_source >"$stage/log" 2>&1 ||
    { echo "the source distribution does not build:" && cat "$stage/log" && exit 1; }

# The original's figures are reproduced with the C library's exp and cos: see goldens/record.py.
export NPY_DISABLE_CPU_FEATURES='AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL'
export PYTHONDONTWRITEBYTECODE=1
"$python" -W ignore -m unittest discover -s tests/python -p 'test_*.py'
