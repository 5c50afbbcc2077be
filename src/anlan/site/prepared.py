"""Whether a city was prepared by this very program: then a start asks nothing more of Django and comes up sooner.

What was prepared is remembered in the city's table `installation`, beside what it describes, so that a database restored from
a backup tells for itself. Rights are not remembered but looked at: a restored table may have lost them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from anlan.site import bootstrap, cities

PART = "prepared"
_SURROUNDINGS = ("ANLAN_CITY", "ANLAN_SCHEMA", "ANLAN_CITY_SCHEMAS", "ANLAN_JOBS_APART")
_ADDRESSES = ("ANLAN_OWNER_DATABASE_URL", "ANLAN_APPLICATION_DATABASE_URL")
_PROGRAM = Path(__file__).resolve().parent.parent
_NOT_READ = {"__pycache__", "locale", "tests", "static", "dist"}

RIGHTS = """
    SELECT bool_and(has_table_privilege(%(role)s, oid, 'SELECT')) AND
           bool_and(relname <> 'ledger_entry' OR NOT has_table_privilege(%(role)s, oid, 'UPDATE, DELETE, TRUNCATE'))
      FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(%(schema)s)
"""
READS = "SELECT coalesce(has_any_column_privilege(%s, to_regclass(%s), 'SELECT'), false)"
READ_BY_A_PROVINCE = "indicators_rollup"


def made_from(surroundings: Mapping[str, str]) -> str:
    """Return what a city is prepared from, as one digest: the program, its pack, its schema and roles."""
    pack = cities.packs_folder() / surroundings["ANLAN_CITY"]
    files = [*_files(_PROGRAM), *bootstrap.files_in(pack)]
    told = {name: surroundings.get(name, "") for name in _SURROUNDINGS}
    told |= {name: urlsplit(surroundings.get(name, "")).username or "" for name in _ADDRESSES}
    return f"{bootstrap.digest_under(_PROGRAM, files)} {json.dumps(told, sort_keys=True)}"


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_READ]
        found += [Path(place) / name for name in names]
    return found


def accounts_of(
    surroundings: Mapping[str, str], reads: list[str], *, demo_later: bool
) -> list[dict[str, str]] | None:
    """Return a prepared city's demonstration accounts; None where it is to be prepared.

    ``reads``: the schemas of the cities that a province reads. ``demo_later``: no demonstration is wanted of this start.
    """
    schema = surroundings.get("ANLAN_SCHEMA") or cities.FIRST_SCHEMA
    try:
        with psycopg.connect(surroundings["ANLAN_OWNER_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("SELECT set_config('search_path', %s, false)", [schema])
            rows = connection.execute("SELECT part, made_from FROM installation").fetchall()
            parts = {str(part): str(made) for part, made in rows}
            if parts.get(PART) != made_from(surroundings) or not _has_rights(
                connection, surroundings, schema, reads
            ):
                return None
    except (psycopg.Error, OSError):
        return None
    if "demo" not in parts and not demo_later:
        return None
    if parts.get("demo") != "made":
        return []
    try:
        told: list[dict[str, str]] = json.loads(
            (Path(surroundings["ANLAN_DATA"]) / "demo-accounts.json").read_text()
        )
    except (OSError, ValueError):
        return None
    return told


def _has_rights(
    connection: psycopg.Connection[Any], surroundings: Mapping[str, str], schema: str, reads: list[str]
) -> bool:
    owner, role = (urlsplit(surroundings[name]).username for name in _ADDRESSES)
    if role == owner or not role:
        return True
    found = connection.execute(RIGHTS, {"role": role, "schema": schema}).fetchone()
    read = [connection.execute(READS, [role, f"{one}.{READ_BY_A_PROVINCE}"]).fetchone() for one in reads]
    return all(row is not None and bool(row[0]) for row in [found, *read])
