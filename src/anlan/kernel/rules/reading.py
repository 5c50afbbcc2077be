"""Reading rule files: YAML whose numbers stay exact.

A figure of law written ``0.03`` must reach a decision as ``0.03``: it is read as a ``Decimal`` and never
passes through a binary float. A key written twice in one mapping is an error, because YAML would silently
keep the last.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml


class RuleFileError(ValueError):
    """A rule file that must not be used; the message names file, key and fault."""


class _ExactLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """The safe loader, with exact numbers and without repeated keys."""


def _exact_number(loader: Any, node: Any) -> Decimal:
    text = loader.construct_scalar(node)
    try:
        number = Decimal(text.replace("_", ""))
    except InvalidOperation as error:
        raise RuleFileError(f"not a decimal number: {text!r}") from error
    if not number.is_finite():
        raise RuleFileError(f"not a finite number: {text!r}")
    return number


def _unique_mapping(loader: Any, node: Any) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise RuleFileError(
                f"written twice in one mapping: {key!r} (line {key_node.start_mark.line + 1})"
            )
        seen.add(key)
    result: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return result


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _exact_number)
_ExactLoader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)


def read_yaml(file: Path) -> Any:
    """Return the content of a YAML file with exact numbers; raises ``RuleFileError`` naming the file."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_ExactLoader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RuleFileError, UnicodeDecodeError) as error:
        raise RuleFileError(f"{file}: {error}") from error


def plain(number: Decimal | int) -> str:
    """Write an exact number without exponent and without trailing zeros: ``1E+3`` → ``1000``, ``2.50`` →
    ``2.5``.
    """
    text = format(Decimal(number), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
