"""The API assembled: routers of every declaration under one door, every refusal a problem, one OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from pydantic.json_schema import models_json_schema

from anlan import __version__
from anlan.faces.api import (
    computing,
    evidence,
    field,
    indicators,
    mapping,
    notices,
    overview,
    places,
    policy,
    sharing,
    signing,
    tasks,
)
from anlan.faces.api.declared import REF, body_schemas
from anlan.faces.api.doors import Door
from anlan.faces.api.matters import MatterOperations
from anlan.faces.api.problems import PROBLEM, TITLES, problem, worded
from anlan.faces.api.registers import Operations
from anlan.faces.api.schemas import Problem
from anlan.faces.api.subjects import subjects

ABOUT = """安澜开放接口 / The open API of Anlan.

登录：`POST /api/v1/session` 后使用会话，或 `Authorization: Bearer anlan_…`。错误为 RFC 9457 `application/problem+json`。
Sign in with `POST /api/v1/session` or send `Authorization: Bearer anlan_…`. Errors are RFC 9457 problems.
"""
COMMON = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429)
READING = (400, 401, 403, 404, 405, 422)
OPEN_READING = (400, 404, 405, 422)
_documents: dict[str, OpenAPISchema] = {}


class AnlanApi(NinjaAPI):
    """NinjaAPI with problems for every refusal and schemas of bodies in the components."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Word whatever was raised."""
        if isinstance(exc, ValidationError):
            return problem(request, 400, "malformed")
        if isinstance(exc, HttpError):
            return problem(request, exc.status_code, "malformed" if exc.status_code == 400 else "not_allowed")
        return worded(request, exc)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found: list[URLResolver | URLPattern] = super()._get_urls()
        for pattern in found:
            if isinstance(pattern, URLPattern):
                pattern.callback = _spoken(pattern.callback)
        return found

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the document; declarations do not change while the process lives, so it is made once."""
        key = repr(sorted(options.items()))
        if key not in _documents:
            _documents[key] = self._document(**options)
        return _documents[key]

    def _document(self, **options: Any) -> OpenAPISchema:
        """Make the document, with bodies and problems filled in."""
        document = super().get_openapi_schema(**options)
        components = document["components"]
        components["schemas"].update(body_schemas())
        _, problems = models_json_schema([(Problem, "serialization")], ref_template=REF)
        components["schemas"].update(problems.get("$defs", {}))
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "`anlan_…`"},
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "写操作须带 X-CSRFToken",
            },
        }
        document["paths"].update(evidence.upload_paths())
        for path in document["paths"].values():
            for method, operation in path.items():
                _complete(method, operation)
        return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Give an operation its door and the problems it may answer."""
    is_open = not operation.get("security")
    operation["security"] = [] if is_open else [{"token": []}, {"session": []}]
    statuses = COMMON if method != "get" else OPEN_READING if is_open else READING
    for status in statuses:
        content = {PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}}
        operation["responses"].setdefault(status, {"description": str(TITLES[status].en), "content": content})
    operation["responses"] = {str(status): said for status, said in operation["responses"].items()}
    if operation["operationId"] == "rules_compute":
        faults = {
            "type": "object",
            "properties": {"errors": {"type": "array", "items": {"type": "object"}}},
            "required": ["errors"],
        }
        operation["responses"]["422"]["content"] = {"application/json": {"schema": faults}}
    if operation["operationId"] == "map_tile":
        operation["responses"]["200"]["content"] = {
            mapping.MVT: {"schema": {"type": "string", "format": "binary"}}
        }
    elif operation["operationId"] in {"map_boundaries", "map_points"}:
        content = operation["responses"]["200"]["content"]
        operation["responses"]["200"]["content"] = {mapping.GEOJSON: next(iter(content.values()))}


def _spoken(view: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a bare 405 into a problem, and hold whatever else escapes."""

    @wraps(view)
    def spoken(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            response = view(request, *args, **kwargs)
        except Exception as fault:
            return worded(request, fault)
        if response.status_code == 405:
            return problem(request, 405, "method_not_allowed", headers={"Allow": response.get("Allow", "")})
        return response

    return spoken


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer an address that is none."""
    return problem(request, 404, "not_found")


nowhere.csrf_exempt = True  # type: ignore[attr-defined]


def assembled() -> AnlanApi:
    """Return the API with the operations of everything declared."""
    api = AnlanApi(
        title="安澜 Anlan", version=__version__, description=ABOUT, docs_url=None, openapi_url="/openapi.json",
        auth=Door(), urls_namespace="api",
    )  # fmt: skip
    api.add_router("", signing.router())
    api.add_router("", overview.router())
    api.add_router("", places.router())
    api.add_router("", sharing.router())
    api.add_router("", evidence.router())
    api.add_router("", policy.router())
    api.add_router("", indicators.router())
    api.add_router("/rules", computing.router())
    api.add_router("/map", mapping.router())
    api.add_router("/notices", notices.router())
    api.add_router("/tasks", tasks.router())
    api.add_router("/field", field.router())
    for subject in subjects():
        made = MatterOperations(subject) if subject.loop else Operations(subject)
        api.add_router(f"/{subject.slug}", made.router())
    return api
