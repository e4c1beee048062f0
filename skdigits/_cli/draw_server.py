"""The web server of the page to draw on.

Besides the page and the answers to its pictures it has no addresses.
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

CANVAS = 300  # pixels of its sides
MAX_BYTES = 400_000  # of a picture; one of pure noise has 360,000 and a header
PORTS = range(7860, 7960)
AUTHORITY = re.compile(r"(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?", re.ASCII | re.IGNORECASE)
LOG = logging.getLogger("uvicorn.error")  # uvicorn prints its warnings in one line


class DrawingPage:
    """Page to draw on, which is served until it is closed.

    Parameters
    ----------
    html : str
        The page. It posts each new picture to "look", as a PNG.
    look : callable
        Takes the opacity of the canvas, an array of shape (300, 300) and dtype uint8,
        and returns what is sent back to the page as JSON.
    listener : socket.socket
        Where requests come in.
    host : str
        The host by which it was opened.

    Attributes
    ----------
    local_url : str
        Address of the page.
    """

    def __init__(self, html, look, listener, host):
        address, self._port = listener.getsockname()
        self.local_url = f"http://{_reachable_name(host)}:{self._port}/"
        app = _make_app(html, look)
        # Colab's proxy shows the page in a browser that is on another machine.
        if ipaddress.ip_address(address).is_loopback and not _is_colab():
            app = _for_this_machine(app, host)
        # Of the two parsers, only h11 limits the length of headers.
        options = {"http": "h11", "ws": "none", "lifespan": "off"}
        config = uvicorn.Config(app, log_level="warning", **options)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()

    def show_in_notebook(self, height=500):
        """Show the page below the cell, and return whether this is a notebook.

        Parameters
        ----------
        height : int, default=500
            In pixels.

        Returns
        -------
        bool
        """
        if not get_console().is_jupyter:
            return False
        if _is_colab():
            from google.colab import output

            output.serve_kernel_port_as_iframe(self._port, height=str(height))
        else:
            from IPython.display import IFrame, display

            display(IFrame(self.local_url, "100%", height))
        return True

    def close(self):
        """Stop serving the page."""
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
        None takes the first that is free, from 7860.

    Returns
    -------
    socket.socket

    Raises
    ------
    OSError
        If the host is not an address of this machine, or if the port is taken.
    """
    ports = PORTS if port is None else [port]
    for number in ports:
        try:
            return socket.create_server((host, number))
        except (OSError, OverflowError, UnicodeError) as exc:
            if getattr(exc, "errno", None) == errno.EADDRINUSE and number != ports[-1]:
                continue
            got = f"Got {host}:{number} instead ({exc})."
            message = f"host and port must be this machine's and free. {got}"
            raise OSError(message) from exc


def _reachable_name(host):
    """Return the name under which a browser reaches the page."""
    if host not in ("", "0.0.0.0"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # selects a network and sends nothing
        except OSError:
            return socket.gethostname()
        return probe.getsockname()[0]


def _is_colab():
    return "google.colab" in sys.modules


def _make_app(html, look):
    """Return the ASGI application that sends the page and answers to its pictures."""

    async def show_page(request):
        return HTMLResponse(html)

    async def answer(request):
        # Browsers let pages of other origins post this type only if the server agrees.
        if request.headers.get("content-type") != "image/png":
            return _refuse(415, "the picture must be image/png")
        png = bytearray()
        try:
            async for chunk in request.stream():
                png += chunk
                if len(png) > MAX_BYTES:
                    reason = f"the picture must have {MAX_BYTES} bytes or fewer"
                    return _refuse(413, reason)
        except ClientDisconnect:
            return _refuse(400, "the picture must be complete")
        try:
            ink = _read_ink(bytes(png))
        except Exception:  # whatever a broken file makes Pillow raise
            reason = f"the picture must be a PNG of {CANVAS}x{CANVAS} pixels, RGBA"
            return _refuse(400, reason)
        try:
            return JSONResponse(await run_in_threadpool(look, ink))
        except Exception as exc:
            LOG.error("The model cannot predict: %r", exc)
            return PlainTextResponse("the model cannot predict", 500)

    return Starlette(
        routes=[Route("/", show_page), Route("/look", answer, methods=["POST"])]
    )


def _for_this_machine(app, host):
    """Let an ASGI application answer only to its own pages, under a local name."""

    async def guarded(scope, receive, send):
        foreign = _foreign_header(Headers(scope=scope), host)
        if foreign is None:
            await app(scope, receive, send)
        else:
            response = _refuse(403, f"{foreign} must be of this page")
            await response(scope, receive, send)

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
    return None if origin[2] == target[2] else "Origin"  # of another local program


def _is_local_name(name, host):
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name.lower() in ("localhost", host.lower())


def _refuse(status, reason):
    LOG.warning("Refused a request: %s", reason)
    return PlainTextResponse(reason, status)


def _read_ink(png):
    """Read the opacity of a canvas: an array of shape (300, 300), uint8.

    `Image.open` would warn about large sizes.
    """
    with PngImageFile(io.BytesIO(png)) as image:
        if (image.size, image.mode) != ((CANVAS, CANVAS), "RGBA") or image.is_animated:
            raise ValueError(f"Got {image.size}, {image.mode}.")
        return np.asarray(image)[..., 3]  # paper is transparent
