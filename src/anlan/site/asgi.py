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

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from anlan.site.collecting import settle

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


class InOneThread(ASGIHandler):
    """Takes a request through all middleware and its view in one thread.

    Django's own way changes between loop and thread at each of a dozen steps where middleware of both kinds alternates, which
    costs as much as the page. An asynchronous view still runs on the loop, and what streams still streams from there.
    """

    def __init__(self) -> None:
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


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

django.setup(set_prefix=False)
application = BodyLimit(InOneThread(), settings.ANLAN_BODY_LIMIT)


def _load_the_rest() -> None:
    """Load what only some requests need, once this process answers: no start waits for it, and no first reader either."""
    time.sleep(LATER_SECONDS)
    for name in LOADED_LATER:
        with suppress(ImportError):
            importlib.import_module(name)
    settle()


if not settings.TESTING:
    threading.Thread(target=_load_the_rest, name="load-the-rest", daemon=True).start()
