"""Writing the ledger on a real database: what is stored, what is refused, what survives."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from anlan.kernel.ledger import LedgerEntry, LedgerError, append, find_by_key, history, writing
from anlan.kernel.ledger.chain import fault_of, private_digest
from anlan.kernel.ledger.digests import NOTHING
from anlan.kernel.ledger.models import LedgerPrivate
from anlan.kernel.ledger.writing import ERASED, erase_private, private_of
from anlan.kernel.scope import CLOCK, Actor
from anlan.kernel.vault import ensure_keys

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 6, 6, 20, 0, 123456, tzinfo=UTC)
OFFICER = Actor(name="王某", post_id=uuid.uuid4(), person_id=uuid.uuid4(), party_ids=(uuid.uuid4(),))
CITIZEN = Actor(name="李某", person_id=uuid.uuid4())


@pytest.fixture(autouse=True)
def _keys(settings) -> None:
    ensure_keys(settings.ANLAN_DATA / "keys")


def add(chain: uuid.UUID, act: str = "created", actor: Actor = OFFICER, **more: object) -> LedgerEntry:
    with transaction.atomic():
        return append(chain, "hidden_dangers.HiddenDanger", act, actor, at=AT, received_at=AT, **more)


def test_entries_hang_on_each_other_and_read_back_the_same() -> None:
    chain = uuid.uuid4()
    add(
        chain,
        data={
            "cost": Decimal("12.50"),
            "by": date(2026, 4, 1),
            "说明": "阀门\n泄漏 \u2028 €",
            "n": [1, None],
        },
    )
    add(
        chain,
        "grade",
        rules=[{"key": "x", "value": Decimal("3")}],
        evidence=["ab" * 32],
        from_state="a",
        to_state="b",
    )
    add(chain, "remind", CLOCK)
    previous = NOTHING
    entries = history(chain)
    assert [e.seq for e in entries] == [1, 2, 3]
    for entry in entries:
        assert fault_of(entry.body(), entry.seal, previous, entry.seq) is None
        previous = entry.seal
    assert entries[0].data["cost"] == "12.50"
    assert entries[0].position < entries[1].position


def test_find_by_key_and_a_key_once() -> None:
    key = uuid.uuid4()
    entry = add(uuid.uuid4(), key=key)
    assert find_by_key(key) == entry
    assert find_by_key(uuid.uuid4()) is None
    assert find_by_key(None) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        add(uuid.uuid4(), key=key)


def test_without_a_transaction_it_refuses(monkeypatch) -> None:
    monkeypatch.setattr(writing, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(LedgerError, match="transaction"):
        append(uuid.uuid4(), "a.B", "created", CLOCK, at=AT, received_at=AT)


@pytest.mark.parametrize(
    "data",
    [
        {"x": 0.5},
        {"x": "\x00"},
        {"x": "\ud800"},
        {1: 2},
        {"x": object()},
        {"x": 2**60},
        {"x": Decimal("NaN")},
    ],
)
def test_what_has_no_canonical_form_is_refused(data: dict) -> None:
    with pytest.raises(LedgerError):
        add(uuid.uuid4(), data=data)


def test_private_part_is_sealed_and_erasable() -> None:
    chain = uuid.uuid4()
    entry = add(chain, private={"phone": "13800000000"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM ledger_private WHERE entry_id = %s", [entry.id])
        assert "138" not in cursor.fetchone()[0]
    part = LedgerPrivate.objects.get(entry=entry)
    assert entry.private_digest == private_digest(part.salt, {"phone": "13800000000"})
    assert private_of(entry) == {"phone": "13800000000"}
    told = erase_private(entry, OFFICER, "当事人要求删除", at=AT)
    assert private_of(entry) is None
    assert (told.act, told.seq, told.data["seq"]) == (ERASED, 2, 1)
    with pytest.raises(LedgerError):
        erase_private(entry, OFFICER, "again", at=AT)


def test_a_citizens_name_stays_outside_the_chain() -> None:
    entry = add(uuid.uuid4(), actor=CITIZEN)
    assert entry.actor_name == ""
    assert private_of(entry) == {"actor_name": "李某"}


def test_demonstration_is_decided_by_the_first_entry() -> None:
    chain = uuid.uuid4()
    assert add(chain, is_demo=True).is_demo
    assert add(chain, "grade", is_demo=False).is_demo


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET act = 'x'",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_private SET salt = ''",
        "DELETE FROM ledger_anchor",
        "UPDATE ledger_anchor_leaf SET seq = 1",
    ],
)
def test_triggers_refuse_even_the_owner(sql: str) -> None:
    add(uuid.uuid4())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
