"""Canonical JSON, digests and trees: examples that others can repeat, and properties."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.ledger import merkle
from anlan.kernel.ledger.canonical import NotCanonical, canonical, instant, plain
from anlan.kernel.ledger.chain import fault_of, private_digest, seal_body
from anlan.kernel.ledger.digests import NOTHING, Seal, seal_bytes, seal_value
from anlan.kernel.words import Words

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


def test_known_digests() -> None:
    assert seal_bytes(b"abc").sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # GB/T 32905-2016, appendix A, example 1.
    assert seal_bytes(b"abc").sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_example_of_rfc_8785() -> None:
    value = {
        "string": '€$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
        "\u20ac": 1,
        "\r": 2,
        "1": 3,
        "\U0001f600": 4,
    }
    expected = '{"\\r":2,"1":3,"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","€":1,"\U0001f600":4}'
    assert canonical(value).decode() == expected


def test_keys_sort_by_utf16_code_units() -> None:
    # U+1F600 is D83D DE00 in UTF-16 and so stands before U+FB33.
    assert canonical({"\ufb33": 1, "\U0001f600": 2}).decode() == '{"\U0001f600":2,"\ufb33":1}'


@given(values)
def test_canonical_reads_back_and_is_stable(value: object) -> None:
    written = canonical(value)
    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written
    assert seal_value(value) == seal_value(json.loads(json.dumps(value)))


@given(st.dictionaries(texts, scalars, max_size=6))
def test_order_of_writing_does_not_matter(value: dict) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(values, values)
def test_different_values_have_different_bytes(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) == same


@pytest.mark.parametrize("value", [0.5, float("nan"), {1: 1}, "\ud800", {"\ud800": 1}, 2**53, object(), b"x"])
def test_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_too_deep() -> None:
    value: list = []
    for _ in range(100):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical(value)
    with pytest.raises(NotCanonical):
        plain(value)


def test_rich_values_become_text() -> None:
    given_value = {
        "cost": Decimal("1E+3"),
        "small": Decimal("0.10"),
        "day": date(2026, 3, 6),
        "id": UUID(int=1),
        "words": Words("隐患", "Hidden danger"),
        "set": {"b", "a"},
    }
    assert plain(given_value) == {
        "cost": "1000",
        "small": "0.10",
        "day": "2026-03-06",
        "id": "00000000-0000-0000-0000-000000000001",
        "words": {"zh": "隐患", "en": "Hidden danger"},
        "set": ["a", "b"],
    }


def test_times_are_utc_with_microseconds() -> None:
    china = timezone(timedelta(hours=8))
    assert instant(datetime(2026, 3, 6, 14, 20, tzinfo=china)) == "2026-03-06T06:20:00.000000Z"
    assert instant(datetime(2026, 3, 6, 14, 20, 0, 7, tzinfo=UTC)) == "2026-03-06T14:20:00.000007Z"
    with pytest.raises(NotCanonical):
        instant(datetime(2026, 3, 6))


def test_private_digest_needs_its_salt() -> None:
    assert private_digest("a", {"phone": "1"}) != private_digest("b", {"phone": "1"})
    expected = hashlib.sha256(b'{"private":{"phone":"1"},"salt":"a"}').hexdigest()
    assert private_digest("a", {"phone": "1"}).startswith(expected)


@pytest.mark.parametrize("name", ["sha256", "sm3"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33])
def test_every_leaf_climbs_to_the_root(name: str, count: int) -> None:
    hash_ = merkle.HASHES[name]
    leaves = [str(n).encode() for n in range(count)]
    tree = merkle.levels(leaves, hash_)
    root = merkle.root(leaves, hash_)
    for place, leaf in enumerate(leaves):
        path = merkle.proof(tree, place)
        assert merkle.climb(leaf, path, hash_) == root
        assert merkle.climb(b"other", path, hash_) != root


@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=12), st.data())
def test_any_change_of_a_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    changed = list(leaves)
    changed[place] += b"!"
    assert merkle.root(changed, merkle.sha256) != merkle.root(leaves, merkle.sha256)
    assert merkle.root(leaves[:-1], merkle.sha256) != merkle.root(leaves, merkle.sha256)


def test_a_node_never_passes_for_a_leaf() -> None:
    leaves = [b"a", b"b", b"c", b"d"]
    tree = merkle.levels(leaves, merkle.sha256)
    assert merkle.root([b"".join(tree[1])], merkle.sha256) != merkle.root(leaves, merkle.sha256)


@pytest.mark.parametrize("path", [[["up", "00"]], [["left", "zz"]], [["left"]], [[1, 2, 3]]])
def test_malformed_paths_are_value_errors(path: list) -> None:
    with pytest.raises((ValueError, TypeError)):
        merkle.climb(b"a", path, merkle.sha256)


def chained(count: int) -> list[tuple[dict, Seal]]:
    written: list[tuple[dict, Seal]] = []
    previous = NOTHING
    for seq in range(1, count + 1):
        link = {"sha256": previous.sha256, "sm3": previous.sm3}
        body = {"seq": seq, "act": f"step {seq}", "data": {"n": seq}, "previous": link}
        previous = seal_body(body)
        written.append((body, previous))
    return written


def first_fault(entries: list[tuple[dict, Seal]]) -> int | None:
    previous = NOTHING
    for seq, (body, seal) in enumerate(entries, start=1):
        if fault_of(body, seal, previous, seq):
            return seq
        previous = seal
    return None


@given(st.integers(1, 8), st.data())
def test_the_first_altered_entry_is_found_wherever_it_is(count: int, data: st.DataObject) -> None:
    entries = chained(count)
    assert first_fault(entries) is None
    place = data.draw(st.integers(0, count - 1))
    body, seal = entries[place]
    attack = data.draw(st.sampled_from(["alter", "rehash", "drop", "swap", "repeat", "add"]))
    if attack == "alter":
        entries[place] = ({**body, "data": {"n": -1}}, seal)
        expected = place + 1
    elif attack == "add":
        entries[place] = ({**body, "more": None}, seal)
        expected = place + 1
    elif attack == "rehash":
        changed = {**body, "data": {"n": -1}}
        entries[place] = (changed, seal_body(changed))
        expected = place + 2 if place + 1 < count else None  # the next link breaks; a head needs the anchor
    elif attack == "drop":
        del entries[place]
        expected = place + 1 if place + 1 < count else None  # a tail needs the anchor
    elif attack == "repeat":
        entries.insert(place, entries[place])
        expected = place + 2
    else:
        other = data.draw(st.integers(0, count - 1))
        entries[place], entries[other] = entries[other], entries[place]
        expected = min(place, other) + 1 if place != other else None
    assert first_fault(entries) == expected
