"""The application's role cannot rewrite the ledger: not by this code's good manners but by its privileges."""

import psycopg
import pytest
from django.db import connection

from anlan.site import roles


@pytest.fixture
def application_role(db: None) -> str:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE anlan_app_tested")
    roles.grant(connection.connection, "public", "anlan_app_tested", roles.append_only_tables())
    return "anlan_app_tested"


def test_the_ledger_is_among_the_append_only_tables() -> None:
    assert "ledger_entry" in roles.append_only_tables()


@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_ledger_cannot_be_rewritten(application_role: str, act: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {application_role}")
        cursor.execute("SELECT count(*) FROM ledger_entry")
        with pytest.raises(Exception, match="permission denied") as refused:
            cursor.execute(act.format("ledger_entry"))
    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_the_role_reads_and_writes_elsewhere(application_role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {application_role}")
        cursor.execute("DELETE FROM django_session")


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("postgresql://o:p@db.city/anlan", "postgresql://anlan_app:s%2F%3D@db.city/anlan"),
        (
            "postgresql://o@db.city:6432/anlan?sslmode=require",
            "postgresql://anlan_app:s%2F%3D@db.city:6432/anlan?sslmode=require",
        ),
        ("postgresql://o@/anlan?host=/run/pg", "postgresql://anlan_app:s%2F%3D@/anlan?host=/run/pg"),
    ],
)
def test_the_applications_address_differs_by_role_alone(owner: str, expected: str) -> None:
    assert roles._as_role(owner, "anlan_app", "s/=") == expected
