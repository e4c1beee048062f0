"""OpenCV may be missing or broken: who needs it says so, and the others work."""

import subprocess
import sys

import pytest

DISTRIBUTIONS = [
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
]
WITHOUT = """
import sys
import numpy as np
import skdigits
from skdigits.datasets import load_sample, make_digit_photo

images, labels = np.eye(10)[:, :9] * 255, np.arange(10)
model = skdigits.CNNClassifier(epochs=1, width=0.1).fit(images, labels)
skdigits.save(model, sys.argv[1])
skdigits.load(sys.argv[1]).predict(images)
augmenter = skdigits.ImageAugmenter().fit(images)
assert (augmenter.transform(images) == images).all()
for needs_it in (
    lambda: augmenter.augment(images),
    lambda: skdigits.make_digit_pipeline().fit(images, labels),
    lambda: skdigits.DigitNormalizer().fit(images).transform(images),
    load_sample,
    lambda: make_digit_photo("1"),
):
    try:
        needs_it()
    except ImportError as exc:
        print(exc)
"""


@pytest.fixture(params=["missing", "broken"])
def python(request, tmp_path):
    """Run code in a process without OpenCV, or with what a removal may leave of it."""
    start = "import sys; sys.modules['cv2'] = None"
    if request.param == "broken":
        (tmp_path / "cv2").mkdir()
        start = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
        (tmp_path / "cv2" / "__init__.py").touch()

    def run(code, *arguments):
        command = [sys.executable, "-c", f"{start}\n{code}", *map(str, arguments)]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run


def test_only_those_who_work_on_pixels_need_it(python, tmp_path):
    messages = python(WITHOUT, tmp_path / "model.skdigits").splitlines()
    assert len(messages) == 5
    for message in messages:
        assert message.startswith("This needs OpenCV, ")
        assert all(name in message for name in DISTRIBUTIONS)


def test_the_command_line_says_it_in_one_line(python):
    code = "from skdigits.__main__ import main; print(main(['demo']))"
    assert python(code) == "1\n"
