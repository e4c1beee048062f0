#!/usr/bin/env bash
# Runs the tests in a new environment, with the package versions and the Python of one of these:
#     tests/versions.sh oldest|newest|kaggle|colab [PYTEST'S ARGUMENTS]
# By default it runs the default tests; -m "" includes the slow ones.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

which=${1:-}
case $which in
  oldest) version=3.11 ;;
  kaggle) version=3.12 ;;
  colab | newest) version=3.13 ;;
  *) sed -n '2,4s/^# *//p' "$0" >&2; exit 2 ;;
esac

python=$(tests/python.sh "$version")

case $which in
  oldest) # Every "name>=1.2" of the project and of its extra "test" as "name==1.2".
    "$python" - > "$work/constraints.txt" << 'PYTHON'
import re
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]
for needed in project["dependencies"] + extras["heic"] + extras["opencv"] + extras["test"]:
    if ">=" in needed:
        print(re.sub(r"\[.*?\]", "", needed).replace(">=", "=="))
PYTHON
    ;;
  newest) : > "$work/constraints.txt" ;;
  *) cp "tests/environments/$which.txt" "$work/constraints.txt" ;;
esac

"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet -e ".[test]" -c "$work/constraints.txt"
echo "== $which, on $("$python" --version) =="
"$work/venv/bin/pip" list | grep -iE \
  "^(keras|matplotlib|numpy|onnx|opencv.*|optuna|pandas|protobuf|rich|safetensors|scikeras|scikit-learn|scipy|tensorflow) "
"$work/venv/bin/pytest" "${@:2}"
