"""A page in the browser to draw digits on, which shows what a model makes of them."""

import base64
import contextlib
import io
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from .._recognition import Recognizer
from ..datasets import load_sample
from ..persistence import load
from ..pipelines import find_networks, make_digit_pipeline
from ..plots._activations import scale_channels, tile_channels

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
        from .draw_server import DrawingPage, listen
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


def run(arguments):
    """Draw with a model file, or with a model that is trained now.

    Parameters
    ----------
    arguments : argparse.Namespace
    """
    model = None if arguments.model is None else load(arguments.model)
    page = draw(model, host=arguments.host, port=arguments.port)
    page.block_thread()


def _trained():
    print("Training on the bundled digits", flush=True)
    digits = load_sample()
    model = make_digit_pipeline("robust", random_state=0)
    model.set_params(cnn__epochs=10, cnn__batch_size=32)
    return model.fit(digits.X_train.to_numpy(), digits.y_train)


def _make_look(model):
    """Return the function that describes each new picture of the canvas."""
    recognizer = Recognizer(model)
    try:
        inside = find_networks(recognizer.rest)[0]
    except TypeError:
        inside = None

    def look(ink):
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
        parts.append(_figure(X[0].reshape(shape), "What it sees"))
        if inside is not None:
            parts += _channels(inside.network, inside.transform(recognizer.prepare(X)))
        best = probabilities.argmax()
        said = f"{recognizer.classes[best]}, {probabilities[best]:.0%} sure"
        return said, "".join(parts)

    # Raise errors now; in addition, the first prediction is slow.
    describe(recognizer.normalize([np.eye(300, dtype=np.uint8) * 255]))
    return look


def _channels(network, X):
    """Draw the channels of the first layer, if its output is an image."""
    from .._engine.keras.model import image_layers, layer_outputs

    images = np.asarray(X, np.float32).reshape(-1, *network.image_shape_)
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
