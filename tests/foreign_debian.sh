#!/bin/sh
# Runs the device tests on an arm64 Debian without an arm64 machine, and compares the shipped models' outputs with this
# machine's bit for bit.
#
#   tests/foreign_debian.sh arm64    Debian 12, Python 3.11, tflite-runtime: Raspberry Pi OS Bookworm, 64 bit
#   tests/foreign_debian.sh py313    Debian 13, Python 3.13, ai-edge-litert: Raspberry Pi OS Trixie, 64 bit
#
# DIGITS (default 2000) says how many test digits the outputs are compared on, TESTS which tests run.
# The Debian root, the emulator and the wheels come from Debian's and Python's registries once and are kept in CACHE
# (default /var/cache/edge-digits/NAME). Where that cannot be done (not root, no debootstrap, no network) the reason is said and the
# exit code is 0, as for a skipped test. Debian's packages are unpacked and not configured, and run by qemu's user mode under
# proot, so nothing of this machine's is changed.
set -eu

# steps: by how much integer outputs may differ, of 256. ai-edge-litert 2.3 rounds otherwise on arm64: up to 29 measured.
name=${1:-}
case $name in
    arm64) suite=bookworm version=3.11 runtime=tflite-runtime steps=0 wants="numpy<2 opencv-python-headless<4.12 tflite-runtime==2.14.0" ;;
    py313) suite=trixie version=3.13 runtime=ai-edge-litert steps=40 wants="numpy opencv-python-headless<5 ai-edge-litert>=2.1,<3" ;;
    *) echo "usage: $0 arm64|py313" >&2; exit 2 ;;
esac
project=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$project/.venv/bin/python}
cache=${CACHE:-/var/cache/edge-digits}/$name
digits=${DIGITS:-2000}
mirror=${MIRROR:-http://deb.debian.org/debian}
skip() { echo "skipped: $*" >&2; exit 0; }
work=
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT; trap 'exit 143' TERM HUP # or dash ends without the line above

[ "$(id -u)" = 0 ] || skip "making a Debian root needs root"
command -v debootstrap > /dev/null || skip "debootstrap is not installed (apt install debootstrap)"
mkdir -p "$cache"
exec 9> "$cache/lock"
flock -n 9 || { echo "$0: expected $cache to be free, found another run that uses it; wait for its end" >&2; exit 1; }

if [ ! -e "$cache/tools/.whole" ]; then
    echo "== fetching qemu and proot from Debian"
    rm -rf "$cache/tools" "$cache/debs"; mkdir -p "$cache/tools" "$cache/debs"
    (cd "$cache/debs" && apt-get download -q qemu-user-static proot libtalloc2 > /dev/null 2>&1) || skip "apt-get cannot fetch qemu-user-static and proot"
    for package in "$cache"/debs/*.deb; do dpkg -x "$package" "$cache/tools"; done
    touch "$cache/tools/.whole"
fi
if [ ! -e "$cache/root/.whole" ]; then
    echo "== unpacking a Debian root ($suite, arm64)"
    rm -rf "$cache/root"
    debootstrap --arch=arm64 --foreign --variant=minbase --include=python3 "$suite" "$cache/root" "$mirror" > "$cache/debootstrap.log" 2>&1 \
        || skip "debootstrap failed; see $cache/debootstrap.log"
    for package in "$cache"/root/var/cache/apt/archives/*.deb; do dpkg -x "$package" "$cache/root"; done
    touch "$cache/root/.whole"
fi
wants="$wants pillow>=10.1 click>=8.1 paho-mqtt>=2,<3 pytest>=9,<10"
if [ "$(cat "$cache/packages/.whole" 2> /dev/null)" != "$wants" ]; then
    echo "== fetching wheels for arm64 and Python $version"
    rm -rf "$cache/packages.new"
    platforms=; for each in manylinux2014 manylinux_2_17 manylinux_2_27 manylinux_2_28 manylinux_2_31 manylinux_2_34 manylinux_2_35; do
        platforms="$platforms --platform ${each}_aarch64"
    done
    # shellcheck disable=SC2086 # lists of words
    "$python" -m pip install -q --disable-pip-version-check --target "$cache/packages.new" $platforms --python-version "$version" \
        --implementation cp --only-binary=:all: $wants > "$cache/pip.log" 2>&1 || skip "pip found no wheels; see $cache/pip.log"
    echo "$wants" > "$cache/packages.new/.whole"
    rm -rf "$cache/packages"; mv "$cache/packages.new" "$cache/packages"
fi

echo "== building and unpacking the project's wheel"
work=$(mktemp -d)
mkdir "$work/source" "$work/installed" "$work/there"
(cd "$project" && tar -c --exclude=.git --exclude=.venv --exclude=build --exclude=__pycache__ pyproject.toml README.md LICENSE NOTICE \
    edge_digits converters device benchmarks tests) | tar -x -C "$work/source"
(cd "$work/source" && "$python" -m pip wheel -q --no-deps --no-build-isolation -w "$work" . > /dev/null)
"$python" -m pip install -q --disable-pip-version-check --no-deps --target "$work/installed" "$work"/*.whl
cp -r "$work/source/tests" "$work/source/pyproject.toml" "$work/there"
mkdir -p "$work/there/benchmarks/assets"
cp "$work/source/benchmarks/assets/mnist_sample_test.npz" "$work/there/benchmarks/assets"

there() {
    LD_LIBRARY_PATH="$cache/tools/usr/lib/$(uname -m)-linux-gnu" "$cache/tools/usr/bin/proot" \
        -q "$cache/tools/usr/bin/qemu-aarch64-static" -r "$cache/root" -b /proc -b /dev -b /etc/passwd -b /etc/hosts -b "$work/installed:/installed" \
        -b "$cache/packages:/packages" -b "$work/there:/there" -w /there /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root \
        LANG=C.UTF-8 PYTHONPATH=/installed:/packages PYTHONDONTWRITEBYTECODE=1 \
        /bin/sh -c '/usr/bin/python3 "$@"; exit $?' sh "$@" # proot's own exit code is 0 where what it started dies by a signal
}
wrong=0
echo "== on the device"
there -m device doctor --no-camera || wrong=1
echo "== outputs, there and here"
there -m benchmarks.outputs save /there/there.npz --digits "$digits" --runtime "$runtime"
(cd "$work/installed" && "$python" -m benchmarks.outputs save "$work/here.npz" --digits "$digits" --runtime "$runtime" \
    && "$python" -m benchmarks.outputs compare --steps "$steps" "$work/here.npz" "$work/there/there.npz") || wrong=1
echo "== the device tests"
tests=${TESTS:-classifier contract model_file pictures reading reading_commands runtime settings sinks sources supervision collecting http window}
set --; for each in $tests; do set -- "$@" "tests/test_$each.py"; done
# What the shipped models read follows from their outputs, compared above, and takes an emulator as long again.
there -m pytest -q --deselect tests/test_classifier.py::test_a_shipped_model_reads_test_digits "$@" || wrong=1
exit "$wrong"
