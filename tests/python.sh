#!/usr/bin/env bash
# Prints the path of a Python version, from PATH or from pyenv:
#     tests/python.sh 3.13
pyenv_root=$(pyenv root 2> /dev/null || echo "$HOME/.pyenv")
for python in "python$1" "$pyenv_root/versions/$1."*/bin/python; do
  "$python" -c "import sys; print(sys.executable)" 2> /dev/null && exit
done
echo "There is no Python $1." >&2
exit 1
