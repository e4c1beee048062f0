"""Web server of the drawing page.

It has two addresses: the page itself, and the predictions for its drawings.
"""

import errno
import io
import ipaddress
import logging
import re
import socket
import sys
import threading
import time

import numpy as np
import uvicorn
from PIL.PngImagePlugin import PngImageFile
from rich import get_console
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route

CANVAS_SIDE = 300  # pixels
MAX_PNG_BYTES = 400_000  # a canvas of pure noise has 360,000 and a header
FRAME_HEIGHT = 500  # pixels, in a notebook
DEFAULT_PORTS = range(7860, 7960)
AUTHORITY = re.compile(r"(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?", re.ASCII | re.IGNORECASE)
LOG = logging.getLogger("uvicorn.error")  # uvicorn prints each warning in one line


class DrawingPage:
    """Page to draw on, served until it is closed.

    Parameters
    ----------
    html : str
        Source of the page, which posts each drawing to "predict" as a PNG.
    predict : callable
        Function of the opacity of the canvas, an array of shape (300, 300) and dtype
        uint8. It returns what the page receives as JSON.
    listener : socket.socket
        Socket that listens for requests.
    host : str
        Host name or address that the caller passed to `listen`.

    Attributes
    ----------
    local_url : str
        Address of the page.
    """

    def __init__(self, html, predict, listener, host):
        address, self._port = listener.getsockname()
        self.local_url = f"http://{_reachable_name(host)}:{self._port}/"
        app = _make_app(html, predict)
        # Colab shows the page through a proxy, in the browser of another machine.
        if ipaddress.ip_address(address).is_loopback and not _is_colab():
            app = _local_only(app, host)
        # Of the two parsers of uvicorn, only h11 limits the length of headers.
        options = {"http": "h11", "ws": "none", "lifespan": "off"}
        config = uvicorn.Config(app, log_level="warning", **options)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()

    def show_in_notebook(self):
        """Show the page below the cell, and return whether this is a notebook."""
        if not get_console().is_jupyter:
            return False
        if _is_colab():
            from google.colab import output

            output.serve_kernel_port_as_iframe(self._port, height=str(FRAME_HEIGHT))
        else:
            from IPython.display import IFrame, display

            display(IFrame(self.local_url, "100%", FRAME_HEIGHT))
        return True

    def close(self):
        """Stop the server of the page."""
        self._server.should_exit = True
        self._thread.join(timeout=5)

    def block_thread(self):
        """Wait until the page is closed; Ctrl-C closes it."""
        try:
            while self._thread.is_alive():  # join() ignores Ctrl-C on Windows
                time.sleep(0.1)
        except KeyboardInterrupt:
            self.close()


def listen(host, port):
    """Open the socket of the page.

    Parameters
    ----------
    host : str
        Name or IPv4 address.
    port : int or None
        None selects the first free port from 7860.

    Returns
    -------
    socket.socket

    Raises
    ------
    OSError
        If the host is not an address of this machine, or if the port is in use.
    """
    ports = DEFAULT_PORTS if port is None else [port]
    for number in ports:
        try:
            return socket.create_server((host, number))
        except (OSError, OverflowError, UnicodeError) as exc:
            if getattr(exc, "errno", None) == errno.EADDRINUSE and number != ports[-1]:
                continue
            raise OSError(
                "host must be an address of this machine, and port must be free. Got "
                f"{host}:{number} instead ({exc})."
            ) from exc


def _reachable_name(host):
    """Return the name under which a browser can open the page."""
    if host not in ("", "0.0.0.0"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # selects an interface and sends nothing
        except OSError:
            return socket.gethostname()
        return probe.getsockname()[0]


def _is_colab():
    return "google.colab" in sys.modules


def _make_app(html, predict):
    """Return the ASGI application that sends the page and answers to its drawings."""

    async def send_page(request):
        return HTMLResponse(html)

    async def answer(request):
        # Browsers let pages of other origins post this type only if the server agrees.
        if request.headers.get("content-type") != "image/png":
            return _refuse(415, "the picture must be image/png")
        png = bytearray()
        try:
            async for chunk in request.stream():
                png += chunk
                if len(png) > MAX_PNG_BYTES:
                    reason = f"the picture must have {MAX_PNG_BYTES} bytes or fewer"
                    return _refuse(413, reason)
        except ClientDisconnect:
            return _refuse(400, "the picture must be complete")
        try:
            ink = _read_ink(bytes(png))
        except Exception:  # Pillow raises errors of many classes for damaged files
            side = CANVAS_SIDE
            return _refuse(
                400, f"the picture must be a PNG of {side}x{side} RGBA pixels"
            )
        try:
            return JSONResponse(await run_in_threadpool(predict, ink))
        except Exception as exc:
            LOG.error("The model cannot predict: %r", exc)
            return PlainTextResponse("the model cannot predict", 500)

    return Starlette(
        routes=[Route("/", send_page), Route("/predict", answer, methods=["POST"])]
    )


def _local_only(app, host):
    """Return an ASGI application that refuses requests that are not from its page."""

    async def guarded(scope, receive, send):
        header = _foreign_header(Headers(scope=scope), host)
        refusal = header and _refuse(403, f"{header} must be the address of this page")
        await (refusal or app)(scope, receive, send)

    return guarded


def _foreign_header(headers, host):
    """Return the header that shows that a request is foreign, or None."""
    target = AUTHORITY.fullmatch(headers.get("host", ""))
    if target is None or not _is_local_name(target[1], host):
        return "Host"  # a foreign name that resolves to this machine
    if "origin" not in headers:
        return None
    origin = AUTHORITY.fullmatch(headers["origin"].removeprefix("http://"))
    if origin is None or not _is_local_name(origin[1], host):
        return "Origin"
    return None if origin[2] == target[2] else "Origin"  # another local program


def _is_local_name(name, host):
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.lower() in ("localhost", host.lower())


def _refuse(status, reason):
    LOG.warning("Refused a request: %s", reason)
    return PlainTextResponse(reason, status)


def _read_ink(png):
    """Return the opacity of a canvas, an array of shape (300, 300) and dtype uint8."""
    with PngImageFile(io.BytesIO(png)) as image:  # Image.open warns about large sizes
        size = (CANVAS_SIDE, CANVAS_SIDE)
        if (image.size, image.mode) != (size, "RGBA") or image.is_animated:
            raise ValueError(f"Got {image.size}, {image.mode}.")
        return np.asarray(image)[..., 3]  # paper is transparent
