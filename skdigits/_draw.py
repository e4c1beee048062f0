"""A page in the browser to draw digits on, which shows what a model makes of them."""

import base64
import io
import socket
import time
import warnings
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._normalizer import DigitNormalizer
from .datasets import load_sample
from .pipelines import final_network, make_digit_pipeline
from .plots._activations import scale_channels, tile_channels

PRESET = "fast"
EPOCHS = 10  # about ten seconds on the bundled digits, with two cores
HEIGHT = 680  # of the frame in a notebook, in pixels
EMPTY = "Draw a digit"
PAGE = f"""<main><div>
<canvas width="280" height="280" role="img" aria-label="Paper to draw a digit on">
</canvas><button type="button">Undo</button><button type="button">Clear</button></div>
<div><output>{EMPTY}</output><section></section></div></main>"""
STYLE = """
main, main > div { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem }
main > div { flex: 1 1 280px; align-items: flex-start; align-content: flex-start }
main > div:first-child { max-width: 420px }
canvas { width: 100%; aspect-ratio: 1; background: #fff; cursor: crosshair;
  border: 1px solid #888; border-radius: 8px; touch-action: none }
button { flex: 1; margin: 0; padding: 0.6rem; border: 1px solid #888;
  border-radius: 8px; background: none; color: inherit; font-weight: 600 }
output, section { width: 100% } output { font-size: 1.5rem; font-weight: 600 }
section { display: flex; flex-wrap: wrap; gap: 1rem } table { flex: 1 1 160px }
td:nth-child(2) { width: 100%; padding: 0 0.5rem } td:last-child { text-align: right }
td i { display: block; height: 0.9rem; min-width: 1px; background: #0072b2 }
figure { margin: 0 } img { width: 100%; image-rendering: pixelated }
figure:nth-child(2) { width: min(196px, 35%) } figure:nth-child(3) { width: 100% }"""
SCRIPT = """
const canvas = element.querySelector("canvas"), pen = canvas.getContext("2d");
const [undo, clear] = element.querySelectorAll("button"), strokes = [];
const said = element.querySelector("output"), seen = element.querySelector("section");
Object.assign(pen, {lineWidth: 22, lineCap: "round", lineJoin: "round"});
let changed = false;
async function draw() {
  pen.clearRect(0, 0, 280, 280);
  for (const points of strokes) {
    pen.beginPath();
    for (const point of points) pen.lineTo(...point);
    pen.stroke();
  }
  changed = true;
  if (seen.ariaBusy === "true") return;
  for (seen.ariaBusy = "true"; changed; ) {
    changed = false;
    [said.textContent, seen.innerHTML] = await server.look(canvas.toDataURL())
      .catch(() => ["The program does not answer. Has it ended?", ""]);
  }
  seen.ariaBusy = "false";
}
const at = ({offsetX, offsetY}) =>
  [offsetX, offsetY].map(x => x * 280 / canvas.clientWidth);
canvas.onpointerdown = event => {
  if (!event.isPrimary || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  strokes.push([at(event), at(event)]); draw();
};
canvas.onpointermove = event => {
  if (canvas.hasPointerCapture(event.pointerId)) strokes.at(-1).push(at(event)), draw();
};
undo.onclick = () => { strokes.pop(); draw(); };
clear.onclick = () => { strokes.length = 0; draw(); };"""


def draw(
    model: Any = None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    block: bool = False,
) -> Any:
    """Open a page to draw digits on with mouse or finger.

    It shows the picture that the model is given, the probabilities of the classes and
    the channels of the network's first layer, all while one draws. A notebook shows the
    page itself, elsewhere its address is printed.

    Parameters
    ----------
    model : estimator, default=None
        Fitted, with `predict_proba`, for images of 28x28 pixels. If none of its steps
        is a `DigitNormalizer`, one is put in front. None trains a network on the
        bundled digits first, for about ten seconds.
    host : str, default="127.0.0.1"
        Name or IPv4 address to be reached at. By default that is from this machine
        alone; "0.0.0.0" lets in whoever reaches it by the network.
    port : int, default=None
        None takes the first that is free, from 7860.
    block : bool, default=False
        Whether to wait until Ctrl-C, and then close the page. Without it, the page is
        there until its `close` is called or the program ends.

    Returns
    -------
    page : gradio.Blocks
        With the address `local_url`, and `close()`.

    Raises
    ------
    ImportError
        If Gradio is not installed.
    OSError
        If the host is none of this machine's, or if the port is taken.
    TypeError
        If the model has no `predict_proba`.
    ValueError
        If the model is not fitted, or takes images of another size.

    Notes
    -----
    Gradio runs the page. It makes no public link and sends nothing to anybody, and the
    page loads nothing from elsewhere.

    Examples
    --------
    >>> import skdigits
    >>> page = skdigits.draw(model)  # doctest: +SKIP
    >>> page.close()  # doctest: +SKIP
    """
    gradio = _gradio()
    check_address(host, port)
    look = _make_look(_trained() if model is None else model)
    with gradio.Blocks(title=EMPTY, analytics_enabled=False, fill_width=True) as page:
        gradio.HTML(
            html_template=PAGE,
            css_template=STYLE,
            apply_default_css=False,
            js_on_load=SCRIPT,
            server_functions=[look],
        )
    page.launch(
        server_name=host,
        server_port=port,
        share=False,  # Colab shows the page through its own proxy
        quiet=True,
        prevent_thread_lock=True,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        height=HEIGHT,
    )
    if not hasattr(page, "artifact"):  # what a notebook shows
        end = ", Ctrl-C ends it." if block else ""
        print(f"Draw on {page.local_url.rstrip('/')}{end}", flush=True)
    try:
        while block:
            time.sleep(0.1)
    finally:
        if block:
            page.close(verbose=False)
    return page


def check_address(host: str, port: int | None) -> None:
    """Raise an OSError if no page can be there."""
    try:
        socket.create_server((host, port or 0)).close()
    except (OSError, OverflowError) as exc:
        raise OSError(
            "host and port must be an address of this machine that is free. Got "
            f"{host}:{port} instead ({exc}). Without a port, a free one is found."
        ) from exc


def _gradio():
    try:
        with warnings.catch_warnings(action="ignore"):  # tqdm's, where no widgets are
            import gradio
    except ModuleNotFoundError as exc:
        if exc.name != "gradio":
            raise
        raise ImportError(
            "draw needs Gradio, which is not installed. Install it with: "
            'pip install "skdigits[draw]"'
        ) from exc
    return gradio


def _trained():
    print(f"Training {PRESET!r} on the bundled digits, about ten seconds", flush=True)
    digits = load_sample()
    model = make_digit_pipeline(PRESET, random_state=0)
    model.set_params(cnn__epochs=EPOCHS, cnn__batch_size=32)
    return model.fit(digits.X_train.to_numpy(), digits.y_train)


def _make_look(model):
    """Give the function that the page calls with each new picture."""
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            "model must have predict_proba, as a Pipeline of make_digit_pipeline or an "
            f"SVC(probability=True) has. Got {type(model).__name__} instead."
        )
    check_is_fitted(model)
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else []
    if not any(isinstance(step, DigitNormalizer) for step in steps):
        steps = [DigitNormalizer()]
        model = Pipeline([("normalize", steps[0]), ("model", model)])
    after = [isinstance(step, DigitNormalizer) for step in steps].index(True) + 1
    normalizer, rest = model[:after], model[after:]
    names = getattr(rest, "feature_names_in_", None)
    network = final_network(rest)

    def look(picture: str) -> tuple[str, str]:
        png = base64.b64decode(picture.partition(",")[2])
        ink = np.asarray(Image.open(io.BytesIO(png)))[..., 3]  # paper is transparent
        return _describe(ink) if ink.any() else (EMPTY, "")

    def _describe(ink):
        X = normalizer.transform([ink])
        shown = X if names is None else pd.DataFrame(X, columns=names)
        probabilities = rest.predict_proba(shown)[0]
        image = X[0].reshape(steps[after - 1].output_shape)
        parts = [_bars(rest.classes_, probabilities), _figure(image, "What it sees")]
        if network is not None:
            parts += _channels(network, X)
        best = probabilities.argmax()
        said = f"{rest.classes_[best]}, {probabilities[best]:.0%} sure"
        return said, "".join(parts)

    _describe(np.pad(np.full((200, 20), 255, np.uint8), ((40, 40), (130, 130))))
    return look


def _bars(classes, probabilities):
    rows = "".join(
        f"<tr><th scope='row'>{escape(str(label))}</th>"
        f"<td><i style='width: {p:.2%}'></i></td><td>{p:.0%}</td></tr>"
        for label, p in zip(classes, probabilities, strict=True)
    )
    return f"<table aria-label='Probabilities'>{rows}</table>"


def _channels(network, X):
    """Draw what the first layer puts out; nothing if it puts out no image."""
    from matplotlib import colormaps

    from ._keras.model import image_layers, layer_outputs

    images = X.reshape(-1, *network.image_shape_).astype(np.float32)
    first = list(image_layers(network.model_))[:1]
    for name, output in layer_outputs(network.model_, images, first).items():
        tiles = tile_channels(scale_channels(output[0]), per_row=8)
        text = f"What its layer {name} makes of it: {output.shape[-1]} channels"
        yield _figure(colormaps["viridis"](tiles, bytes=True), text)


def _figure(pixels, text):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f"<figure><figcaption>{text}</figcaption>"
        f"<img src='data:image/png;base64,{data}' alt='{text}'></figure>"
    )
