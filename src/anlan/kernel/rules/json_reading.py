"""Reading one JSON object with exact numbers: nothing passes through a binary float, nothing is read twice.

Whatever arrives (another encoding, endless brackets, a gigabyte, not a number) is refused by name and never an accident.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from anlan.kernel.rules.faults import InputErrors

MOST_BYTES = 1_000_000


def read_json(content: bytes) -> dict[str, Any]:
    """Read one JSON object with exact numbers; raises ``InputErrors`` for anything else, however it is
    broken.
    """
    if len(content) > MOST_BYTES:
        raise InputErrors.one("", "too_long", "输入过大", "the input is too large")
    try:
        data = json.loads(
            content.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_object,
        )
    except InputErrors:
        raise
    except UnicodeDecodeError:
        raise InputErrors.one("", "not_utf8", "输入不是 UTF-8 编码", "the input is not UTF-8") from None
    except (ValueError, RecursionError, ArithmeticError):
        raise InputErrors.one(
            "", "malformed_json", "输入不是合法的 JSON", "the input is not valid JSON"
        ) from None
    if not isinstance(data, dict):
        raise InputErrors.one("", "not_an_object", "应为一个 JSON 对象", "must be a JSON object")
    return data


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InputErrors.one(name[:80], "repeated_field", "同一项出现两次", "is given twice")
        found[name] = value
    return found


def _refuse_constant(_: str) -> Any:
    raise ValueError("not a number")
