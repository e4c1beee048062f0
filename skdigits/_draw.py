"""A page in the browser to draw digits on, which shows what a model makes of them."""

import base64
import io
import socket
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.pipeline import Pipeline

from ._normalizer import DigitNormalizer
from .datasets import load_sample
from .pipelines import final_network, make_digit_pipeline
from .plots._activations import scale_channels, tile_channels

PAGE = """<style>
#draw { display: flex; flex-wrap: wrap; gap: 2rem; width: 100%; max-width: 900px }
#draw canvas { background: #fff; outline: 1px solid; touch-action: none }
#draw button { flex: 1; margin: 0.4rem 0 0 } #draw > :last-child { flex: 1 300px }
#draw p, #draw section { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem }
#draw label { display: grid; grid-template-columns: 1fr 9fr 2fr; width: 100% }
#draw output { font-size: 1.5rem } #draw meter { width: 95%; height: 1.2rem }
#draw img { height: 168px; image-rendering: pixelated }
</style><main id="draw"><div><canvas width="300" height="300" role="img"
aria-label="Paper to draw a digit on"></canvas><p><button>Undo</button>
<button>Clear</button></p></div><div><output></output><section></section></div></main>"""
SCRIPT = """
const [canvas, undo, clear, said, seen] =
  element.querySelectorAll("canvas, button, output, section");
const pen = canvas.getContext("2d"), before = [];
Object.assign(pen, {lineWidth: 24, lineCap: "round", lineJoin: "round"});
let changed, answer;
async function show() {
  changed = true;
  await answer;
  if (!changed) return;  // another call has asked for what is drawn now
  changed = false;
  answer = server.look(canvas.toDataURL());
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
  keep(); pen.beginPath(); line(event); line(event);
};
canvas.onpointermove = e => canvas.hasPointerCapture(e.pointerId) && line(e);
undo.onclick = () => before.length && (pen.putImageData(before.pop(), 0, 0), show());
clear.onclick = () => { keep(); pen.clearRect(0, 0, 300, 300); show(); };
show();"""


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
        network on the bundled digits first, for about ten seconds.
    host : str, default="127.0.0.1"
        Name or IPv4 address to be reached at. By default that is from this machine
        alone; "0.0.0.0" lets in whoever reaches it by the network.
    port : int, default=None
        None takes the first that is free, from 7860.

    Returns
    -------
    page : gradio.Blocks
        With the address `local_url`, and `close()`. It is there until that is called or
        the program ends; `block_thread()` waits for Ctrl-C.

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
    try:
        import gradio
    except ModuleNotFoundError as exc:
        raise ImportError('draw needs Gradio: pip install "skdigits[draw]"') from exc
    try:
        socket.create_server((host, port or 0)).close()
    except (OSError, OverflowError) as exc:
        got = f"Got {host}:{port} instead ({exc})."
        raise OSError(f"host and port must be this machine's and free. {got}") from exc
    look = _make_look(_trained() if model is None else model)
    with gradio.Blocks(title="Draw", analytics_enabled=False, fill_width=True) as page:
        gradio.HTML(html_template=PAGE, js_on_load=SCRIPT, server_functions=[look])
    page.launch(
        server_name=host,
        server_port=port,
        share=False,  # Colab shows the page through its own proxy
        quiet=True,
        prevent_thread_lock=True,
        footer_links=[],
    )
    if not hasattr(page, "artifact"):  # what a notebook shows
        print(f"Draw on {page.local_url}", flush=True)
    return page


def _trained():
    print("Training on the bundled digits, about ten seconds", flush=True)
    digits = load_sample()
    model = make_digit_pipeline("robust", random_state=0)
    model.set_params(cnn__epochs=10, cnn__batch_size=32)
    return model.fit(digits.X_train.to_numpy(), digits.y_train)


def _make_look(model):
    """Give the function that the page calls with each new picture."""
    if not hasattr(model, "predict_proba"):
        raise TypeError(f"model must have predict_proba. Got {model!r} instead.")
    normalizer = DigitNormalizer()
    if isinstance(model, Pipeline) and isinstance(model[0], DigitNormalizer):
        normalizer, model = model[0], model[1:]
    names = getattr(model, "feature_names_in_", None)
    network = final_network(model)

    def look(picture: str) -> tuple[str, str]:
        png = base64.b64decode(picture.partition(",")[2])
        ink = np.asarray(Image.open(io.BytesIO(png)))[..., 3]  # paper is transparent
        return describe(ink) if ink.min() < ink.max() else ("Draw a digit", "")

    def describe(ink):
        X = normalizer.transform([ink])
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

    describe(np.eye(300, dtype=np.uint8) * 255)  # errors now, and the first is slow
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
    image = f"<img src='{url}' alt='{text}'>"
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"
