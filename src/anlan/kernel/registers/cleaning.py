"""What a field makes of a plain answer, at once: for the many rows of an import, where ``Field.clean`` is what costs.

Only an answer that shows by itself that it passes every check of the field is taken here; any other, and any field with a check
that is not known here, goes to ``clean``, which alone refuses and says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core import validators as rules

Clean = Callable[[Any], Any]
_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,8})")
_DECIMAL = re.compile(r"-?([0-9]{1,15})(?:\.([0-9]{1,15}))?")
_OF_TEXT = {rules.MaxLengthValidator, rules.MinLengthValidator, rules.ProhibitNullCharactersValidator}
_OF_NUMBERS = {rules.MaxValueValidator, rules.MinValueValidator}


def cleaner_of(field: forms.Field) -> Clean:
    """Return what gives the answers of ``field.clean``, refusals included."""
    checks: dict[type, list[Any]] = {}
    for rule in field.validators:
        checks.setdefault(type(rule), []).append(getattr(rule, "limit_value", None))
    if any(callable(limit) for limits in checks.values() for limit in limits):
        return field.clean
    if type(field) is forms.CharField and field.strip and checks.keys() <= _OF_TEXT:
        return _text(field, checks)
    if type(field) is forms.IntegerField and checks.keys() <= _OF_NUMBERS:
        return _whole(field, *_range(checks))
    if type(field) is forms.DecimalField and checks.keys() <= {*_OF_NUMBERS, rules.DecimalValidator}:
        return _decimal(field, *_range(checks))
    return field.clean


def _range(checks: dict[type, list[Any]]) -> tuple[Any, Any]:
    low = max(checks.get(rules.MinValueValidator, ()), default=Decimal("-Infinity"))
    return low, min(checks.get(rules.MaxValueValidator, ()), default=Decimal("Infinity"))


def _text(field: forms.CharField, checks: dict[type, list[Any]]) -> Clean:
    longest = min(checks.get(rules.MaxLengthValidator, ()), default=10**9)
    shortest = max([1, *checks.get(rules.MinLengthValidator, ())])
    clean, is_asked, nothing = field.clean, field.required, field.empty_value

    def of(value: Any) -> Any:
        if type(value) is str:
            text = value.strip()
            if shortest <= len(text) <= longest and "\x00" not in text:
                return text
        elif value is None and not is_asked:
            return nothing
        return clean(value)

    return of


def _whole(field: forms.IntegerField, low: Any, high: Any) -> Clean:
    clean = field.clean

    def of(value: Any) -> Any:
        if type(value) is str and _WHOLE.fullmatch(value) and low <= (number := int(value)) <= high:
            return number
        return clean(value)

    return of


def _decimal(field: forms.DecimalField, low: Any, high: Any) -> Clean:
    clean, digits, places = field.clean, field.max_digits or 0, field.decimal_places or 0

    def of(value: Any) -> Any:
        found = _DECIMAL.fullmatch(value) if type(value) is str else None
        if found is None or len(found[1]) > digits - places or len(found[2] or "") > places:
            return clean(value)
        number = Decimal(value)
        return number if low <= number <= high else clean(value)

    return of
