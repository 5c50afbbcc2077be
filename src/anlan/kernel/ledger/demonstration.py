"""Taking demonstration chains out again: the only removal there is, and only for chains that were born as such.

Whether a chain is a demonstration is in every digest and in the anchored leaf, so a real chain can never
pass for one. Needs the owner's role: the application's may not delete.
"""

from __future__ import annotations

from django.db import connection, transaction

GUARDED = ("ledger_private", "ledger_entry")


def clear_demonstration() -> int:
    """Delete every demonstration chain and return the number of entries deleted.

    What hangs on the entries (links of evidence, duties) goes first, by its own kernel package.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ledger_no_change")
        cursor.execute(
            "DELETE FROM ledger_private WHERE entry_id IN (SELECT id FROM ledger_entry WHERE is_demo)"
        )
        cursor.execute("DELETE FROM ledger_entry WHERE is_demo")
        deleted = int(cursor.rowcount)
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ledger_no_change")
    return deleted
