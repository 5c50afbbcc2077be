"""Reading what a program sent: strict JSON, the idempotency key, the version. Values themselves are judged by the form.

Only what a form cannot see is checked here: that a name is known, and that the JSON type is that of the field, so that
`"false"` is never taken for true.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from anlan.faces.api.problems import Refused
from anlan.kernel.registers import FieldSpec
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.rules import InputErrors, read_json
from anlan.kernel.words import Words

JSON = "application/json"
DEEPEST = 20
MOST_FILES = 60
ETAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)
EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
_TYPE = Words("内容类型须为 application/json。", "The content type must be application/json.")
_KEY = Words("Idempotency-Key 须为 UUID。", "Idempotency-Key must be a UUID.")
_UNKNOWN = Words("没有这一项。", "There is no such field.")
_WRONG_TYPE = Words("类型不对。", "Wrong type.")
_VERSION = Words("版本应为正整数。", "The version is a positive whole number.")
_INSTANT = Words("应为带时区的时间。", "An instant with its offset is expected.")
_STORABLE = Words("含有无法保存的字符。", "Contains characters that cannot be stored.")
_DEEP = Words("嵌套过深。", "It is nested too deeply.")


def body_of(request: HttpRequest, *, may_be_empty: bool = False) -> dict[str, Any]:
    """Return the JSON object of a request; numbers stay exact. Raises Refused (400, 413, 415)."""
    if request.content_type != JSON:
        if may_be_empty and request.META.get("CONTENT_LENGTH") in (None, "", "0"):
            return {}
        raise Refused(415, "unsupported_media_type", _TYPE, {"Accept": JSON})
    if may_be_empty and not request.body:
        return {}
    try:
        found = read_json(request.body)
    except InputErrors as fault:
        first = fault.faults[0]
        status = 413 if first.code == "too_long" else 400
        raise Refused(
            status,
            "too_large" if status == 413 else "malformed_json",
            Words(first.message_zh, first.message_en),
        ) from None
    must_be_storable(found)
    return found


def must_be_storable(value: Any, depth: int = 0) -> None:
    """Refuse NUL, lone surrogates and deep nesting anywhere in a body."""
    if depth > DEEPEST:
        raise Refused(400, "malformed_json", _DEEP)
    if isinstance(value, str):
        if "\x00" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise Refused(400, "malformed_json", _STORABLE)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            must_be_storable(name, depth + 1)
            must_be_storable(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            must_be_storable(inner, depth + 1)


def only(body: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse names that mean nothing here: a typing mistake must not be silently lost."""
    unknown = [name for name in body if name not in set(names)]
    if unknown:
        raise Invalid({name[:80]: [_UNKNOWN] for name in unknown[:50]})


def typed(body: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Refuse values whose JSON type is not that of their field (`kinds`: name → kind of FieldSpec)."""
    wrong = {
        name: [_WRONG_TYPE] for name, kind in kinds.items() if name in body and not _fits(body[name], kind)
    }
    if wrong:
        raise Invalid(wrong)


def _fits(value: Any, kind: str) -> bool:
    if value is None:
        return True
    if isinstance(value, bool):
        return kind == "flag"
    if kind == "number":
        return isinstance(value, int | Decimal | str)
    if kind == "whole_number":
        return isinstance(value, int)
    if kind == "flag":
        return False
    return isinstance(value, str) or (kind == "choice" and isinstance(value, int))


def kinds_of(specs: Iterable[FieldSpec]) -> dict[str, str]:
    """Return the kind of each field by name."""
    return {spec.name: spec.kind for spec in specs}


def id_of(text: str) -> uuid.UUID:
    """Return the id in an address; a malformed one is as good as absent."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotSeen from None


def key_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the key that makes a repeated request harmless."""
    text = request.headers.get("Idempotency-Key", "")
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused(400, "bad_idempotency_key", _KEY) from None


def version_of(request: HttpRequest, body: Mapping[str, Any]) -> int | None:
    """Return the version the program had read: `version` in the body or `If-Match` with the ETag it was given."""
    given = body.get("version")
    if given is not None:
        if isinstance(given, bool) or not isinstance(given, int) or not 0 < given < 2**31:
            raise Invalid({"version": [_VERSION]})
        return given
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return None
    match = ETAG.fullmatch(header)
    if match is None:
        raise Invalid({"If-Match": [_VERSION]})
    return int(match[1])


def instant_of(body: Mapping[str, Any]) -> datetime | None:
    """Return the claimed instant `at`, or None."""
    text = body.get("at")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text).astimezone(UTC) if datetime.fromisoformat(text).tzinfo else None
    except (TypeError, ValueError, OverflowError):
        at = None
    if at is None or at < EARLIEST:
        raise Invalid({"at": [_INSTANT]})
    return at


def text_of(body: Mapping[str, Any], name: str, *, most: int = 2000) -> str:
    """Return a text of the body, empty if absent."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise Invalid({name: [_WRONG_TYPE]})
    return value


def evidence_of(body: Mapping[str, Any]) -> dict[str, Sequence[uuid.UUID]]:
    """Return the ids of evidence by purpose."""
    given = body.get("evidence")
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_FILES:
        raise Invalid({"evidence": [_WRONG_TYPE]})
    found: dict[str, Sequence[uuid.UUID]] = {}
    for purpose, ids in given.items():
        if not isinstance(ids, list) or len(ids) > MOST_FILES:
            raise Invalid({"evidence": [_WRONG_TYPE]})
        try:
            found[purpose] = [_id(one) for one in ids]
        except ValueError:
            raise Invalid({purpose[:80]: [_WRONG_TYPE]}) from None
    return found


def _id(value: Any) -> uuid.UUID:
    if not isinstance(value, str):
        raise ValueError("an id is a text")
    return uuid.UUID(value)
