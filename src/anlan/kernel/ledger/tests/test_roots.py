"""Roots folded from lines are the roots of the tree; what several processes sift is what one connection sifts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel import clock
from anlan.kernel.ledger import anchor, append, merkle, roots, verify, verifying
from anlan.kernel.ledger.models import Anchor, AnchorLeaf
from anlan.kernel.scope import Actor
from anlan.kernel.vault import ensure_keys

AT = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
OFFICER = Actor(name="王某", post_id=uuid.uuid4())
CHAINS = [uuid.UUID(int=n) for n in range(1, 12)]
SHIFTED = "UPDATE ledger_anchor_leaf SET sha256 = left(sha256, 63), sm3 = left(right(sha256, 1) || sm3, 64) WHERE place = 3"


@pytest.fixture(autouse=True)
def _keys(settings: Any, tmp_path: Any) -> None:
    settings.ANLAN_DATA = tmp_path
    ensure_keys(tmp_path / "keys")


@given(st.lists(st.binary(max_size=4), max_size=40), st.sampled_from([1, 2, 4, 8]))
def test_a_tree_folded_by_stretches_has_the_root_of_the_whole(leaves: list[bytes], stretch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roots, "STRETCH", stretch)
        for hash_ in merkle.HASHES.values():
            fold = roots.Fold(hash_)
            for at in range(0, len(leaves), stretch):
                fold.take(leaves[at : at + stretch])
            assert (fold.leaves, fold.root()) == (len(leaves), merkle.root(leaves, hash_))


def lay_chains() -> None:
    with clock.travel(AT), transaction.atomic():
        for chain in CHAINS:
            for day in range(3):
                append(chain, "a.B", "step", OFFICER, at=AT, received_at=AT, data={"day": day})
    with clock.travel(AT + timedelta(days=1)):
        anchor()


def attack(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_roots_from_lines_are_those_of_the_anchor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "STRETCH", 4)
    lay_chains()
    with clock.travel(AT + timedelta(days=2)):
        anchor()  # of a day on which nothing moved: no leaves
    expected = {str(one.pk): (one.leaves, one.root_sha256, one.root_sm3) for one in Anchor.objects.all()}
    assert [one[0] for one in expected.values()] == [len(CHAINS), 0]
    with transaction.atomic():
        assert roots.roots(connection.connection, expected) == expected
    attack(SHIFTED)  # the same letters, cut at another place
    with transaction.atomic():
        assert list(roots.roots(connection.connection, expected)) == [str(Anchor.objects.get(number=2).pk)]
    assert "anchor_root" in [found.what for found in verify().findings]


@pytest.mark.django_db(transaction=True)
def test_several_processes_find_what_one_connection_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    lay_chains()
    alone = verify()
    assert (alone.sound, alone.entries, alone.chains, alone.anchors) == (True, 33, 11, 1)
    monkeypatch.setattr(verifying, "WORTH_PROCESSES", -2)  # a table never analysed is taken for -1
    assert verify() == alone
    attack("DELETE FROM ledger_entry WHERE chain = '00000000-0000-0000-0000-000000000002'")
    attack(
        "UPDATE ledger_entry SET act = 'x' WHERE chain = '00000000-0000-0000-0000-000000000005' AND seq = 2"
    )
    attack("DELETE FROM ledger_entry WHERE chain = '00000000-0000-0000-0000-00000000000b' AND seq = 3")
    attack("DELETE FROM ledger_anchor_leaf WHERE chain = '00000000-0000-0000-0000-000000000007'")
    together = verify()
    assert [(one.what, one.chain and one.chain.int, one.seq) for one in together.findings] == [
        ("missing", 2, 1), ("body", 5, 2), ("missing", 11, 3), ("anchor_root", None, None),
    ]  # fmt: skip
    monkeypatch.undo()
    assert verify() == together
    assert AnchorLeaf.objects.count() == len(CHAINS) - 1
