"""The first rows of a file, entered and undone at once before it is run: which would be refused, with the reasons of the run.

Every check of the run is made, for it is the run itself; its transaction is rolled back, and no number of a matter is used up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic

from django.db import OperationalError, connection, transaction

from anlan.kernel import jobs
from anlan.kernel.loops.beginning import numbered_apart
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope import Actor
from anlan.kernel.scope.responsibility import remembering
from anlan.kernel.spreadsheets import planning
from anlan.kernel.spreadsheets.entering import Outcome
from anlan.kernel.spreadsheets.importing import headings_of, table_of
from anlan.kernel.spreadsheets.models import ALIKE, WRONG, Import
from anlan.kernel.spreadsheets.preparing import chunks_of, data_rows, enterer_of, why_entered

MOST, STEP = 200, 20
SECONDS = 1.2  # a page waits for it: rows that take longer are left to the run


@dataclass(frozen=True)
class Tried:
    """How many rows were tried, and what became of those that would not go in."""

    rows: int
    refused: Sequence[Outcome]


def tried(actor: Actor, found: Import) -> Tried | None:
    """Try the first rows as the plan says; None where they cannot be tried.

    The plan does not do yet, the file cannot be read any more, or somebody holds what a row asks for: the run says which.
    """
    try:
        planning.checked(table_of(actor, found), found.plan, headings_of(found))
        outcomes = _entered_and_undone(actor, found)
    except (KeepingError, OSError, OperationalError, jobs.TaskStopped):
        return None
    return Tried(len(outcomes), [one for one in outcomes if one.outcome in (WRONG, ALIKE)])


def _entered_and_undone(actor: Actor, found: Import) -> list[Outcome]:
    until, outcomes = monotonic() + SECONDS, list[Outcome]()
    with transaction.atomic(), remembering() as memory, numbered_apart():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")  # ends with what is rolled back
        memory.renew()
        enterer = enterer_of(found, why_entered(found))
        for chunk in chunks_of(islice(data_rows(found), MOST), STEP):
            outcomes += enterer.enter(actor, chunk)
            if monotonic() > until:
                break
        transaction.set_rollback(True)
    return outcomes
