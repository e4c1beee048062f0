#!/usr/bin/env bash
# Runs the tests with the oldest and with the newest versions that pyproject.toml allows, each in a new environment:
#     tests/versions.sh [oldest|newest] [PYTEST'S ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:-both}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every "name>=1.2" of the project and of its extra "test" as "name==1.2".
python3 - > "$work/oldest.txt" << 'PYTHON'
import re
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
for needed in project["dependencies"] + project["optional-dependencies"]["test"]:
    print(re.sub(r"\[.*?\]", "", needed).replace(">=", "=="))
PYTHON
: > "$work/newest.txt"

for versions in oldest newest; do
  [ "$which" = both ] || [ "$which" = "$versions" ] || continue
  python3 -m venv "$work/$versions"
  "$work/$versions/bin/pip" install --quiet -e ".[test]" -c "$work/$versions.txt"
  echo "== $versions =="
  "$work/$versions/bin/pip" list | grep -iE \
    "^(keras|matplotlib|numpy|onnx|opencv|optuna|pandas|rich|safetensors|scikeras|scikit-learn|scipy|tensorflow) "
  for marked in "not slow" slow; do  # 5: the arguments choose none of these
    "$work/$versions/bin/pytest" -m "$marked" "${@:2}" || [ $? = 5 ]
  done
done
