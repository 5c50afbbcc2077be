"""Somebody owns the database and changes the past; the check names the first altered entry.

Every attack is done as the owner with the triggers switched off, which is the most an attacker with the
database alone can do. The signing key lies in a file beside it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from anlan.kernel import clock
from anlan.kernel.ledger import LedgerError, anchor, append, history, verify
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.chain import seal_body
from anlan.kernel.ledger.demonstration import clear_demonstration
from anlan.kernel.ledger.digests import NOTHING
from anlan.kernel.ledger.models import Anchor, AnchorLeaf, LedgerEntry
from anlan.kernel.ledger.writing import erase_private
from anlan.kernel.scope import Actor
from anlan.kernel.vault import ensure_keys, sign
from anlan.kernel.vault.keys import KeyRing
from anlan.kernel.vault.signing import public_key

pytestmark = pytest.mark.django_db
FIRST_DAY = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
OFFICER = Actor(name="王某", post_id=uuid.uuid4())
A, B, C = (uuid.UUID(int=n) for n in (1, 2, 3))


@pytest.fixture(autouse=True)
def _keys(settings, tmp_path) -> None:
    settings.ANLAN_DATA = tmp_path
    ensure_keys(tmp_path / "keys")


def add(chain: uuid.UUID, at: datetime, act: str = "step", **more: object) -> LedgerEntry:
    with transaction.atomic():
        return append(chain, "hidden_dangers.HiddenDanger", act, OFFICER, at=at, received_at=at, **more)


@pytest.fixture
def three_days() -> None:
    """Chain A moves on three days, B on the first, C on the second; every day is anchored."""
    for day in range(3):
        at = FIRST_DAY + timedelta(days=day)
        with clock.travel(at):
            add(A, at, data={"day": day}, private={"phone": f"1380000000{day}"})
            add(A, at + timedelta(hours=1))
            if day < 2:
                add(B if day == 0 else C, at)
                add(B if day == 0 else C, at)
        with clock.travel(at + timedelta(days=1)):
            anchor()


def attack(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def rewrite(chain: uuid.UUID, change: Callable[[LedgerEntry], None]) -> None:
    """Change entries and give the whole chain new, consistent digests."""
    previous = NOTHING
    for entry in history(chain):
        change(entry)
        entry.previous, entry.previous_sm3 = previous.sha256, previous.sm3
        previous = seal_body(entry.body())
        attack(
            "UPDATE ledger_entry SET data=%s::jsonb, previous=%s, previous_sm3=%s, sha256=%s, sm3=%s WHERE id=%s",
            json.dumps(entry.data), entry.previous, entry.previous_sm3, previous.sha256, previous.sm3, entry.id,
        )  # fmt: skip


def first() -> tuple[str, uuid.UUID | None, int | None]:
    report = verify(signer=public_key())
    assert not report.sound
    found = report.findings[0]
    assert found.words.zh
    assert str(found.seq or "") in found.place.en
    return found.what, found.chain, found.seq


@pytest.mark.usefixtures("three_days")
class TestAttacks:
    def test_untouched(self) -> None:
        report = verify(signer=public_key())
        assert report.sound
        assert (report.entries, report.chains, report.anchors, report.unanchored) == (10, 3, 3, 0)
        add(A, FIRST_DAY)
        assert verify().unanchored == 1

    def test_alter_content(self) -> None:
        attack("UPDATE ledger_entry SET data = '{\"day\": 9}' WHERE chain = %s AND seq = 3", A)
        assert first() == ("body", A, 3)

    @pytest.mark.parametrize(
        "change",
        ["act = 'x'", "actor_name = '李某'", "at = at + interval '1 microsecond'", "received_at = now()",
         "rules = '[1]'", "evidence = '[\"ab\"]'", "to_state = 'closed'", "sm3 = repeat('0', 64)", "key = id",
         "private_digest = ''", "subject = 'a.B'", "is_demo = true", "id = chain", "data = '{\"day\": 1.0}'",
         "actor_post = id"],
    )  # fmt: skip
    def test_alter_any_column(self, change: str) -> None:
        attack(f"UPDATE ledger_entry SET {change} WHERE chain = %s AND seq = 3", A)
        assert first() == ("body", A, 3)

    def test_take_a_text_away_altogether(self) -> None:
        """Nothing is not the same as an empty text, though both look alike on a page."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE ledger_entry ALTER from_state DROP NOT NULL")
        attack("UPDATE ledger_entry SET from_state = NULL WHERE chain = %s AND seq = 3", A)
        assert first() == ("body", A, 3)

    @pytest.mark.parametrize("table", ["ledger_entry", "ledger_anchor_leaf"])
    def test_move_a_letter_from_one_digest_to_the_other(self, table: str) -> None:
        """Written one after the other they are the same letters; columns wide enough for it are an attack of their own."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} ALTER sha256 TYPE text, ALTER sm3 TYPE text")
        attack(
            f"UPDATE {table} SET sha256 = left(sha256, 63), sm3 = right(sha256, 1) || sm3 WHERE chain = %s AND seq = 2",
            B,
        )
        assert first()[1:] in [(B, 2), (B, 1)]

    def test_alter_names_the_number_people_know(self) -> None:
        attack("UPDATE ledger_entry SET act = 'x' WHERE chain = %s AND seq = 2", B)
        report = verify(describe=lambda chain, _: {B: "长应急隐患〔2026〕7号"}.get(chain, ""))
        assert "长应急隐患〔2026〕7号" in report.findings[0].place.zh

    def test_delete_in_the_middle(self) -> None:
        attack("DELETE FROM ledger_entry WHERE chain = %s AND seq = 3", A)
        assert first()[1:] == (A, 3)

    def test_delete_the_tail(self) -> None:
        attack("DELETE FROM ledger_entry WHERE chain = %s AND seq >= 5", A)
        assert first() == ("missing", A, 5)

    def test_delete_a_whole_chain(self) -> None:
        attack("DELETE FROM ledger_entry WHERE chain = %s", B)
        assert first() == ("missing", B, 1)

    def test_insert(self) -> None:
        attack("UPDATE ledger_entry SET seq = seq + 100 WHERE chain = %s AND seq >= 2", A)
        attack("UPDATE ledger_entry SET seq = seq - 99 WHERE chain = %s AND seq >= 100", A)
        forged = history(A)[0]
        forged.id, forged.seq, forged.position, forged.key = uuid.uuid4(), 2, 10_000, None
        forged.previous, forged.previous_sm3 = forged.sha256, forged.sm3
        forged.private_digest = ""
        forged.sha256, forged.sm3 = (seal := seal_body(forged.body())).sha256, seal.sm3
        forged.save(force_insert=True)
        # The forged entry gives its own digests; the anchored head says that 1 and 2 are not what they were.
        assert first() == ("rewritten", A, 1)

    def test_reorder(self) -> None:
        attack(
            "UPDATE ledger_entry SET seq = CASE seq WHEN 3 THEN 104 ELSE 103 END WHERE chain=%s AND seq IN (3, 4)",
            A,
        )
        attack("UPDATE ledger_entry SET seq = seq - 100 WHERE chain = %s AND seq > 100", A)
        assert first()[1:] == (A, 3)

    def test_rewrite_a_whole_chain_consistently(self) -> None:
        def change(entry: LedgerEntry) -> None:
            if entry.seq == 3:
                entry.data = {"day": "never"}

        rewrite(A, change)
        # Entries 1 and 2 give the digests of the first anchor still: the rewriting begins at 3.
        assert first() == ("rewritten", A, 3)

    def test_rewrite_with_the_anchored_heads(self) -> None:
        rewrite(A, lambda entry: entry.data.update(day="never"))
        for entry in history(A):
            attack("UPDATE ledger_anchor_leaf SET sha256=%s, sm3=%s WHERE chain=%s AND seq=%s", entry.sha256, entry.sm3, A, entry.seq)  # fmt: skip  # noqa: E501
        assert first() == ("anchor_root", None, None)

    def test_rewrite_everything_but_the_signature(self) -> None:
        attack("DELETE FROM ledger_entry WHERE chain = %s", B)
        attack("DELETE FROM ledger_anchor_leaf")
        attack("DELETE FROM ledger_anchor")
        with clock.travel(FIRST_DAY + timedelta(days=9)):
            anchor()
        assert verify().sound  # nothing inside the database can tell
        published = {1: "ab" * 32, 3: "cd" * 32}
        report = verify(published=published)
        assert [f.what for f in report.findings] == ["published", "anchor_missing"]

    def test_an_anchor_signed_with_another_key(self, tmp_path) -> None:
        ensure_keys(tmp_path / "other")
        last = Anchor.objects.order_by("-number").first()
        signature, key = sign(canonical(last.body()), KeyRing(tmp_path / "other"))
        attack(
            "UPDATE ledger_anchor SET signature=%s, public_key=%s WHERE number=%s",
            signature,
            key,
            last.number,
        )
        assert first() == ("anchor_signature", None, None)

    @pytest.mark.parametrize(
        "change", ["root_sm3 = repeat('1', 64)", "leaves = 9", "day = day + 100", "sha256 = ''"]
    )
    def test_alter_an_anchor(self, change: str) -> None:
        attack(f"UPDATE ledger_anchor SET {change} WHERE number = 2")
        assert first()[0] == "anchor"

    def test_delete_an_anchor(self) -> None:
        attack(
            "DELETE FROM ledger_anchor_leaf WHERE anchor_id = (SELECT id FROM ledger_anchor WHERE number = 2)"
        )
        attack("DELETE FROM ledger_anchor WHERE number = 2")
        assert first()[0] == "anchor_missing"

    def test_delete_a_leaf(self) -> None:
        attack("DELETE FROM ledger_entry WHERE chain = %s", C)
        attack("DELETE FROM ledger_anchor_leaf WHERE chain = %s", C)
        assert first()[0] == "anchor_root"

    def test_alter_or_steal_a_private_part(self) -> None:
        attack("UPDATE ledger_private SET salt = 'x' WHERE entry_id = (SELECT id FROM ledger_entry WHERE chain=%s AND seq=5)", A)  # fmt: skip  # noqa: E501
        assert first() == ("private", A, 5)
        attack(
            "DELETE FROM ledger_private WHERE entry_id = (SELECT id FROM ledger_entry WHERE chain=%s AND seq=3)",
            A,
        )
        assert first() in [("private", A, 3), ("private", A, 5)]

    def test_swap_sealed_parts(self) -> None:
        attack("UPDATE ledger_private SET sealed = (SELECT min(sealed) FROM ledger_private)")
        assert first()[0] == "private"

    def test_lawful_erasure_is_sound(self) -> None:
        erase_private(history(A)[0], OFFICER, "当事人要求", at=FIRST_DAY)
        report = verify(signer=public_key())
        assert (report.sound, report.erased) == (True, 1)


def test_one_anchor_a_day_in_order_and_after_the_day() -> None:
    with clock.travel(FIRST_DAY):
        add(A, FIRST_DAY)
        with pytest.raises(LedgerError, match="not over"):
            anchor(date(2026, 3, 6))
    with clock.travel(FIRST_DAY + timedelta(days=5)):
        made = anchor(date(2026, 3, 8))
        assert anchor(date(2026, 3, 8)) == made
        with pytest.raises(LedgerError, match="before the last anchor"):
            anchor(date(2026, 3, 7))
        assert anchor(date(2026, 3, 9)).leaves == 0


def test_the_day_ends_in_china() -> None:
    late = datetime(2026, 3, 6, 15, 59, tzinfo=UTC)
    with clock.travel(late):
        add(A, late)
        add(B, late + timedelta(minutes=1))
        add(A, late + timedelta(minutes=1))
    with clock.travel(late + timedelta(days=2)):
        assert anchor(date(2026, 3, 6)).leaves == 1
        assert AnchorLeaf.objects.get().seq == 1
        assert anchor(date(2026, 3, 7)).leaves == 2
        assert anchor(date(2026, 3, 7)).floor == LedgerEntry.objects.order_by("-position").first().position
    assert verify().unanchored == 0


def test_demonstration_chains_may_go_and_no_others() -> None:
    with clock.travel(FIRST_DAY):
        add(A, FIRST_DAY, is_demo=True, private={"x": "y"})
        add(B, FIRST_DAY)
    with clock.travel(FIRST_DAY + timedelta(days=1)):
        anchor()
    assert clear_demonstration() == 1
    report = verify(signer=public_key())
    assert (report.sound, report.demonstrations_removed, report.entries) == (True, 1, 1)
    attack("DELETE FROM ledger_entry")
    assert first() == ("missing", B, 1)
