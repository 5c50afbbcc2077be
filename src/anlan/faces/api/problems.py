"""Refusals as RFC 9457 problems: one place that turns whatever was raised into `application/problem+json`.

`code` is stable for programs, `detail` and `errors` speak to people in their language. A fault of ours is logged and
answered 500 without a word about its inside.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError

from anlan.kernel.evidence.errors import EvidenceRefused
from anlan.kernel.jobs import TaskRefused
from anlan.kernel.ledger import LedgerError
from anlan.kernel.registers.errors import Changed, Invalid, KeepingError
from anlan.kernel.rules import InputErrors, RuleGap, UnknownRule
from anlan.kernel.words import Words

PROBLEM = "application/problem+json"
log = logging.getLogger("anlan.api")

TITLES: dict[int, Words] = {
    400: Words("请求格式不正确", "The request is malformed"),
    401: Words("需要登录", "Sign in first"),
    403: Words("不允许", "Not allowed"),
    404: Words("没有找到", "Not found"),
    405: Words("此地址不支持这种方法", "This address does not take that method"),
    409: Words("已有变化", "Changed meanwhile"),
    413: Words("内容太大", "The content is too large"),
    415: Words("内容类型不受支持", "This type of content is not taken"),
    422: Words("有内容需要修改", "Some entries need correcting"),
    429: Words("请求过于频繁", "Too many requests"),
    500: Words("服务出错，已记录", "Something failed here; it was noted"),
}
DETAILS: dict[str, Words] = {
    "not_found": Words("没有找到，或不在您的管辖范围内。", "Not found, or outside your scope."),
    "malformed": Words("请求无法读取。", "The request cannot be read."),
    "too_large": Words("内容超过上限。", "The content is over the limit."),
    "method_not_allowed": Words("请查看 Allow 标头中的方法。", "See the methods in the Allow header."),
    "internal": Words("请记下 request_id 并联系管理员。", "Keep the request_id and tell the administrator."),
    "not_allowed": Words("不允许这样做。", "This is not allowed."),
    "conflict": Words(
        "与同时进行的操作冲突，请重试。", "It conflicts with another act at the same time; send it again."
    ),
}


class Refused(Exception):
    """A refusal of this door itself, such as 401 or 415."""

    def __init__(
        self, status: int, code: str, words: Words, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words.zh)
        self.status, self.code, self.words = status, code, words
        self.headers = dict(headers or {})


def problem(
    request: HttpRequest, status: int, code: str, detail: Words | str = "", *, errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None, **more: Any,
) -> HttpResponse:  # fmt: skip
    """Answer a problem in the reader's language."""
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": str(TITLES.get(status, TITLES[400])),
        "status": status,
        "code": code,
        "detail": str(detail or DETAILS.get(code, "")),
        "request_id": str(getattr(request, "anlan_request_id", "")),
    }
    if errors is not None:
        body["errors"] = {name: [str(reason) for reason in reasons] for name, reasons in errors.items()}
    content = json.dumps({**body, **more}, ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(content, status=status, content_type=PROBLEM, headers=dict(headers or {}))


def _of_door(request: HttpRequest, fault: Refused) -> HttpResponse:
    return problem(request, fault.status, fault.code, fault.words, headers=fault.headers)


def _of_keeping(request: HttpRequest, fault: KeepingError) -> HttpResponse:
    errors = fault.errors if isinstance(fault, Invalid) else None
    more: dict[str, Any] = {}
    if isinstance(fault, Changed) and fault.since:
        more["since"] = [
            {"seq": e.seq, "act": e.act, "at": e.at.isoformat(), "by": e.actor_name} for e in fault.since
        ]
    return problem(request, fault.status, fault.code, fault.words, errors=errors, **more)


def _of_evidence(request: HttpRequest, fault: EvidenceRefused) -> HttpResponse:
    status = 413 if fault.code == "too_large" else 422
    return problem(request, status, fault.code, fault.words)


def _of_rules(request: HttpRequest, fault: Exception) -> HttpResponse:
    words = Words(
        "在这一天没有有效的规定可以适用。", "No rule is in force for that day, so nothing can be computed."
    )
    return problem(request, 422, "rule_gap", words)


def _of_input(request: HttpRequest, fault: InputErrors) -> HttpResponse:
    """Answer as the contract of the calculators says: the same JSON as on the command line."""
    return JsonResponse(fault.as_json(), status=422, json_dumps_params={"ensure_ascii": False})


def _of_ledger(request: HttpRequest, fault: LedgerError) -> HttpResponse:
    log.error("the ledger refused an act", exc_info=fault)
    return problem(request, 409, "conflict")


def _malformed(request: HttpRequest, fault: Exception) -> HttpResponse:
    return problem(request, 400, "malformed")


HANDLERS: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
    (Refused, _of_door),
    (KeepingError, _of_keeping),
    (EvidenceRefused, _of_evidence),
    (TaskRefused, lambda request, fault: problem(request, fault.status, fault.code, fault.words)),
    (InputErrors, _of_input),
    (UnknownRule, lambda request, fault: problem(request, 404, "not_found")),
    (RuleGap, _of_rules),
    (LedgerError, _of_ledger),
    (Http404, lambda request, fault: problem(request, 404, "not_found")),
    (PermissionDenied, lambda request, fault: problem(request, 403, "not_allowed")),
    (RequestDataTooBig, lambda request, fault: problem(request, 413, "too_large")),
    (SuspiciousOperation, _malformed),
    (UnreadablePostError, _malformed),
)


def worded(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Return the answer to whatever was raised."""
    for kind, handler in HANDLERS:
        if isinstance(fault, kind):
            return handler(request, fault)
    log.error("a request of the API failed", exc_info=fault)
    return problem(request, 500, "internal")
