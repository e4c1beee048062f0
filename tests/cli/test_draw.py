"""The drawing page, in a real browser."""

import base64
import contextlib
import http.server
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlparse

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import skdigits
from skdigits.datasets import load_sample

pytestmark = pytest.mark.slow  # it starts a browser

pytest.importorskip("uvicorn")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("needs chromium or google-chrome", allow_module_level=True)

# Strokes of each digit, through points in hundredths of the canvas.
STROKES = {
    0: ["50,15 30,25 24,50 30,75 50,86 70,75 76,50 70,25 50,15"],
    1: ["38,28 52,14 52,86"],
    2: ["28,32 36,18 52,14 68,20 70,36 60,54 42,70 26,85 76,85"],
    3: ["28,22 45,14 64,18 68,32 58,44 44,48 62,52 72,66 64,82 44,86 26,78"],
    4: ["36,14 26,54 74,54", "64,16 62,88"],
    5: ["70,15 34,15 31,46 52,42 68,52 70,68 58,84 38,86 26,78"],
    6: ["64,14 44,28 32,50 30,70 40,84 56,86 68,76 66,62 52,55 36,62 31,72"],
    7: ["26,18 74,18 60,46 46,86"],
    8: ["66,26 52,14 36,22 38,36 62,56 68,72 56,86 40,84 33,70 44,54 64,38 66,26"],
    9: ["68,32 56,16 40,18 32,32 38,46 54,48 68,34 66,60 60,88"],
}


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """Path of a model that was trained on the bundled digits."""
    digits = load_sample()
    model = skdigits.make_digit_pipeline("robust", random_state=0)
    model.set_params(cnn__epochs=10, cnn__batch_size=32)
    path = tmp_path_factory.mktemp("draw") / "model.skdigits"
    skdigits.save(model.fit(digits.X_train.to_numpy(), digits.y_train), path)
    return path


@contextlib.contextmanager
def command(*arguments):
    """Run ``skdigits draw`` until Ctrl-C, and yield the process and the address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "skdigits", "draw", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        yield process, re.fullmatch("Draw on (.*)\n", line)[1]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")
    finally:
        process.kill()


@contextlib.contextmanager
def http_server():
    """Serve pages of another origin, and yield its address."""
    handler = http.server.SimpleHTTPRequestHandler
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def address(model_file):
    with command(model_file) as (_, address):
        yield address


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def new_page(browser):
    """Open a page, and check that it requests no other host and has no errors."""
    with contextlib.ExitStack() as stack:

        def opened(address, **options):
            page = stack.enter_context(browser.new_page(**options))
            urls, errors = [], []
            page.on("request", lambda request: urls.append(request.url))
            page.on("pageerror", lambda error: errors.append(error))
            page.goto(address)
            page.get_by_text("Draw a digit").wait_for()
            stack.callback(lambda: check(urls, errors))
            return page

        yield opened


def check(urls, errors):
    hosts = {urlparse(url).hostname for url in urls if not url.startswith("data:")}
    assert hosts == {"127.0.0.1"}
    assert not errors


def points_of(page, stroke):
    box = page.locator("canvas").bounding_box()
    for point in stroke.split():
        x, y = map(float, point.split(","))
        yield box["x"] + x / 100 * box["width"], box["y"] + y / 100 * box["height"]


def write(page, digit):
    for stroke in STROKES[digit]:
        first, *others = points_of(page, stroke)
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point, steps=5)
        page.mouse.up()


def press(page, name):
    page.get_by_role("button", name=name).click()


def ink(page):
    """Return the opacity of the canvas, of shape (300, 300)."""
    url = page.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    png = io.BytesIO(base64.b64decode(url.partition(",")[2]))
    return np.asarray(Image.open(png))[..., 3]


def wait_for_bars(page, expected):
    """Wait until the page shows the prediction for its last change."""
    values = None
    for _ in range(100):
        values = bars(page)
        if len(values) == 10 and np.allclose(values, expected, atol=6e-5):
            return
        page.wait_for_timeout(100)
    np.testing.assert_allclose(values, expected, atol=6e-5)


def bars(page):
    return page.locator("meter").evaluate_all("bars => bars.map(bar => bar.value)")


def test_drawn_digits_are_recognized(address, new_page, model_file):
    page = new_page(address)
    model = skdigits.load(model_file)
    titles = {}
    for digit in STROKES:
        write(page, digit)
        expected = model.predict_proba([ink(page)])[0]
        wait_for_bars(page, expected)
        titles[digit] = page.locator("output").inner_text()
        assert titles[digit].startswith(f"{expected.argmax()}, {expected.max():.0%}")
        press(page, "Clear")
        page.get_by_text("Draw a digit").wait_for()
        assert bars(page) == []
    right = [text[0] == str(digit) for digit, text in titles.items()]
    assert sum(right) >= 9, titles


def test_page_answers_during_a_stroke(address, new_page):
    page = new_page(address)
    start, end = points_of(page, "50,15 50,85")
    page.mouse.move(*start)
    page.mouse.down()
    image = page.locator("img").first
    old = image.get_attribute("src")
    page.mouse.move(*end, steps=5)
    playwright.expect(image).not_to_have_attribute("src", old)


def test_line_along_border_is_not_a_digit(address, new_page):
    page = new_page(address)
    corner, end = points_of(page, "2,1 98,1")
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    page.get_by_text("No digit can be seen").wait_for()
    assert bars(page) == []


def test_pages_of_other_origins_are_refused(browser):
    digits = load_sample()
    drawing = skdigits.draw(GaussianNB().fit(digits.X_train, digits.y_train))
    with browser.new_page() as page, http_server() as other:
        page.goto(other)
        script = """async ([url, type]) => {
            const response = fetch(url, {method: "POST", body: "x", headers: type});
            return response.then(r => r.status, error => "no answer");
        }"""
        for kind in [{"Content-Type": "image/png"}, {"Content-Type": "text/plain"}]:
            for host in ["127.0.0.1", "localhost"]:
                target = f"http://{host}:{urlparse(drawing.local_url).port}/predict"
                assert page.evaluate(script, [target, kind]) == "no answer"
    drawing.close()


def test_undo_removes_last_stroke(address, new_page):
    page = new_page(address)
    write(page, 1)
    one = ink(page)
    write(page, 7)
    assert (ink(page) != one).any()
    press(page, "Undo")
    np.testing.assert_array_equal(ink(page), one)
    press(page, "Undo")
    page.get_by_text("Draw a digit").wait_for()
    press(page, "Undo")
    assert not ink(page).any()


def test_finger_draws_and_does_not_scroll(address, new_page):
    phone = {"viewport": {"width": 390, "height": 500}, "has_touch": True}
    page = new_page(address, is_mobile=True, **phone)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    touch = page.context.new_cdp_session(page)
    first, *others = points_of(page, "50,85 50,15")
    events = [("Start", first), *[("Move", point) for point in others], ("End", None)]
    for kind, point in events:
        fingers = [] if point is None else [{"x": point[0], "y": point[1]}]
        name = f"touch{kind}"
        touch.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": fingers})
    page.locator("meter").nth(9).wait_for()
    assert ink(page)[60:240, 150].all()
    assert page.evaluate("scrollY") == 0


def test_each_image_has_alternative_text(address, new_page):
    page = new_page(address)
    write(page, 8)
    page.locator("img").first.wait_for()
    texts = page.locator("img").evaluate_all("images => images.map(i => i.alt)")
    assert texts == [
        "Input of the model",
        "Output of layer conv1: 24 channels",
    ]


def test_page_of_other_classifier(new_page):
    digits = load_sample()
    model = make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=300))
    page_object = skdigits.draw(model.fit(digits.X_train, digits.y_train))
    page = new_page(page_object.local_url)
    write(page, 0)
    page.get_by_text("0, ").wait_for()
    assert page.locator("img").count() == 1  # without a layer
    page_object.close()
    press(page, "Clear")
    page.get_by_text("The server does not answer").wait_for()


def test_unusable_models_are_errors():
    with pytest.raises(TypeError, match="predict_proba.*Got MinMaxScaler"):
        skdigits.draw(MinMaxScaler())
    with pytest.raises(ValueError, match="not fitted"):
        skdigits.draw(LogisticRegression())


def test_port_in_use_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        arguments = [sys.executable, "-m", "skdigits", "draw", "--port", str(port)]
        done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(
        "skdigits: host must be an address of this machine, and port"
    )
    assert f"Got 127.0.0.1:{port} instead" in done.stderr


def test_error_without_uvicorn_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "skdigits._cli.draw_server", raising=False)
    with pytest.raises(ImportError, match=r'pip install "skdigits\[draw\]"'):
        skdigits.draw()


def test_environment_is_unchanged():
    code = "import os; old = dict(os.environ); import skdigits._cli.draw_server; "
    code += "assert dict(os.environ) == old, set(os.environ.items()) ^ set(old.items())"
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, env=os.environ
    )
