"""Many at once, with real transactions: chains stay whole, the anchor misses nothing, the role may only add."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from anlan.kernel import clock
from anlan.kernel.ledger import anchor, append, history, privileges_sql, verify
from anlan.kernel.ledger.models import AnchorLeaf, LedgerEntry
from anlan.kernel.ledger.writing import erase_private
from anlan.kernel.scope import CLOCK, Actor
from anlan.kernel.vault import ensure_keys

AT = datetime(2026, 3, 6, 6, 0, tzinfo=UTC)
OFFICER = Actor(name="王某", post_id=uuid.uuid4())
ROLE = "anlan_ledger_tested"


@pytest.fixture(autouse=True)
def _keys(settings, tmp_path) -> None:
    settings.ANLAN_DATA = tmp_path
    ensure_keys(tmp_path / "keys")


def add(chain: uuid.UUID, at: datetime = AT, **more: object) -> LedgerEntry:
    with transaction.atomic():
        return append(chain, "a.B", "step", OFFICER, at=at, received_at=at, **more)


def in_threads(work, count: int) -> list[object]:
    def one(number: int) -> object:
        try:
            return work(number)
        except IntegrityError as trouble:
            return trouble
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_without_the_owners_lock_one_wins_and_the_chain_stays_whole() -> None:
    chain = uuid.uuid4()
    outcomes = in_threads(lambda _: add(chain), 6)
    written = [o for o in outcomes if isinstance(o, LedgerEntry)]
    assert len(written) == len(history(chain)) >= 1
    assert verify().sound


@pytest.mark.django_db(transaction=True)
def test_the_anchor_waits_for_entries_being_written_and_holds_nobody_after() -> None:
    writing, go_on = threading.Event(), threading.Event()
    slow, quick = uuid.uuid4(), uuid.uuid4()

    def slow_step() -> None:
        with transaction.atomic():
            append(slow, "a.B", "step", CLOCK, at=AT, received_at=AT)
            writing.set()
            go_on.wait(10)
        connection.close()

    writer = threading.Thread(target=slow_step)
    writer.start()
    assert writing.wait(10)
    # A later number is committed while the earlier one is still being written.
    add(quick)
    anchoring = threading.Thread(target=lambda: (anchor(AT.date()), connection.close()))
    anchoring.start()
    anchoring.join(0.3)
    assert anchoring.is_alive()
    go_on.set()
    writer.join(10)
    anchoring.join(10)
    assert {leaf.chain for leaf in AnchorLeaf.objects.all()} == {slow, quick}
    assert verify().unanchored == 0


@pytest.mark.django_db(transaction=True)
def test_two_anchors_at_once_are_one() -> None:
    add(uuid.uuid4())
    with clock.travel(AT + timedelta(days=1)):
        made = in_threads(lambda _: anchor(AT.date()), 4)
    assert len({a.id for a in made}) == 1


@pytest.mark.django_db(transaction=True)
def test_erasing_meets_steps_being_taken() -> None:
    chain = uuid.uuid4()
    first = add(chain, private={"phone": "13800000000"})

    def work(number: int) -> object:
        return erase_private(first, OFFICER, "要求", at=AT) if number == 0 else add(chain)

    in_threads(work, 4)
    report = verify()
    assert (report.sound, report.erased) == (True, 1)


@pytest.fixture
def as_application(db: None) -> Iterator[None]:
    """Act as a role that has only what the ledger's own statements give it."""
    add(uuid.uuid4(), private={"a": "b"})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"CREATE ROLE {ROLE}")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
        for statement in privileges_sql(ROLE):
            cursor.execute(statement)
        cursor.execute(f"SET ROLE {ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.usefixtures("as_application")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET act = ''", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry CASCADE",
        "UPDATE ledger_anchor SET day = now()", "DELETE FROM ledger_anchor_leaf", "UPDATE ledger_private SET salt = ''",
        "TRUNCATE ledger_private", "ALTER TABLE ledger_entry DISABLE TRIGGER ALL", "DROP TABLE ledger_anchor CASCADE",
        "SET session_replication_role = replica", "SELECT setval('ledger_position', 1)",
    ],
)  # fmt: skip
def test_the_applications_role_may_not(sql: str) -> None:
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner|append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.usefixtures("as_application")
def test_the_applications_role_may_write_erase_anchor_and_read() -> None:
    entry = add(uuid.uuid4(), private={"phone": "1"})
    erase_private(entry, OFFICER, "要求", at=AT)
    with clock.travel(AT + timedelta(days=1)):
        assert anchor(AT.date()).leaves == 2
    assert verify().sound
