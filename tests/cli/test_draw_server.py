"""The server of the drawing page, with requests that a browser would not send."""

import contextlib
import http.client
import io
import os
import re
import socket
import struct
import subprocess
import sys
import zlib
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from sklearn.naive_bayes import GaussianNB

import skdigits
from skdigits.datasets import load_sample

pytest.importorskip("uvicorn")
pytest.importorskip("starlette")

LOCAL_NAMES = ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.0.0.2"]
FOREIGN_NAMES = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"]
FOREIGN_NAMES += ["192.168.0.1", "0.0.0.0", "x@localhost", "[::1", "a b", ""]
FOREIGN_ORIGINS = ["http://evil.example", "https://evil.example", "null", "", "file://"]
FOREIGN_ORIGINS += ["http://127.0.0.1:3000", "http://127.0.0.1.evil.example"]
FOREIGN_ORIGINS += ["http://evil.example:{port}", "http://localhost"]
FOREIGN_ORIGINS += ["https://127.0.0.1:{port}"]
OTHER_PATHS = ["docs", "openapi.json", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd"]
NO_DIGIT = '["No digit can be seen",""]'
PROGRAM = """
import skdigits
from sklearn.naive_bayes import GaussianNB
from skdigits.datasets import load_sample

class Failing(GaussianNB):
    def predict_proba(self, X):
        if hasattr(self, "is_shown"):
            raise RuntimeError("\\x1b[2J\\nevil")
        return super().predict_proba(X)

digits = load_sample()
model = MODEL().fit(digits.X_train, digits.y_train)
page = skdigits.draw(model)
model.is_shown = True
page.block_thread()
"""


class Page:
    """Page served by another process, whose standard error goes to a file."""

    def __init__(self, url, errors):
        self.host = urlsplit(url).netloc
        self.port = urlsplit(url).port
        self._errors, self._start = errors, 0

    def request(self, method="GET", path="/", body=None, **headers):
        """Send a request and return the status, headers and text of the response."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()

    def post(self, png, **headers):
        return self.request(
            "POST", "/predict", png, **{"Content-Type": "image/png"} | headers
        )

    def send(self, data):
        """Send bytes and return the first line of the response."""
        name = urlsplit(f"//{self.host}").hostname
        with socket.create_connection((name, self.port), timeout=30) as client:
            client.sendall(data)
            return client.makefile("rb").readline()

    def printed(self):
        """Return what was printed since the last call."""
        text = self._errors.read_text()[self._start :]
        self._start += len(text)
        return text


@contextlib.contextmanager
def program(folder, model="GaussianNB", **environment):
    errors = folder / "errors.txt"
    with errors.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("MODEL", model)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
    try:
        line = process.stdout.readline()
        yield Page(re.fullmatch("Draw on (.*)\n", line)[1], errors)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with program(tmp_path_factory.mktemp("draw")) as page:
        yield page


@pytest.fixture
def one_line(page):
    """Check that a refused request prints one line, without text of the request."""
    page.printed()
    yield
    text = page.printed()
    assert text.startswith("WARNING") and text.count("\n") == 1
    assert "evil" not in text and "\x1b[2J" not in text


@pytest.fixture
def silence(page):
    page.printed()
    yield
    assert page.printed() == ""


def canvas(*boxes):
    """Return a canvas with black boxes, each (top, bottom, left, right)."""
    pixels = np.zeros((300, 300, 4), np.uint8)
    for top, bottom, left, right in boxes:
        pixels[top:bottom, left:right, 3] = 255
    return Image.fromarray(pixels)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name, data):
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def header(width, height):
    fields = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", fields)


STROKE = canvas((60, 240, 140, 160))
PNG = encoded(STROKE)
PIXELS = PNG[33:]  # the chunks after the header
RGB = STROKE.convert("RGB")
ZEROS = zlib.compress(bytes(100_000_000), 9)
BAD_PICTURES = {
    "EPS": encoded(RGB.resize((100, 100)), "EPS"),
    "BMP": encoded(RGB, "BMP"),
    "GIF": encoded(RGB, "GIF"),
    "JPEG": encoded(RGB, "JPEG"),
    "TIFF": encoded(RGB, "TIFF"),
    "WebP": encoded(STROKE, "WEBP"),
    "larger": encoded(Image.new("RGBA", (3000, 3000))),
    "smaller": encoded(STROKE.resize((299, 300))),
    "grey": encoded(STROKE.convert("L")),
    "without opacity": encoded(RGB),
    "animated": encoded(STROKE, save_all=True, append_images=[canvas((0, 9, 0, 9))]),
    "bomb": header(13_000, 13_000) + chunk(b"IDAT", ZEROS),
    "huge": header(2**31 - 1, 2**31 - 1) + PIXELS,
    "no pixels": header(0, 0) + PIXELS,
    "second header": header(300, 300) + header(9000, 9000)[8:] + chunk(b"IDAT", ZEROS),
    "too few pixels": header(300, 300) + chunk(b"IDAT", zlib.compress(b"")),
    "text bomb": header(300, 300) + chunk(b"zTXt", b"a\0\0" + ZEROS) + PIXELS,
    "profile bomb": header(300, 300) + chunk(b"iCCP", b"a\0\0" + ZEROS) + PIXELS,
    "truncated": PNG[:100],
    "wrong checksum": PNG[:30] + b"xxx" + PIXELS,
    "data URL": b"data:image/png;base64,iVBORw0KGgo=",
    "JSON": b'{"data": ["\x1b[2J evil"], "fn_name": "predict"}',
    "text": b"\x1b[2J evil",
    "nothing": b"",
}


def test_prediction_for_a_canvas(page, silence):
    assert page.request()[0] == 200
    status, _, text = page.post(PNG)
    assert status == 200 and " sure" in text


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_picture_must_be_png_of_canvas_size(page, name, one_line):
    expected = "the picture must be a PNG of 300x300 RGBA pixels"
    status, _, text = page.post(BAD_PICTURES[name])
    assert (status, text) == (400, expected)


def test_long_body_is_not_read_completely(page, one_line):
    head = f"POST /predict HTTP/1.1\r\nHost: {page.host}\r\nContent-Type: image/png\r\n"
    head += "Content-Length: 10000000000\r\n\r\n"
    assert b" 413 " in page.send(head.encode() + bytes(400_001))


def test_picture_of_noise_is_short_enough(page, silence):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 4), np.uint8)
    assert page.post(encoded(Image.fromarray(noise)))[0] == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/x", ""])
def test_content_type_must_be_png(page, kind, one_line):
    assert page.post(PNG, **{"Content-Type": kind})[0] == 415


@pytest.mark.parametrize("name", LOCAL_NAMES)
@pytest.mark.parametrize("port", ["", ":9000"])  # a tunnel may have another port
def test_local_names_are_accepted(page, name, port, silence):
    assert page.request(Host=name + port)[0] == 200
    assert page.post(PNG, Host=name + port, Origin=f"http://{name}{port}")[0] == 200


@pytest.mark.parametrize("name", FOREIGN_NAMES)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_foreign_hosts_are_refused(page, name, method, one_line):
    headers = {"Host": f"{name}:{page.port}", "Origin": f"http://{name}:{page.port}"}
    headers |= {"Access-Control-Request-Method": "POST", "Content-Type": "image/png"}
    status, received, _ = page.request(method, "/predict", PNG, **headers)
    assert status == 403
    assert "access-control-allow-origin" not in received


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_foreign_origins_are_refused(page, origin, one_line):
    status, received, _ = page.post(PNG, Origin=origin.format(port=page.port))
    assert status == 403
    assert "access-control-allow-origin" not in received


@pytest.mark.parametrize("path", OTHER_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_other_paths_are_not_found(page, path, method, silence):
    assert page.request(method, f"/{path}", b"x")[0] == 404


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\0\r\n\r\n", b"evil\r\n\r\n"])
def test_malformed_request_is_refused(page, data, one_line):
    assert b" 400 " in page.send(data)


def test_interrupted_picture_prints_no_traceback(page):
    page.printed()
    head = f"POST /predict HTTP/1.1\r\nHost: {page.host}\r\nContent-Type: image/png\r\n"
    with socket.create_connection(("127.0.0.1", page.port)) as client:
        client.sendall(f"{head}Content-Length: 1000\r\n\r\nabc".encode())
    assert page.post(PNG)[0] == 200
    assert "Traceback" not in page.printed()


@pytest.mark.parametrize(
    "boxes",
    [
        [(0, 12, 20, 280)],
        [(288, 300, 0, 300)],
        [(0, 300, 0, 12)],
        [(0, 15, 0, 15)],
        [(285, 300, 285, 300)],
        [(0, 300, 0, 150)],
        [(150, 300, 0, 300)],
        [(0, 300, 0, 300)],
        [(0, 1, 0, 1)],
        [(150, 151, 150, 151)],
        [(0, 12, 0, 300), (288, 300, 0, 300), (0, 300, 0, 12), (0, 300, 288, 300)],
    ],
)
def test_unusual_drawings_get_an_answer(page, boxes, silence):
    status, _, text = page.post(encoded(canvas(*boxes)))
    assert status == 200
    assert " sure" in text or text == NO_DIGIT


def test_drawing_without_a_digit_is_reported(page, silence):
    for box in [(0, 12, 20, 280), (0, 15, 0, 15), (0, 300, 0, 150), (0, 300, 0, 300)]:
        assert page.post(encoded(canvas(box)))[2] == NO_DIGIT
    assert page.post(encoded(canvas()))[2] == '["Draw a digit",""]'


def test_error_of_model_prints_one_line(tmp_path):
    with program(tmp_path, "Failing") as page:
        assert page.post(PNG)[0] == 500
        text = page.printed()
    assert text.startswith("ERROR") and text.count("\n") == 1
    assert "RuntimeError" in text and "\x1b[2J" not in text


def test_proxies_of_environment_are_ignored(tmp_path):
    names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"]
    with program(tmp_path, **dict.fromkeys(names, "http://127.0.0.1:9")) as page:
        assert page.post(PNG)[0] == 200
        assert page.printed() == ""


@pytest.fixture(scope="module")
def model():
    digits = load_sample()
    return GaussianNB().fit(digits.X_train, digits.y_train)


def test_public_page_accepts_any_host_name(model):
    drawing = skdigits.draw(model, host="0.0.0.0")
    page = Page(drawing.local_url, None)
    assert page.host.split(":")[0] not in ("0.0.0.0", "localhost")
    headers = {"Host": "digits.example", "Origin": "https://digits.example"}
    assert page.request(**headers)[0] == page.post(PNG, **headers)[0] == 200
    drawing.close()


def test_labels_of_model_are_escaped_on_page():
    digits = load_sample()
    labels = np.array([f"<img src=x onerror=alert({y})>" for y in digits.y_train])
    drawing = skdigits.draw(GaussianNB().fit(digits.X_train, labels))
    parts = Page(drawing.local_url, None).post(PNG)[2].partition(",")[2]
    drawing.close()
    assert "&lt;img src=x onerror=alert(0)&gt;" in parts
    assert "<img src=x" not in parts


def test_first_free_port_is_used(model):
    drawings = [skdigits.draw(model) for _ in range(2)]
    first, second = (Page(drawing.local_url, None) for drawing in drawings)
    assert 7860 <= first.port < second.port
    for drawing in drawings:
        drawing.close()
    with pytest.raises(ConnectionRefusedError):
        first.request()


@pytest.mark.parametrize(
    "address", [{"host": "192.0.2.1"}, {"port": 70_000}, {"host": "a" * 99}]
)
def test_impossible_address_is_an_error(model, address):
    with pytest.raises(
        OSError, match="host must be an address of this machine, and port"
    ):
        skdigits.draw(model, **address)


def run_cells(*cells):
    """Run cells in a kernel and return the outputs of the last cell."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook.cells[-1].outputs


FITTED = """
import skdigits
from sklearn.naive_bayes import GaussianNB
from skdigits.datasets import load_sample
digits = load_sample()
model = GaussianNB().fit(digits.X_train, digits.y_train)
"""


@pytest.mark.slow
def test_notebook_shows_page():
    (shown,) = run_cells(FITTED, "page = skdigits.draw(model)")
    assert re.search('<iframe[^>]*src="http://127.0.0.1', shown["data"]["text/html"])


@pytest.mark.slow
def test_colab_shows_page_through_proxy():
    colab = """
import sys, types, urllib.request
output = types.SimpleNamespace(serve_kernel_port_as_iframe=lambda port, **options: (
    print(urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{port}/", headers={"Host": "x.googleusercontent.com"}
    )).status, options)
))
sys.modules["google.colab"] = types.SimpleNamespace(output=output)
"""
    (shown,) = run_cells(FITTED, colab, "page = skdigits.draw(model)")
    assert shown["text"] == "200 {'height': '500'}\n"
