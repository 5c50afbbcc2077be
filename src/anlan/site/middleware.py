"""What every request passes: an identity for the logs, the security headers, and a refusal of what is malformed.

Bad input must never make a 500. PostgreSQL refuses the NUL character and Python cannot encode lone surrogates, so a
request that carries either is answered with 400 here, once, and not in forty views.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.multipartparser import MultiPartParserError

from anlan.faces.live import measures
from anlan.kernel.ids import new_id
from anlan.site.base_map import origins
from anlan.site.logs import request_id

Answer = Callable[[HttpRequest], HttpResponseBase]

UNLOGGED = ("/healthz", "/readyz", "/metrics")
WELL_MADE_IDENTITY = re.compile(r"[A-Za-z0-9-]{8,64}")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


# No inline script and no inline style element anywhere; `style=` attributes are what charts and maps set on their own
# nodes. Maps run their workers from our own origin or from a blob made by it.
# The hosts of base tiles, where an operator has set some, are the only others a page may ask.
def policy(hosts: Iterable[str] = ()) -> str:
    """The content security policy with the hosts of the base tiles."""
    others = "".join(f" {host}" for host in hosts)
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            f"img-src 'self' data: blob:{others}",
            "font-src 'self'",
            f"connect-src 'self'{others}",
            "worker-src 'self' blob:",
            "child-src 'self' blob:",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


POLICY = policy(origins(settings.ANLAN_MAP_TILES, settings.ANLAN_MAP_SYSTEM))

requests_log = logging.getLogger("anlan.requests")


def request_identity(answer: Answer) -> Answer:
    """Gives each request an identity: the proxy's `X-Request-ID` if well made, else a new one; it is answered back.

    What the request took is counted, and logged as one line: route, status, time, questions to the database, and the
    post that asked (never the person, never the question of a search).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        identity = given if WELL_MADE_IDENTITY.fullmatch(given) else new_id().hex
        request.anlan_request_id = identity  # type: ignore[attr-defined]
        token = request_id.set(identity)
        started = time.perf_counter()
        asked = Asked()
        try:
            with connection.execute_wrapper(asked):
                response = answer(request)
            response["X-Request-ID"] = identity
            if request.path not in UNLOGGED and not request.path.startswith(settings.STATIC_URL):
                _note(request, response, time.perf_counter() - started, asked)
            return response
        finally:
            request_id.reset(token)

    return middleware


class Asked:
    """Counts the questions put to the database, and the seconds they took."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.count = 0
        self.seconds = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Pass one question on."""
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - started


def _note(request: HttpRequest, response: HttpResponseBase, seconds: float, asked: Asked) -> None:
    measures.record(request, response.status_code, seconds, asked.count)
    took = round(seconds * 1000)
    caller = getattr(request, "auth", None)
    actor: Any = getattr(request, "anlan_actor", None) or getattr(caller, "actor", None)
    facts: dict[str, object] = {
        "method": request.method,
        "route": measures.route_of(request),
        "status": response.status_code,
        "ms": took,
        "queries": asked.count,
        "database_ms": round(asked.seconds * 1000),
    }
    if actor is not None and actor.post_id:
        facts |= {"post": str(actor.post_id), "post_kind": actor.post_kind}
    requests_log.info(
        "%s %s %s %sms", request.method, request.path, response.status_code, took, extra={"facts": facts}
    )


def security_headers(answer: Answer) -> Answer:
    """The content security policy and what browsers may lend to our pages (camera and place, for evidence)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
        )
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store" if _signed_in(request) else "no-cache")
        return response

    return middleware


def refuse_malformed(answer: Answer) -> Answer:
    """Answers 400 to NUL and unencodable characters in address or form, and 413 to a body over the limit."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _length(request) > settings.ANLAN_BODY_LIMIT:
            return refusal(413, "too_large", "内容太大", "The content is too large")
        try:
            if _is_malformed(request):
                return refusal(
                    400, "malformed", "请求含有非法字符", "The request contains illegal characters"
                )
        except RequestDataTooBig:
            return refusal(413, "too_large", "内容太大", "The content is too large")
        except (SuspiciousOperation, MultiPartParserError, UnicodeError):
            return refusal(400, "malformed", "请求格式不正确", "The request is malformed")
        return answer(request)

    return middleware


def refusal(status: int, code: str, zh: str, en: str) -> HttpResponse:
    """A problem+json answer in both languages, for requests too broken to show a page to."""
    title = f"{zh} / {en}"
    body = {"type": f"/problems/{code}", "title": title, "status": status, "code": code, "detail": title}
    body["request_id"] = request_id.get()
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _is_malformed(request: HttpRequest) -> bool:
    if FORBIDDEN.search(request.path) or _any_forbidden(request.GET):
        return True
    if any(FORBIDDEN.search(value) for value in request.COOKIES.values()):
        return True
    if (request.content_type or "") == "application/json":
        return _json_is_malformed(request)
    if request.method != "POST" or request.content_type not in FORMS:
        return False
    if _any_forbidden(request.POST):
        return True
    return any(FORBIDDEN.search(file.name or "") for _, files in request.FILES.lists() for file in files)


def _json_is_malformed(request: HttpRequest) -> bool:
    body = request.body
    if not SUSPECT_ESCAPE.search(body):
        return False
    try:
        # Python joins well-paired surrogates while parsing; what is still alone afterwards cannot be stored.
        return any(FORBIDDEN.search(text) for text in _texts(json.loads(body)))
    except (ValueError, RecursionError):
        return True


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _any_forbidden(values: object) -> bool:
    pairs = values.lists()  # type: ignore[attr-defined]
    return any(FORBIDDEN.search(name) or any(FORBIDDEN.search(v) for v in found) for name, found in pairs)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _signed_in(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES
