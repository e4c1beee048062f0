"""``skdigits draw``: a page in the browser that classifies drawn digits."""

import base64
import contextlib
import io
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from PIL import Image

from .._recognition import Recognizer
from ..datasets import load_sample
from ..persistence import load
from ..pipelines import find_classifiers, make_digit_pipeline
from ..plots._activations import scale_channels, tile_channels
from .quiet import without_start_messages


def draw(model: Any = None, *, host: str = "127.0.0.1", port: int | None = None) -> Any:
    """Open a page to draw digits on with mouse or finger.

    During the drawing, the page shows the probabilities of the classes, the image that
    the model receives and the output channels of its first layer. A notebook shows the
    page itself; elsewhere the address of the page is printed.

    Parameters
    ----------
    model : estimator, default=None
        Fitted classifier with `predict_proba` for images of 28x28 pixels. Drawings
        pass through a `DigitNormalizer` first, unless the model is a Pipeline that
        starts with one. None trains a model on the bundled digits.
    host : str, default="127.0.0.1"
        Name or IPv4 address of this machine. By default only this machine can use the
        page; "0.0.0.0" allows every machine that can connect to this one.
    port : int, default=None
        Port of the page. None selects the first free port from 7860.

    Returns
    -------
    page : DrawingPage
        The page, with its address `local_url`. It is served until `close()` is called
        or the program ends; `block_thread()` waits for Ctrl-C.

    Raises
    ------
    ImportError
        If the web server, uvicorn with Starlette, is not installed.
    OSError
        If the host is not an address of this machine, or if the port is in use.
    TypeError
        If the model has no `predict_proba`.
    ValueError
        If the model is not fitted, or was fitted on images of another size.

    Notes
    -----
    The page loads nothing from other machines and sends nothing to them. On a local
    host such as the default, only this page gets answers; other pages in the browser
    and requests to another host name are refused.

    Examples
    --------
    >>> import skdigits
    >>> page = skdigits.draw(model)  # doctest: +SKIP
    >>> page.close()  # doctest: +SKIP
    """
    try:
        from .draw_server import DrawingPage, listen
    except ModuleNotFoundError as exc:
        raise ImportError(
            'draw needs a web server: pip install "skdigits[draw]"'
        ) from exc
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        predict = _make_predict(_train() if model is None else model)
        html = files(__package__).joinpath("draw.html").read_text(encoding="utf-8")
        page = DrawingPage(html, predict, listener, host)
        stack.pop_all()
    if not page.show_in_notebook():
        print(f"Draw on {page.local_url}", flush=True)
    return page


def run(arguments):
    """Serve the page for a model file, or for a model that is trained first."""
    with without_start_messages():
        model = None if arguments.model is None else load(arguments.model)
        page = draw(model, host=arguments.host, port=arguments.port)
    page.block_thread()


def _train():
    print("Training on the bundled digits", flush=True)
    digits = load_sample()
    model = make_digit_pipeline("robust", random_state=0)
    return model.fit(digits.X_train.to_numpy(), digits.y_train)


def _make_predict(model):
    """Return the function that computes the text of the page for a drawing."""
    recognizer = Recognizer(model)
    try:
        inside = find_classifiers(recognizer.rest)[0]
    except TypeError:
        inside = None

    def predict(ink):
        if not ink.any():
            return "Draw a digit", ""
        X = recognizer.normalize([ink])
        return describe(X) if X.any() else ("No digit can be seen", "")

    def describe(X):
        probabilities = recognizer.predict_proba(X)[0]
        parts = [
            f"<label>{escape(str(c))} <meter value='{p:.4f}'></meter> {p:.0%}</label>"
            for c, p in zip(recognizer.classes, probabilities, strict=True)
        ]
        shape = recognizer.normalizer.output_shape
        parts.append(_figure(X[0].reshape(shape), "Input of the model"))
        if inside is not None:
            parts += _channels(
                inside.classifier, inside.transform(recognizer.prepare(X))
            )
        best = probabilities.argmax()
        title = f"{recognizer.classes[best]}, {probabilities[best]:.0%} sure"
        return title, "".join(parts)

    # Raise errors now; in addition, the first prediction is slow.
    describe(recognizer.normalize([np.eye(300, dtype=np.uint8) * 255]))
    return predict


def _channels(classifier, X):
    """Yield a figure of the channels of the first layer, if its output is an image."""
    from .._engine.keras.model import image_layers, layer_outputs

    images = np.asarray(X, np.float32).reshape(-1, *classifier.image_shape_)
    for name in list(image_layers(classifier.model_))[:1]:
        output = layer_outputs(classifier.model_, images, [name])[name][0]
        tiles = np.nan_to_num(tile_channels(scale_channels(output), per_row=6))
        text = f"Output of layer {name}: {output.shape[-1]} channels"
        yield _figure(np.uint8(255 * tiles), text)


def _figure(pixels, text):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    text = escape(text)  # a layer may have any name
    image = f"<img src='{url}' alt='{text}'>"
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"
