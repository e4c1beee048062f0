"""Import of OpenCV from any of its distributions.

Four distributions contain the same module ``cv2``. If two are installed, one has
overwritten files of the other. So skdigits depends on none of them: a dependency on
``opencv-python-headless`` would break the windows of an installed ``opencv-python``.
"""

INSTALL_HELP = (
    "Install one of its distributions, the first if you have no reason for another: "
    "opencv-python-headless, opencv-python, opencv-contrib-python-headless, "
    "opencv-contrib-python."
)

try:
    import cv2

    cv2.remap  # noqa: B018  an empty folder cv2 can be imported
except ModuleNotFoundError as exc:
    if exc.name != "cv2":
        raise
    raise ImportError(
        f"This needs OpenCV, which is not installed. {INSTALL_HELP}"
    ) from exc
except (ImportError, AttributeError) as exc:
    raise ImportError(
        f"This needs OpenCV, and the installed one does not work ({exc}). This happens "
        "if one of two distributions was uninstalled. Uninstall all of them with pip. "
        f"{INSTALL_HELP}"
    ) from exc

__all__ = ["cv2"]
