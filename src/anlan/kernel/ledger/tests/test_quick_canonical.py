"""The quick way to canonical bytes gives the very bytes of the slow one, or the same refusal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.ledger.canonical import NotCanonical, canonical, canonical_of_plain, plain

leaves = st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.text(st.characters(codec=None), max_size=12),
                   st.sampled_from(["1.5", "\ud800", "é", "😀", "1e5"]))  # fmt: skip
keys = st.one_of(
    st.sampled_from(["a", "b", "Z", "é", "\uffff", "😀", "企"]),
    st.text(st.characters(codec=None), max_size=3),
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=14,
)


@given(
    st.recursive(st.floats(), lambda inner: st.lists(inner, min_size=1) | st.fixed_dictionaries({"a": inner}))
)
def test_no_float_comes_to_the_quick_way(value: Any) -> None:
    with pytest.raises(NotCanonical):
        plain(value)


@given(values)
def test_quick_and_slow_agree(value: Any) -> None:
    try:
        slow = canonical(value)
    except NotCanonical:
        with pytest.raises((NotCanonical, ValueError)):
            canonical_of_plain(value)
    else:
        assert canonical_of_plain(value) == slow
