"""Behaviour without OpenCV: a helpful error from the functions that need it."""

import subprocess
import sys

DISTRIBUTIONS = [
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
]
MISSING = """
import sys
sys.modules["cv2"] = None
import numpy as np
import skdigits
from skdigits.__main__ import main
from skdigits.datasets import load_sample, make_digit_photo

images, labels = np.eye(10)[:, :9] * 255, np.arange(10)
model = skdigits.CNNClassifier(epochs=1, width=0.1).fit(images, labels)
skdigits.save(model, sys.argv[1])
skdigits.load(sys.argv[1]).predict(images)
augmenter = skdigits.ImageAugmenter().fit(images)
assert (augmenter.transform(images) == images).all()
for function in (
    lambda: augmenter.augment(images),
    lambda: skdigits.make_digit_pipeline().fit(images, labels),
    lambda: skdigits.DigitNormalizer().fit(images).transform(images),
    load_sample,
    lambda: make_digit_photo("1"),
):
    try:
        function()
    except ImportError as exc:
        print(exc)
print(main(["demo"]))
"""
BROKEN = """
import sys
sys.path.insert(0, sys.argv[1])
from skdigits.datasets import make_digit_photo
try:
    make_digit_photo("1")
except ImportError as exc:
    print(exc)
"""


def run(code, argument):
    command = [sys.executable, "-c", code, str(argument)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_only_functions_that_change_pixels_need_opencv(tmp_path):
    *messages, status = run(MISSING, tmp_path / "model.skdigits")
    assert len(messages) == 5
    for message in messages:
        assert message.startswith("This needs OpenCV, which is not installed.")
        assert all(name in message for name in DISTRIBUTIONS)
    assert status == "1"


def test_error_for_an_empty_folder_in_place_of_opencv(tmp_path):
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").touch()
    (message,) = run(BROKEN, tmp_path)
    assert message.startswith("This needs OpenCV, and the installed one does not work")
    assert all(name in message for name in DISTRIBUTIONS)
