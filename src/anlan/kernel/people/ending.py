"""Bodies that an undone import leaves behind: out of force where nothing refers to them, back with the row they stand for.

The row of the body stays, since the archived row of the register names it; the list of bodies leaves out what is out of force.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from anlan.kernel import clock
from anlan.kernel.ledger.writing import NextEntry, append_many
from anlan.kernel.people.parties import ONE_DAY
from anlan.kernel.people.writing import PARTY, note
from anlan.kernel.registers.declaration import Register
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party, PartyName


def end_unused(actor: Actor, parties: Iterable[uuid.UUID], reason: str) -> None:
    """End bodies to which nothing refers but what is archived; in the transaction that archived what they stood for."""
    # Locked before it is looked at: a post that is being opened there waits, or is seen.
    asked = {one.pk: one for one in _in_force(parties).select_for_update().order_by("pk")}
    unused = sorted(asked.keys() - _referred_to(asked)) if asked else []
    if not unused:
        return
    now, last = clock.now(), clock.today() - ONE_DAY
    Party.objects.filter(pk__in=unused).update(valid_to=last)
    told = {"on": last.isoformat(), "reason": reason}
    entries = [NextEntry(pk, "party_ended", now, told) for pk in unused]
    append_many(PARTY, actor, entries, received_at=now)


def bring_back(actor: Actor, party: Party | None) -> None:
    """Let a body that was ended stand again, since the row it stands for does; one that was merged stays as it is."""
    # Read anew under its lock: whoever waited for the row it stands for may know the body as it was before it was ended.
    found = Party.objects.select_for_update().filter(pk=party.pk).first() if party is not None else None
    if party is None or found is None or found.valid_to is None or found.successions.exists():
        return
    party.valid_to = found.valid_to = None
    found.save(update_fields=["valid_to"])
    note(found.pk, PARTY, "party_restored", actor, {}, is_demo=found.is_demo)


def _in_force(parties: Iterable[uuid.UUID]) -> QuerySet[Party]:
    return Party.objects.filter(pk__in=set(parties), valid_to=None)


def _referred_to(parties: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return which bodies something refers to; one question for all kinds of rows, each answered from its index."""
    with connection.cursor() as cursor:
        cursor.execute(_question(), {"parties": list(parties)})
        return {pk for (pk,) in cursor.fetchall()}


@cache
def _question() -> str:
    """Write the question once: put together from querysets it takes ten times what answering it does."""
    quote, parts = connection.ops.quote_name, list[str]()
    for relation in Party._meta.get_fields(include_hidden=True):
        field: Any = getattr(relation, "field", None)
        if field is None or not relation.auto_created or field.model is PartyName:  # a former name is its own
            continue
        stands = ""
        if issubclass(field.model, Register):
            if (
                not field.model.kept.asks
            ):  # registered by itself from other rows, as the colour of an enterprise
                continue
            stands = " AND archived_at IS NULL"
        column, table = quote(field.column), quote(field.model._meta.db_table)
        parts.append(f"SELECT {column} FROM {table} WHERE {column} = ANY(%(parties)s){stands}")  # noqa: S608 - our names
    return " UNION ALL ".join(parts)
