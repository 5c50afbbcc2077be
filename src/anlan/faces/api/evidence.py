"""Evidence for programs: the bytes of a piece of a matter they may see, and the words of the upload protocol in OpenAPI."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Router

from anlan.faces.api.bodies import id_of
from anlan.faces.api.declared import query
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Id
from anlan.faces.giving import ORIGINAL, given
from anlan.kernel.evidence.images import LONGEST_SIDE

SIZES = (ORIGINAL, *LONGEST_SIDE)
BYTES = {"schema": {"type": "string", "format": "binary"}}
UPLOADS, UPLOAD = "/api/v1/uploads/", "/api/v1/uploads/{upload_id}"


def router() -> Router:
    """Return the router."""
    found = Router(tags=["evidence"])
    extra = {
        "parameters": [
            query(
                "size", {"type": "string", "enum": list(SIZES)}, "原件或展示图 / Original or picture for show"
            )
        ],
        "responses": {200: {"content": {"application/octet-stream": BYTES, "image/jpeg": BYTES}}},
    }
    found.add_api_operation(
        "/evidence/{id}", ["GET"], read, response={200: None}, operation_id="evidence_read",
        summary="取证据材料 / Fetch a piece of evidence", openapi_extra=extra,
    )  # fmt: skip
    return found


def read(request: HttpRequest, id: Id) -> HttpResponseBase:  # noqa: A002 (the name in the address)
    """Answer the original, or with ``size`` a picture for show; ranges and ETags hold as for any file."""
    return given(request, actor_of(request), id_of(id), request.GET.get("size", ORIGINAL))


def upload_paths() -> dict[str, Any]:
    """Return what OpenAPI says of resumable uploads (tus 1.0): they are no JSON operations, so they are written here."""
    version = _header("Tus-Resumable", {"type": "string", "const": "1.0.0"})
    offset = _header("Upload-Offset", {"type": "integer", "minimum": 0})
    body = {"content": {"application/offset+octet-stream": BYTES}}
    place = {
        "name": "upload_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    told = {
        "Upload-Offset": _told("integer"),
        "Upload-Length": _told("integer"),
        "Anlan-Evidence": _told("string"),
    }
    begin = [
        version,
        _header("Upload-Length", {"type": "integer", "minimum": 0}),
        _header("Upload-Metadata", {"type": "string"}, required=False),
    ]
    piece = {**body, "required": False}
    started = {**told, "Location": _told("string")}
    return {
        UPLOADS: {
            "post": _operation(
                "uploads_begin", "开始上传 / Begin an upload (tus)", begin, 201, started, piece
            )
        },
        UPLOAD: {
            "head": _operation(
                "uploads_state", "上传到哪里 / How much has arrived", [place, version], 200, told
            ),
            "patch": _operation(
                "uploads_piece", "续传一段 / Next piece", [place, version, offset], 204, told, body
            ),
            "delete": _operation("uploads_end", "放弃上传 / Give the upload up", [place, version], 204, {}),
        },
    }


def _header(name: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _told(kind: str) -> dict[str, Any]:
    return {"schema": {"type": kind}}


def _operation(
    name: str, summary: str, parameters: list[dict[str, Any]], status: int, headers: dict[str, Any],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {
        "operationId": name, "summary": summary, "tags": ["evidence"], "parameters": parameters, "security": [{}],
        "responses": {status: {"description": summary, "headers": headers}},
    }  # fmt: skip
    return found | ({"requestBody": body} if body else {})
