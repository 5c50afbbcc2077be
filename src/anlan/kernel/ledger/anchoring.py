"""The daily anchor: one signed Merkle root by which every chain is held, hung on the anchor of the day before.

An anchor's leaves are the heads of the chains that moved since the anchors before it; a chain that rested
is held by the older anchor, which this one holds in turn. So a day costs as much as happened on it, and
still nothing before it can change. What an installation publishes elsewhere (a line a day) is proof even
against somebody who rewrites everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from anlan.kernel.clock import CHINA, today
from anlan.kernel.ids import new_id
from anlan.kernel.ledger import merkle
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.chain import leaf_body
from anlan.kernel.ledger.digests import seal_value
from anlan.kernel.ledger.models import Anchor, AnchorLeaf, LedgerEntry
from anlan.kernel.ledger.writing import LOCK_SPACE, LedgerError
from anlan.kernel.vault import sign

BATCH = 5000
ANCHOR_SPACE = LOCK_SPACE + 1


def anchor(day: date | None = None) -> Anchor:
    """Anchor everything received up to the end of ``day`` (Asia/Shanghai; default: yesterday) and return the anchor.

    A day is anchored once: asked again, the same anchor is returned. Days must come in order; a day that
    was missed is covered by the next one. Raises ``LedgerError`` for a day that is not over or lies before
    the last anchor.
    """
    day = day or today() - timedelta(days=1)
    if day >= today():
        raise LedgerError(f"{day} is not over yet: a day is anchored when it has ended")
    newest = _written_up_to()
    with transaction.atomic():
        _one_at_a_time()
        standing = Anchor.objects.filter(day=day).first()
        if standing is not None:
            return standing
        last = Anchor.objects.order_by("-number").first()
        if last is not None and last.day > day:
            raise LedgerError(f"{day} lies before the last anchor ({last.day}); it is covered by that one")
        return _anchor(day, last, newest)


def _anchor(day: date, last: Anchor | None, newest: int) -> Anchor:
    end = datetime.combine(day + timedelta(days=1), time(), CHINA)
    floor = last.floor if last else 0
    heads = _moved_heads(floor, newest, end)
    leaves = [canonical(leaf_body(*head)) for head in heads]
    made = Anchor(
        id=new_id(),
        number=last.number + 1 if last else 1,
        day=day,
        root_sha256=merkle.root(leaves, merkle.sha256),
        root_sm3=merkle.root(leaves, merkle.sm3),
        leaves=len(leaves),
        floor=_next_floor(floor, newest, end),
        previous=last.sha256 if last else "",
        previous_sm3=last.sm3 if last else "",
    )
    seal = seal_value(made.body())
    made.sha256, made.sm3 = seal.sha256, seal.sm3
    made.signature, made.public_key = sign(canonical(made.body()))
    made.save(force_insert=True)
    _write_leaves(made, heads)
    return made


def _write_leaves(made: Anchor, heads: Sequence[tuple[Any, ...]]) -> None:
    rows = (
        AnchorLeaf(anchor=made, place=place, chain=chain, seq=seq, sha256=sha256, sm3=sm3, is_demo=is_demo)
        for place, (chain, seq, sha256, sm3, is_demo) in enumerate(heads)
    )
    AnchorLeaf.objects.bulk_create(rows, batch_size=BATCH)


def _written_up_to() -> int:
    # Every appender holds the shared lock until its transaction ends; once we hold it alone, all numbers
    # given out belong to rows that are complete. The lock is let go at once: nobody waits while the tree is
    # built.
    with transaction.atomic(durable=False), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK_SPACE])
        return LedgerEntry.objects.aggregate(top=Max("position"))["top"] or 0


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [ANCHOR_SPACE])


def _moved_heads(floor: int, newest: int, end: datetime) -> list[tuple[Any, ...]]:
    sql = """
        SELECT DISTINCT ON (entry.chain) entry.chain, entry.seq, entry.sha256, entry.sm3, entry.is_demo
          FROM ledger_entry AS entry
         WHERE entry.position > %s AND entry.position <= %s AND entry.received_at < %s
           AND NOT EXISTS (SELECT 1 FROM ledger_anchor_leaf AS leaf
                            WHERE leaf.chain = entry.chain AND leaf.seq >= entry.seq)
         ORDER BY entry.chain, entry.seq DESC
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [floor, newest, end])
        return list(cursor.fetchall())


def _next_floor(floor: int, newest: int, end: datetime) -> int:
    sql = """
        SELECT min(position) - 1 FROM ledger_entry
         WHERE position > %s AND position <= %s AND received_at >= %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [floor, newest, end])
        row = cursor.fetchone()
    return newest if not row or row[0] is None else int(row[0])
