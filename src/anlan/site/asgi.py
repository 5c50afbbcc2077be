"""The web application, as an ASGI server loads it: `anlan.site.asgi:application`."""

from __future__ import annotations

import importlib
import json
import os
import threading
import time
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

# Static files are read in one piece; they are small and have been compressed beforehand.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

# The segmenter's dictionary, shapes and tiles of the map, workbooks.
LOADED_LATER = ("rjieba", "shapely.geometry", "mapbox_vector_tile", "python_calamine", "xlsxwriter")
LATER_SECONDS = 3.0

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class TooLarge(Exception):
    """The body passed the limit while it was being read."""


class BodyLimit:
    """Refuses a body over the limit before it is read, or, sent in pieces, as soon as it passes the limit.

    Django reads a whole body before any middleware runs; without this a stranger could fill the disk.
    """

    def __init__(self, inner: Callable[[Scope, Receive, Send], Awaitable[None]], limit: int) -> None:
        self.inner = inner
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.inner(scope, receive, send)
        if _declared_length(scope) > self.limit:
            return await _refuse(send)
        seen = 0

        async def counted() -> dict[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body") or b"")
            if seen > self.limit:
                raise TooLarge
            return message

        try:
            return await self.inner(scope, counted, send)
        except TooLarge:
            return await _refuse(send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Send) -> None:
    body = {"type": "/problems/too_large", "title": "内容太大 / The content is too large", "status": 413}
    content = json.dumps(body | {"code": "too_large"}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": content})


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anlan.site.settings")

application = BodyLimit(get_asgi_application(), settings.ANLAN_BODY_LIMIT)


def _load_the_rest() -> None:
    """Load what only some requests need, once this process answers: no start waits for it, and no first reader either."""
    time.sleep(LATER_SECONDS)
    for name in LOADED_LATER:
        with suppress(ImportError):
            importlib.import_module(name)


if not settings.TESTING:
    threading.Thread(target=_load_the_rest, name="load-the-rest", daemon=True).start()
