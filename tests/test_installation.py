"""Installations in the images of Kaggle and Colab replace no package."""

import json
import subprocess
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # pip asks the package index

TESTS = Path(__file__).parent


WANTED = {
    "plain": [str(TESTS.parent)],
    "opencv": [f"{TESTS.parent}[opencv]"],
    "draw": [f"{TESTS.parent}[draw]"],
    # ONNX from 1.23 on needs a newer protobuf than the images have.
    "onnx": [f"{TESTS.parent}[onnx]", "onnx<1.23"],
}


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("image", ["kaggle", "colab"])
def test_installation_replaces_no_package(image, wanted, tmp_path):
    lines = (TESTS / "environments" / f"{image}.txt").read_text("utf-8").splitlines()
    kept = dict(line.split("==") for line in lines if not line.startswith("#"))
    venv.create(tmp_path, with_pip=True)
    python, site = tmp_path / "bin" / "python", next(tmp_path.glob("lib/*/site-*"))
    # The files that pip's resolver reads of an installed package.
    for name, version in kept.items():
        about = site / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
        about.parent.mkdir()
        about.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    pip = [python, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-"]
    report = subprocess.run(
        [*pip, *WANTED[wanted]], capture_output=True, text=True, check=True
    ).stdout
    added = {package["metadata"]["name"] for package in json.loads(report)["install"]}
    assert "skdigits" in added
    assert not {name.lower() for name in added} & {name.lower() for name in kept}
