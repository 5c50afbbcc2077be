"""An entry's body straight from its line in the database is the very body the digests cover, whatever stands in it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.ledger import append, verify
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.lines import ENTRIES, HIGHEST, LOWEST, Bodies, instant, lines, taken_apart, unescaped
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.ledger.sifting import sift
from anlan.kernel.scope import Actor
from anlan.kernel.vault import ensure_keys, key_ring

AT = datetime(2026, 3, 6, 6, 0, 0, 500_000, tzinfo=UTC)
ODD = [
    '引"号',
    "back\\slash",
    "tab\there",
    "line\nend",
    "\\N",
    "\\.",
    "",
    "\x01\x1f\x7f",
    "😀𠮷",
    'a","sha256":"b',
    "é.5",
]


@pytest.fixture(autouse=True)
def _keys(settings: Any, tmp_path: Any) -> None:
    settings.ANLAN_DATA = tmp_path
    ensure_keys(tmp_path / "keys")


def add(chain: uuid.UUID, name: str, **more: Any) -> LedgerEntry:
    actor = Actor(name=name, post_id=uuid.uuid4())
    with transaction.atomic():
        return append(chain, "a.B", "step", actor, at=AT, received_at=AT.replace(microsecond=0), **more)


def bodies() -> list[bytes | None]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
    put_together = Bodies()
    return [
        put_together.body(taken_apart(line))
        for line in lines(connection.connection, ENTRIES, LOWEST, HIGHEST)
    ]


def altered(entry: LedgerEntry, data: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE ledger_entry SET data = {data} WHERE id = %s", [entry.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.django_db
def test_odd_texts_give_the_canonical_body() -> None:
    chain = uuid.UUID(int=7)
    for odd in ODD:
        add(chain, odd, data={odd: [odd, {"z": 1, odd: None}], "b": True}, rules=[{"key": odd}], evidence=[odd],
            from_state=odd, to_state=odd, key=uuid.uuid4(), private={"phone": odd})  # fmt: skip
    expected = [canonical(entry.body()) for entry in LedgerEntry.objects.order_by("chain", "seq")]
    assert len(expected) == len(ODD)
    assert bodies() == expected
    assert sift(connection.connection, key_ring()).close == []
    assert verify().sound


@pytest.mark.django_db
def test_a_text_cannot_pass_for_the_rest_of_a_body() -> None:
    """What a name says in JSON's own signs stays a name."""
    add(uuid.UUID(int=1), 'x","party":null,"person":null,"post":null},"at":"')
    (body,) = bodies()
    assert body is not None
    assert body.count(b'\\"') == 10


@pytest.mark.django_db
@pytest.mark.parametrize("data", ['{"n": 1.5}', '{"n": [1.0]}', '{"n": 12345678901234567890123}'])
def test_what_json_may_not_hold_gives_no_sound_body(data: str) -> None:
    entry = add(uuid.UUID(int=2), "王某")
    altered(entry, f"'{data}'::json")
    assert sift(connection.connection, key_ring()).close == [str(entry.chain)]


@pytest.mark.django_db
def test_a_text_that_looks_like_a_fraction_is_looked_at_closely_and_sound() -> None:
    entry = add(uuid.UUID(int=3), "王某", rules=[{"note": "第1.5]款"}])
    assert sift(connection.connection, key_ring()).close == [str(entry.chain)]
    assert verify().sound


@pytest.mark.django_db
def test_what_an_entry_says_lies_there_as_it_was_sealed() -> None:
    for odd in ODD:
        add(uuid.UUID(int=4), "王某", data={odd: [odd], "zz": {"b": None, "a": 1}, "aaa": []})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM ledger_entry ORDER BY seq")
        lying = [text.encode() for (text,) in cursor.fetchall()]
    assert lying == [canonical(entry.data) for entry in LedgerEntry.objects.order_by("seq")]


@pytest.mark.django_db
def test_what_was_written_in_the_order_of_postgresql_is_put_in_order() -> None:
    for odd in ODD:
        altered(
            add(uuid.UUID(int=5), "王某", data={odd: [odd], "bb": {"c": 1}, "a": odd}), "data::jsonb::json"
        )
    assert sift(connection.connection, key_ring()).close == []
    assert verify().sound


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "is_sound"),
    [
        ("E'{\\n\"a\":1}'", True),
        ('\'{"a":2,"a":1}\'', False),
        ('\'{"a":1,"a":2}\'', False),
        ('\'{"a": 2, "a": 1}\'', False),
        ('\'{"a" :2, "a": 1}\'', False),
        ("'{\"a\" :1.0}'", False),
        ("'{\"a\": 9007199254740993}'", False),
    ],
)
def test_what_lies_there_in_another_form_is_looked_at_closely(data: str, is_sound: bool) -> None:
    """Blanks change nothing of what is read; a key said twice does, for readers may take either; so does a number too large."""
    entry = add(uuid.UUID(int=6), "王某", data={"a": 1})
    altered(entry, f"{data}::json")
    assert sift(connection.connection, key_ring()).close == [str(entry.chain)]
    assert verify().sound == is_sound


@pytest.mark.django_db
def test_pieces_leave_nothing_out_and_bring_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anlan.kernel.ledger.lines.FETCHED", 3)
    for number in range(3):
        for _ in range(number + 2):
            add(uuid.UUID(int=number), "王某")
    read = [tuple(line.split(b"\t")[:2]) for line in lines(connection.connection, ENTRIES, LOWEST, HIGHEST)]
    there = LedgerEntry.objects.order_by("chain", "seq").values_list("chain", "seq")
    assert read == [(str(chain).encode(), str(seq).encode()) for chain, seq in there]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_an_instant_is_written_as_the_ledger_writes_it(moment: datetime) -> None:
    from anlan.kernel.ledger.canonical import instant as written

    text = moment.isoformat(" ")
    text = text.rstrip("0") if "." in text else text  # as PostgreSQL shows it
    assert instant(f"{text}+00".encode()) == written(moment.replace(tzinfo=UTC)).encode()


def test_what_copy_escapes_is_read_back() -> None:
    assert unescaped(b"a\\tb\\nc\\\\d") == b"a\tb\nc\\d"
