#!/usr/bin/env bash
# Runs the tests without what Linux has and macOS or Windows have not: names of Python's modules, and /proc.
#     tests/elsewhere.sh [PYTEST'S ARGUMENTS]
# Only root may hide /proc; for others it stays.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONPATH=$PWD/tests/elsewhere:$PWD
run=(python -m pytest "$@")
unshare --mount true 2> /dev/null || exec "${run[@]}"

# psutil, which asks macOS and Windows in their own ways, finds /proc elsewhere. Three others find the file that they need on
# Linux: TensorFlow the name of its program, threadpoolctl the libraries, joblib the number of cores.
PROCFS=$(mktemp -d)
export PROCFS
trap 'rmdir "$PROCFS"' EXIT
unshare --mount bash -c '
  mount --bind /proc "$PROCFS"
  mount -t tmpfs none /proc
  mkdir /proc/self
  ln -s "$PROCFS/self/exe" "$PROCFS/self/maps" /proc/self
  ln -s "$PROCFS/cpuinfo" /proc
  exec "$@"' - "${run[@]}"
