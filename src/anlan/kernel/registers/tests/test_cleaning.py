"""A plain answer taken at once is the answer of the field, and every refusal is the field's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core import validators as rules
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.registers.cleaning import cleaner_of

FIELDS = {
    "text": forms.CharField(max_length=5),
    "text that may be left out": forms.CharField(max_length=5, required=False, empty_value=None),
    "text of some length": forms.CharField(max_length=5, min_length=3),
    "text as it is": forms.CharField(max_length=5, strip=False),
    "code": forms.CharField(validators=[rules.RegexValidator("^[a-z]+$")]),
    "count": forms.IntegerField(min_value=0, max_value=300),
    "count that may be left out": forms.IntegerField(required=False, min_value=1),
    "degrees": forms.DecimalField(max_digits=8, decimal_places=6, min_value=Decimal(-90), max_value=90),
    "share": forms.DecimalField(max_digits=3, decimal_places=1, required=False),
}
answers = st.one_of(
    st.none(), st.booleans(), st.integers(-400, 400), st.decimals(-100, 100), st.text(max_size=7),
    st.from_regex(r"\A\s?-?0?[0-9]{1,3}(\.[0-9]{0,7})?\s?\Z"),
    st.sampled_from(["", "  ", "NaN", "1e2", "a\x00", "１２", "+5", "5.0"]),
)  # fmt: skip


def told(clean: Any, value: Any) -> Any:
    try:
        answer = clean(value)
    except forms.ValidationError as refusal:
        return refusal.messages
    return type(answer), str(answer)


@pytest.mark.parametrize("name", FIELDS)
@given(value=answers)
def test_at_once_or_by_the_field_the_answer_is_one(name: str, value: Any) -> None:
    field = FIELDS[name]
    assert told(cleaner_of(field), value) == told(field.clean, value)
