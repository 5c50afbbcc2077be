"""A start skips what this very program prepared, and nothing else: not another program's work, not lost rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from anlan.site import prepared
from anlan.site.commands.prepare import TABLE

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA, ROLE = "prepared_town", "prepared_reader"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A schema with one table, an owner and a role that reads it, as `up` lays them for a city."""
    words = connection.get_connection_params()
    at = f"/{words['dbname']}?host={words['host']}&port={words.get('port', '')}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN")
        cursor.execute(f"SET search_path = {SCHEMA}")
        cursor.execute(TABLE)
        cursor.execute("SET search_path = DEFAULT")
        cursor.execute(f"CREATE TABLE {SCHEMA}.ledger_entry (id int)")
        cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {ROLE}")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {ROLE}")
    yield {
        "ANLAN_CITY": "changchun", "ANLAN_SCHEMA": SCHEMA, "ANLAN_DATA": str(tmp_path),
        "ANLAN_OWNER_DATABASE_URL": f"postgresql://{words['user']}@{at}",
        "ANLAN_APPLICATION_DATABASE_URL": f"postgresql://{ROLE}@{at}",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        cursor.execute(f"DROP ROLE {ROLE}")


def run(town: dict[str, str], *statements: str) -> None:
    with psycopg.connect(town["ANLAN_OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"SET search_path = {SCHEMA}")
        for statement in statements:
            owner.execute(statement)


def remember(town: dict[str, str], part: str, made_from: str) -> None:
    run(town, f"DELETE FROM installation WHERE part = '{part}'")
    run(town, f"INSERT INTO installation VALUES ('{part}', '{made_from}', now())")


def accounts(town: dict[str, str], **more: Any) -> Any:
    return prepared.accounts_of(town, more.pop("reads", []), demo_later=more.pop("demo_later", False))


def test_what_this_program_prepared_is_not_prepared_again(town: dict[str, str]) -> None:
    assert accounts(town) is None
    remember(town, prepared.PART, prepared.made_from(town))
    assert accounts(town) is None  # whether it is to have a demonstration is not settled
    assert accounts(town, demo_later=True) == []
    remember(town, "demo", "declined")
    assert accounts(town) == []
    remember(town, "demo", "made")
    assert accounts(town) is None  # who may sign in is not written down any more
    told = [{"username": "demo"}]
    (Path(town["ANLAN_DATA"]) / "demo-accounts.json").write_text(json.dumps(told))
    assert accounts(town) == told


def test_another_program_another_pack_another_role_prepare_anew(town: dict[str, str]) -> None:
    remember(town, "demo", "declined")
    remember(town, prepared.PART, prepared.made_from(town))
    for name, other in (("ANLAN_CITY_SCHEMAS", "a=b"), ("ANLAN_CITY", "jilin"), ("ANLAN_JOBS_APART", "1")):
        assert prepared.made_from({**town, name: other}) != prepared.made_from(town)
        assert accounts({**town, name: other}) is None
    remember(town, prepared.PART, "an older program")
    assert accounts(town) is None
    assert (
        accounts({**town, "ANLAN_OWNER_DATABASE_URL": "postgresql://nobody@/nowhere?host=/nonexistent"})
        is None
    )


def test_lost_rights_are_seen(town: dict[str, str]) -> None:
    remember(town, "demo", "declined")
    remember(town, prepared.PART, prepared.made_from(town))
    assert accounts(town, reads=["another_town"]) is None  # a province that may not read its city
    run(town, f"CREATE TABLE indicators_rollup (id int); GRANT SELECT ON indicators_rollup TO {ROLE}")
    assert accounts(town, reads=[SCHEMA]) == []
    run(town, f"GRANT UPDATE ON ledger_entry TO {ROLE}")
    assert accounts(town) is None  # the past must not be rewritten
    run(town, f"REVOKE UPDATE ON ledger_entry FROM {ROLE}", f"REVOKE SELECT ON installation FROM {ROLE}")
    assert accounts(town) is None
