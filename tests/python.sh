#!/usr/bin/env bash
# Prints the path of a Python of some version, on the path or where pyenv keeps it:
#     tests/python.sh 3.13
for python in "python$1" "$HOME/.pyenv/versions/$1."*/bin/python; do
  "$python" -c "import sys; print(sys.executable)" 2> /dev/null && exit
done
echo "There is no Python $1." >&2
exit 1
