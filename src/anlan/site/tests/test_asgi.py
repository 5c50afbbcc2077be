"""A request goes through all middleware and its view in one thread; an asynchronous view and its stream stay on the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from anlan.site.asgi import InOneThread

seen: dict[str, int] = {}


def plain(request: HttpRequest) -> HttpResponse:
    seen["view"] = threading.get_ident()
    return HttpResponse("plain")


async def streaming(request: HttpRequest) -> StreamingHttpResponse:
    seen["view"] = threading.get_ident()

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two"):
            seen["stream"] = threading.get_ident()
            await asyncio.sleep(0)
            yield piece

    return StreamingHttpResponse(pieces())


def outer(answer: Any) -> Any:
    def middleware(request: HttpRequest) -> Any:
        seen["outer"] = threading.get_ident()
        return answer(request)

    return middleware


def inner(answer: Any) -> Any:
    def middleware(request: HttpRequest) -> Any:
        seen["inner"] = threading.get_ident()
        return answer(request)

    return middleware


urlpatterns = [path("plain", plain), path("streaming", streaming)]


@pytest.fixture
def application() -> Iterator[InOneThread]:
    chain = [
        f"{__name__}.outer",
        "django.middleware.common.CommonMiddleware",
        f"{__name__}.inner",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    seen.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=chain, ALLOWED_HOSTS=["here"]):
        yield InOneThread()


def _asked(application: InOneThread, address: str) -> tuple[int, bytes]:
    async def ask() -> tuple[int, bytes]:
        seen["loop"] = threading.get_ident()
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "path": address, "raw_path": address.encode(),
            "query_string": b"", "headers": [(b"host", b"here")], "root_path": "", "scheme": "http",
        }  # fmt: skip
        line = ApplicationCommunicator(application, scope)
        await line.send_input({"type": "http.request", "body": b""})
        start, body, more = await line.receive_output(5), b"", True
        while more:
            part = await line.receive_output(5)
            body, more = body + part.get("body", b""), part.get("more_body", False)
        return start["status"], body

    return asyncio.run(ask())


def test_middleware_and_view_run_in_one_thread(application: InOneThread) -> None:
    assert _asked(application, "/plain") == (200, b"plain")
    assert seen["outer"] == seen["inner"] == seen["view"] != seen["loop"]


def test_an_asynchronous_view_and_its_stream_run_on_the_loop(application: InOneThread) -> None:
    assert _asked(application, "/streaming") == (200, b"one two")
    assert seen["view"] == seen["stream"] == seen["loop"]


def test_what_is_not_there_is_told(application: InOneThread) -> None:
    assert _asked(application, "/nowhere")[0] == 404
