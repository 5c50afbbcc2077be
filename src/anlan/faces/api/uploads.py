"""Resumable uploads by the tus protocol 1.0 (core, creation, creation-with-upload, checksum, termination, expiration).

A browser comes with its session and the CSRF header, a program with its token. The last piece answers with
``Anlan-Evidence``, the id of the evidence the upload has become. Decides nothing about files: the kernel does.
"""

from __future__ import annotations

import uuid
from base64 import b64decode
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt

from anlan.faces.api.doors import Door
from anlan.faces.api.problems import Refused, problem, worded
from anlan.kernel.evidence.errors import EvidenceRefused
from anlan.kernel.evidence.media import largest_limit
from anlan.kernel.evidence.models import Upload
from anlan.kernel.evidence.uploading import (
    CHECKSUMS,
    UploadTrouble,
    append,
    create,
    find,
    finish,
    offset_of,
    terminate,
)
from anlan.kernel.words import Words

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
PIECE_TYPE = "application/offset+octet-stream"
PIECE = 256 * 1024
# The names tus clients use, and ours.
NAMES = {"filename": "name", "filetype": "type"}
TROUBLES = {
    "gone": 404,
    "offset": 409,
    "locked": 423,
    "checksum": 460,
    "bad_checksum": 400,
    "beyond": 413,
    "quota": 429,
}
enter = Door()
REFUSALS = {"too_large": 413, "type_not_accepted": 415, "type_mismatch": 415, "bad_image": 422, "empty": 400}


@csrf_exempt
def uploads(request: HttpRequest) -> HttpResponseBase:
    """``/api/v1/uploads/``: what the server can do (OPTIONS); a new upload (POST)."""
    if request.method == "OPTIONS":
        return _capabilities()
    if request.method != "POST":
        return _finished(HttpResponse(status=405, headers={"Allow": "OPTIONS, POST"}))
    return _answered(request, None)


@csrf_exempt
def upload(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """``/api/v1/uploads/<id>``: how much has arrived (HEAD), the next piece (PATCH), an end (DELETE)."""
    if request.method == "OPTIONS":
        return _capabilities()
    if request.method not in ("HEAD", "PATCH", "DELETE"):
        return _finished(HttpResponse(status=405, headers={"Allow": "OPTIONS, HEAD, PATCH, DELETE"}))
    return _answered(request, upload_id)


def _answered(request: HttpRequest, upload_id: uuid.UUID | None) -> HttpResponseBase:
    try:
        if request.headers.get("Tus-Resumable") != VERSION:
            words = Words("需要 Tus-Resumable: 1.0.0", "Tus-Resumable: 1.0.0 is needed")
            raise Refused(412, "tus_version", words, {"Tus-Version": VERSION})
        account = enter(request).account.id
        if upload_id is None:
            return _finished(_begin(request, account))
        held = find(upload_id, account)
        if request.method == "DELETE":
            terminate(held)
            return _finished(HttpResponse(status=204))
        return _finished(_state(held, 200) if request.method == "HEAD" else _piece(request, held))
    except UploadTrouble as trouble:
        return _finished(problem(request, TROUBLES[trouble.code], trouble.code, trouble.words))
    except EvidenceRefused as refusal:
        return _finished(problem(request, REFUSALS.get(refusal.code, 422), refusal.code, refusal.words))
    except Exception as fault:  # the API's one place turns whatever else was raised into its answer
        return _finished(worded(request, fault))


def _begin(request: HttpRequest, account: uuid.UUID) -> HttpResponse:
    length = _number(request.headers.get("Upload-Length"))
    if length is None:
        raise Refused(400, "upload_length", Words("需要 Upload-Length", "Upload-Length is needed"))
    made = create(account, length, _metadata(request.headers.get("Upload-Metadata", "")))
    if request.content_type == PIECE_TYPE:
        append(made, 0, _pieces(request), request.headers.get("Upload-Checksum", ""))
    answer = _state(made, 201)
    answer["Location"] = request.path.rstrip("/") + f"/{made.id}"
    return answer


def _piece(request: HttpRequest, held: Upload) -> HttpResponse:
    if request.content_type != PIECE_TYPE:
        words = Words(f"内容类型应为 {PIECE_TYPE}", f"The content type must be {PIECE_TYPE}")
        raise Refused(415, "content_type", words)
    offset = _number(request.headers.get("Upload-Offset"))
    if offset is None:
        raise Refused(400, "upload_offset", Words("需要 Upload-Offset", "Upload-Offset is needed"))
    if held.evidence_id is None:
        append(held, offset, _pieces(request), request.headers.get("Upload-Checksum", ""))
    elif offset != held.length:
        raise Refused(409, "offset", Words("上传已经完成", "The upload is complete"))
    return _state(held, 204)


def _state(held: Upload, status: int) -> HttpResponse:
    """Answer with how far it is; a complete upload becomes evidence now, whichever request finds it complete."""
    answer = HttpResponse(status=status)
    offset = offset_of(held)
    if offset == held.length:
        answer["Anlan-Evidence"] = str(finish(held).id)
    answer["Upload-Offset"] = str(offset)
    answer["Upload-Length"] = str(held.length)
    answer["Upload-Expires"] = http_date(held.expires_at.timestamp())
    answer["Cache-Control"] = "no-store"
    return answer


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(PIECE):
        yield piece


def _metadata(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in header.split(",")[:20]:
        key, _, encoded = pair.strip().partition(" ")
        if not key:
            continue
        try:
            value = b64decode(encoded, validate=True).decode("utf-8")
        except ValueError:
            words = Words("Upload-Metadata 格式不对", "Upload-Metadata is malformed")
            raise Refused(400, "upload_metadata", words) from None
        if "\x00" in value:
            raise Refused(400, "upload_metadata", Words("含有非法字符", "It holds illegal characters"))
        found[NAMES.get(key, key)] = value
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None


def _capabilities() -> HttpResponse:
    answer = HttpResponse(status=204)
    answer["Tus-Version"] = VERSION
    answer["Tus-Extension"] = EXTENSIONS
    answer["Tus-Max-Size"] = str(largest_limit())
    answer["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    return _finished(answer)


def _finished(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Resumable"] = VERSION
    return answer
