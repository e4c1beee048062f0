"""OpenCV, whichever of its distributions it comes from.

Four of them bring the same module ``cv2``, and where two are installed each has
overwritten files of the other. So none is a dependency: it would take the windows of
a user's ``opencv-python`` away.
"""

HOW = (
    "Install one of its distributions, the first if you have no reason for another: "
    "opencv-python-headless, opencv-python, opencv-contrib-python-headless, "
    "opencv-contrib-python."
)

try:
    import cv2

    cv2.remap  # noqa: B018  a folder without the library in it can be imported
except ModuleNotFoundError as exc:
    if exc.name != "cv2":
        raise
    raise ImportError(f"This needs OpenCV, and there is none. {HOW}") from exc
except (ImportError, AttributeError) as exc:
    raise ImportError(
        f"This needs OpenCV, and the one that is installed does not work ({exc}): "
        "so it is left where one of two distributions was removed. Remove "
        f"all of them with pip. {HOW}"
    ) from exc

__all__ = ["cv2"]
