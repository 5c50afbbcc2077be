"""A province beside its cities: its role may read their roll-ups and the names of their places, and nothing else."""

from __future__ import annotations

import psycopg
from psycopg import sql

from anlan.site import packs_about


def grant_reading(
    connection: psycopg.Connection[object], schema: str, role: str, readable: dict[str, tuple[str, ...]]
) -> bool:
    """Let a province's role read these tables of a city's schema and no other; False where the city has none yet.

    To be called by the owner of the city's tables; what the role held there before is taken away first.
    """
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    if set(readable) - {str(row[0]) for row in found}:  # type: ignore[index]
        return False
    for statement in (
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
    for table, columns in readable.items():
        what = sql.SQL("SELECT ({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        command = sql.SQL("GRANT {what} ON {schema}.{table} TO {role}")
        right = what if columns else sql.SQL("SELECT")
        connection.execute(command.format(what=right, table=sql.Identifier(table), **names))
    return True


def members(name: str) -> list[dict[str, str]]:
    """Return the cities a province's pack names: code, pack (empty: none yet) and where its platform answers; none for a city."""
    told = packs_about.about(name).get("cities") if packs_about.is_province(name) else None
    return [
        {
            "code": str(one["code"]),
            "pack": str(one.get("pack") or ""),
            "address": str(one.get("address") or ""),
        }
        for one in told or ()
    ]
