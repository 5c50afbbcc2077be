"""Giving out evidence, for every door: pictures made for show inline, originals only as a download that no browser will run.

Whoever may not see the matter is told that there is nothing, as for any unknown address.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from anlan.kernel.evidence import EvidenceRefused, open_original, open_shown
from anlan.kernel.evidence.binding import seen
from anlan.kernel.evidence.images import LONGEST_SIDE
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.scope import Actor

PIECE = 256 * 1024
ORIGINAL = "original"
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# An original may be a page in disguise: no scripts, no frames, no origin, no guessing, whatever it is.
SANDBOX = "sandbox; default-src 'none'; style-src 'none'; script-src 'none'"


def given(request: HttpRequest, actor: Actor, pk: uuid.UUID, size: str) -> HttpResponseBase:
    """Answer with ``shown``, ``thumb`` or ``original`` of one piece of evidence; raises Http404."""
    piece = seen(pk, actor)
    if piece is None or (size != ORIGINAL and size not in LONGEST_SIDE):
        raise Http404
    etag = f'"{piece.sha256}-{size}"'
    if request.headers.get("If-None-Match") == etag:
        return _guarded(HttpResponse(status=304), etag)
    if size == ORIGINAL:
        return _guarded(_original(request, piece), etag)
    if not piece.is_photo:
        raise Http404
    try:
        picture = open_shown(piece, size)
    except (EvidenceRefused, FileNotFoundError):
        raise Http404 from None
    return _guarded(HttpResponse(picture.read(), content_type="image/jpeg"), etag)


def _original(request: HttpRequest, piece: Evidence) -> HttpResponseBase:
    try:
        file = open_original(piece)
    except FileNotFoundError:
        raise Http404 from None
    first, last = 0, piece.size - 1
    asked = RANGE.fullmatch(request.headers.get("Range", "")) if piece.size else None
    if asked is not None and asked.group(0) != "bytes=-":
        first, last = _bounds(asked[1], asked[2], piece.size)
        if first > last:
            file.close()
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{piece.size}"})
    file.seek(first)
    answer = StreamingHttpResponse(
        _reading(request, file, last - first + 1), status=206 if asked else 200, content_type=piece.media_type
    )
    answer["Content-Length"] = str(last - first + 1)
    answer["Accept-Ranges"] = "bytes"
    answer["Content-Disposition"] = content_disposition_header(True, piece.name) or "attachment"
    if asked:
        answer["Content-Range"] = f"bytes {first}-{last}/{piece.size}"
    return answer


def _bounds(start: str, end: str, size: int) -> tuple[int, int]:
    if not start:
        return max(0, size - int(end)), size - 1
    return int(start), min(int(end), size - 1) if end else size - 1


def _reading(request: HttpRequest, file: BinaryIO, left: int) -> Iterator[bytes] | AsyncIterator[bytes]:
    # Under ASGI a plain iterator would be gathered in memory whole before the first byte is sent.
    return _read_async(file, left) if isinstance(request, ASGIRequest) else _read(file, left)


def _read(file: BinaryIO, left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


async def _read_async(file: BinaryIO, left: int) -> AsyncIterator[bytes]:
    with file:
        while left > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
            left -= len(piece)
            yield piece


def _guarded(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = SANDBOX
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=3600"
    answer["ETag"] = etag
    return answer
