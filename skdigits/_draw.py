"""A page in the browser to draw digits on, which shows what a model makes of them."""

import base64
import contextlib
import io
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ._normalizer import DigitNormalizer
from .datasets import load_sample
from .pipelines import final_network, make_digit_pipeline
from .plots._activations import scale_channels, tile_channels

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Draw</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 0.85rem/1.5 system-ui, sans-serif }
body { margin: 1.5rem } figure { margin: 0 }
button { padding: 0.6rem; font: bold 1rem system-ui, sans-serif }
#draw { display: flex; flex-wrap: wrap; gap: 2rem; width: 100%; max-width: 900px }
#draw canvas { background: #fff; outline: 1px solid; touch-action: none }
#draw button { flex: 1; margin: 0.4rem 0 0 } #draw > :last-child { flex: 1 300px }
#draw p, #draw section { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; margin: 0 }
#draw label { display: grid; grid-template-columns: 1fr 9fr 2fr; width: 100% }
#draw output { font-size: 1.5rem } #draw meter { width: 95%; height: 1.2rem }
#draw img { height: 168px; image-rendering: pixelated }
</style><main id="draw"><div><canvas width="300" height="300" role="img"
aria-label="Paper to draw a digit on"></canvas><p><button>Undo</button>
<button>Clear</button></p></div><div><output></output><section></section></div></main>
<script type="module">
const [canvas, undo, clear, said, seen] =
  document.querySelectorAll("canvas, button, output, section");
const pen = canvas.getContext("2d"), before = [];
Object.assign(pen, {lineWidth: 24, lineCap: "round", lineJoin: "round"});
let changed, answer;
async function look() {
  const body = await new Promise(done => canvas.toBlob(done));
  const response = await fetch("look", {method: "POST", body});
  if (response.ok) return response.json();
}
async function show() {
  changed = true;
  await answer;
  if (!changed) return;  // another call has asked for what is drawn now
  changed = false;
  answer = look().catch(() => null);
  [said.textContent, seen.innerHTML] = await answer ?? ["It does not answer", ""];
}
const keep = () => before.push(pen.getImageData(0, 0, 300, 300));
function line(event) {
  pen.putImageData(before.at(-1), 0, 0);  // what is drawn twice gets hard edges
  pen.lineTo(event.offsetX, event.offsetY); pen.stroke(); show();
}
canvas.onpointerdown = event => {
  if (!event.isPrimary || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  keep(); pen.beginPath();
  pen.moveTo(event.offsetX - 0.1, event.offsetY);  // lines without length are not drawn
  line(event);
};
canvas.onpointermove = e => canvas.hasPointerCapture(e.pointerId) && line(e);
undo.onclick = () => before.length && (pen.putImageData(before.pop(), 0, 0), show());
clear.onclick = () => { keep(); pen.clearRect(0, 0, 300, 300); show(); };
show();
</script></html>"""


def draw(model: Any = None, *, host: str = "127.0.0.1", port: int | None = None) -> Any:
    """Open a page to draw digits on with mouse or finger.

    It shows the picture that the model is given, the probabilities of the classes and
    the channels of the network's first layer, all while one draws. A notebook shows the
    page itself, elsewhere its address is printed.

    Parameters
    ----------
    model : estimator, default=None
        Fitted, with `predict_proba`, for images of 28x28 pixels. A `DigitNormalizer`
        is put in front, unless it is a Pipeline that starts with one. None trains a
        network on the bundled digits first.
    host : str, default="127.0.0.1"
        Name or IPv4 address of this machine. The default lets in this machine alone,
        "0.0.0.0" everyone who reaches it by the network.
    port : int, default=None
        None takes the first that is free, from 7860.

    Returns
    -------
    page : DrawingPage
        With the address `local_url`, and `close()`. It is there until that is called or
        the program ends; `block_thread()` waits for Ctrl-C.

    Raises
    ------
    ImportError
        If uvicorn or Starlette, the web server, is not installed.
    OSError
        If the host is not an address of this machine, or if the port is taken.
    TypeError
        If the model has no `predict_proba`.
    ValueError
        If the model is not fitted, or takes images of another size.

    Notes
    -----
    The page loads nothing from elsewhere, and nothing is sent to other machines. On a
    local host such as the default, only this page itself gets answers: not other pages
    of the browser, and not requests under another name of the machine.

    Examples
    --------
    >>> import skdigits
    >>> page = skdigits.draw(model)  # doctest: +SKIP
    >>> page.close()  # doctest: +SKIP
    """
    try:
        from ._draw_server import DrawingPage, listen
    except ModuleNotFoundError as exc:
        message = 'draw needs a web server: pip install "skdigits[draw]"'
        raise ImportError(message) from exc
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        look = _make_look(_trained() if model is None else model)
        page = DrawingPage(PAGE, look, listener, host)
        stack.pop_all()
    if not page.show_in_notebook():
        print(f"Draw on {page.local_url}", flush=True)
    return page


def _trained():
    print("Training on the bundled digits", flush=True)
    digits = load_sample()
    model = make_digit_pipeline("robust", random_state=0)
    model.set_params(cnn__epochs=10, cnn__batch_size=32)
    return model.fit(digits.X_train.to_numpy(), digits.y_train)


def _make_look(model):
    """Return the function that describes each new picture of the canvas."""
    if not hasattr(model, "predict_proba"):
        raise TypeError(f"model must have predict_proba. Got {model!r} instead.")
    normalizer = DigitNormalizer()
    if isinstance(model, Pipeline) and isinstance(model[0], DigitNormalizer):
        normalizer, model = model[0], model[1:]
    normalizer = clone(normalizer).set_params(on_blank="ignore")
    names = getattr(model, "feature_names_in_", None)
    network = final_network(model)

    def look(ink):
        if not ink.any():
            return "Draw a digit", ""
        X = normalizer.transform([ink])
        return describe(X) if X.any() else ("No digit can be seen", "")

    def describe(X):
        named = X if names is None else pd.DataFrame(X, columns=names)
        probabilities = model.predict_proba(named)[0]
        parts = [
            f"<label>{escape(str(c))} <meter value='{p:.4f}'></meter> {p:.0%}</label>"
            for c, p in zip(model.classes_, probabilities, strict=True)
        ]
        parts += [_figure(X[0].reshape(normalizer.output_shape), "What it sees")]
        parts += [] if network is None else _channels(network, X)
        best = probabilities.argmax()
        said = f"{model.classes_[best]}, {probabilities[best]:.0%} sure"
        return said, "".join(parts)

    # Raise errors now; in addition, the first prediction is slow.
    describe(normalizer.transform([np.eye(300, dtype=np.uint8) * 255]))
    return look


def _channels(network, X):
    """Draw what the first layer puts out; nothing if it puts out no image."""
    from ._keras.model import image_layers, layer_outputs

    images = X.reshape(-1, *network.image_shape_).astype(np.float32)
    for name in list(image_layers(network.model_))[:1]:
        output = layer_outputs(network.model_, images, [name])[name][0]
        tiles = np.nan_to_num(tile_channels(scale_channels(output), per_row=6))
        text = f"What its layer {name} makes of it: {output.shape[-1]} channels"
        yield _figure(np.uint8(255 * tiles), text)


def _figure(pixels, text):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    text = escape(text)  # a layer may have any name
    image = f"<img src='{url}' alt='{text}'>"
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"
