"""Canonical JSON: one value, one sequence of bytes, so that anyone can compute the same digest with their own
tools.

Follows RFC 8785 (sorted keys, no blanks, UTF-8, minimal escapes) within the part of JSON the ledger uses: no
floating point at all. Exact numbers, dates, times and ids become text by ``plain`` first. ``docs/ledger.md``
tells it to others. Never reads a model and needs neither Django nor a database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

LARGEST_INTEGER = 2**53 - 1  # RFC 8785 numbers are IEEE 754 doubles: beyond this two integers may look alike
DEEPEST = 64


class NotCanonical(ValueError):
    """The value has no canonical form: a float, a non-text key, a broken character, or too deep."""


def plain(value: Any) -> Any:
    """Return the value in JSON's own types: Decimal, date, time, id and bilingual words become text."""
    return _plain(value, 0)


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a value already in JSON's own types; raise ``NotCanonical`` otherwise."""
    parts: list[str] = []
    _write(value, parts, 0)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("text holds half a character (a lone surrogate)") from None


# orjson writes the canonical bytes, and more than that: keys beyond the basic plane in the order of UTF-8, any depth. What
# shows a sign of these in its bytes is left to the careful writer. Fractions there are none: ``plain`` refuses them.
_QUICKLY = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_BEYOND_THE_PLANE = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")  # first bytes of what UTF-8 writes in four


def canonical_of_plain(value: Any) -> bytes:
    """Return ``canonical(value)`` of what ``plain`` returned, and of nothing else, at many times its speed."""
    try:
        written = orjson.dumps(value, option=_QUICKLY)
    except (TypeError, ValueError):
        return canonical(value)
    if any(one in written for one in _BEYOND_THE_PLANE):
        return canonical(value)
    if written.count(b"{") + written.count(b"[") >= DEEPEST and _is_too_deep(value, 0):
        raise NotCanonical("nested too deep")
    return written


def _is_too_deep(value: Any, depth: int) -> bool:
    if depth > DEEPEST:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_too_deep(one, depth + 1) for one in inner)


def read_once(text: str | bytes) -> Any:
    """Return the value of a JSON text; raise ``NotCanonical`` where an object says a key twice: readers may take either."""
    return json.loads(text, object_pairs_hook=_object_of)


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("a key is said twice")
    return found


def instant(moment: datetime) -> str:
    """Return an aware time as UTC text with microseconds: ``2026-11-23T13:05:00.000000Z``."""
    if moment.tzinfo is None:
        raise NotCanonical("a time without time zone")
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def _plain(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise NotCanonical("nested too deep")
    if type(value) is str:  # by far the most
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, Mapping):
        return {_key(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_plain(v, depth + 1) for v in value]
        return sorted(items) if isinstance(value, (set, frozenset)) else items
    return _plain_scalar(value, depth)


def _plain_scalar(value: Any, depth: int) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NotCanonical("a number that is not finite")
        return format(value, "f")
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    both = getattr(value, "both", None)
    if callable(both):
        return _plain(both(), depth + 1)
    raise NotCanonical(
        f"{type(value).__name__} has no canonical form (exact numbers are Decimal, never float)"
    )


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise NotCanonical(f"key {key!r} is not text")
    return _text(key)


def _text(text: str) -> str:
    if "\x00" in text:
        raise NotCanonical("text holds a NUL character")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise NotCanonical("text holds half a character (a lone surrogate)") from None
    return text


def _write(value: Any, parts: list[str], depth: int) -> None:
    if depth > DEEPEST:
        raise NotCanonical("nested too deep")
    if value is None or value is True or value is False:
        parts.append(_CONSTANTS[value])
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"integer {value} is beyond 2^53-1: write it as text")
        parts.append(str(value))
    elif isinstance(value, str):
        parts.append(_quoted(value))
    elif isinstance(value, list):
        _write_list(value, parts, depth)
    elif isinstance(value, dict):
        _write_object(value, parts, depth)
    else:
        raise NotCanonical(f"{type(value).__name__} is not canonical JSON")


def _write_list(items: list[Any], parts: list[str], depth: int) -> None:
    parts.append("[")
    for number, item in enumerate(items):
        if number:
            parts.append(",")
        _write(item, parts, depth + 1)
    parts.append("]")


def _write_object(value: dict[Any, Any], parts: list[str], depth: int) -> None:
    parts.append("{")
    for number, key in enumerate(sorted(value, key=_utf16)):
        if number:
            parts.append(",")
        parts.extend((_quoted(key), ":"))
        _write(value[key], parts, depth + 1)
    parts.append("}")


def _utf16(key: Any) -> bytes:
    if not isinstance(key, str):
        raise NotCanonical(f"key {key!r} is not text")
    try:
        return key.encode("utf-16-be")
    except UnicodeEncodeError:
        raise NotCanonical("text holds half a character (a lone surrogate)") from None


# Made once: for every text of every entry, making it costs more than quoting.
_quoted = json.JSONEncoder(ensure_ascii=False).encode
_CONSTANTS = {None: "null", True: "true", False: "false"}
