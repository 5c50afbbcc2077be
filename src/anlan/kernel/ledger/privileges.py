"""What the application's database role may do with the ledger: read and add. Run by the bootstrap as the
owner.
"""

from __future__ import annotations

from psycopg import sql

ADD_ONLY = ("ledger_entry", "ledger_anchor", "ledger_anchor_leaf")
ERASABLE = ("ledger_private",)
SEQUENCE = "ledger_position"


def privileges_sql(role: str) -> list[str]:
    """Return the statements that leave ``role`` only SELECT and INSERT on the ledger (and DELETE of private
    parts).

    Idempotent; to be run after every migration and after any general GRANT, in the city's own schema.
    """
    who = sql.Identifier(role).as_string(None)
    statements = []
    for table in (*ADD_ONLY, *ERASABLE):
        statements.append(f"REVOKE ALL ON TABLE {table} FROM {who}")
        statements.append(f"GRANT SELECT, INSERT ON TABLE {table} TO {who}")
    statements += [f"GRANT DELETE ON TABLE {table} TO {who}" for table in ERASABLE]
    statements.append(f"REVOKE ALL ON SEQUENCE {SEQUENCE} FROM {who}")
    statements.append(f"GRANT USAGE ON SEQUENCE {SEQUENCE} TO {who}")
    return statements
