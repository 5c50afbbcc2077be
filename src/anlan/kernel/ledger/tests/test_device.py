"""The chain of a device: the digests of a phone and of the server are the same, and every alteration is named."""

from __future__ import annotations

import copy
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.ledger.canonical import NotCanonical, canonical
from anlan.kernel.ledger.device import fault_in, seal_of

SERIES = "8c9f3c1e-0000-7000-8000-000000000001"


def sealed(count: int = 4) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for seq in range(1, count + 1):
        body = {
            "v": 1, "series": SERIES, "seq": seq, "kind": "answer", "at": "2026-03-06T01:02:03.000Z", "place": None,
            "data": {"item": f"item-{seq}", "note": "门口“左”侧"}, "previous": records[-1]["sha256"] if records else "",
        }  # fmt: skip
        records.append({"body": body, "sha256": seal_of(body)})
    return records


def test_a_phone_and_the_server_give_the_same_digest() -> None:
    # The same body as in frontend/src/field/seal.test.ts.
    body = {
        "v": 1, "series": "s", "seq": 1, "kind": "begin", "at": "2026-03-06T01:02:03.000Z", "place": None,
        "data": {"site": "x"}, "previous": "",
    }  # fmt: skip
    assert seal_of(body) == "4f0d67deb00cfdaa4bf5164b901f2ef510f72d943a67f0d1487f75cff0eee91f"


def test_a_whole_series_has_no_fault() -> None:
    assert fault_in(sealed(), SERIES) is None
    assert fault_in([], SERIES) is not None


@pytest.mark.parametrize("place", range(4))
def test_an_altered_record_is_named(place: int) -> None:
    records = copy.deepcopy(sealed())
    records[place]["body"]["data"]["note"] = "别处"
    fault = fault_in(records, SERIES)
    assert fault is not None
    assert (fault.code, fault.seq, fault.item) == ("body", place + 1, f"item-{place + 1}")


def test_a_record_sealed_anew_no_longer_carries_the_next() -> None:
    records = copy.deepcopy(sealed())
    records[1]["body"]["data"]["note"] = "别处"
    records[1]["sha256"] = seal_of(records[1]["body"])
    fault = fault_in(records, SERIES)
    assert fault is not None
    assert (fault.code, fault.seq) == ("link", 3)


@pytest.mark.parametrize("wrong", [None, 3, "x", {}, {"body": 3}, {"body": {"v": 1}}, {"body": {"seq": 1.5}}])
def test_what_is_no_record_is_refused(wrong: Any) -> None:
    fault = fault_in([wrong], SERIES)
    assert fault is not None
    assert fault.code == "shape"


def test_a_number_without_canonical_form_is_refused() -> None:
    records = sealed(1)
    records[0]["body"]["data"]["note"] = 1.5
    fault = fault_in(records, SERIES)
    assert fault is not None
    assert fault.code == "body"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_record_has_the_digest_of_its_careful_canonical_form(body: dict[str, object]) -> None:
    try:
        wanted = sha256(canonical(body)).hexdigest()
    except NotCanonical:
        with pytest.raises(NotCanonical):
            seal_of(body)
    else:
        assert seal_of(body) == wanted


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, {"a": [0.1]}, "\ud800", {1: "a"}])
def test_a_record_without_a_canonical_form_has_no_digest(value: object) -> None:
    with pytest.raises(NotCanonical):
        seal_of({"data": value})
