"""What every test of the project has: a real PostgreSQL, started by the first test that needs one.

On several cores each process has a server of its own. A file's tests stay together, and so do all tests that look at
the one running installation, which is slow to start: they come first, as the longest errand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from anlan.site.database import Cluster
from anlan.site.testbed import cluster


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say what stays together on one process, and begin with what takes longest."""
    if not config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    looking = {item.path for item in items if "installation" in getattr(item, "fixturenames", ())}
    for item in items:
        item.add_marker(pytest.mark.xdist_group("installation" if item.path in looking else str(item.path)))
    items.sort(key=lambda item: item.path not in looking)


@pytest.fixture(scope="session")
def embedded_database() -> Iterator[Cluster]:
    """The running server of this test session."""
    with cluster().in_use() as running:
        yield running


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_database: Cluster) -> None:
    """pytest-django asks for this before it makes the test database: the moment to start the server."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests with real transactions clear their tables afterwards: the ledger refuses TRUNCATE everywhere else."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'ledger_no_truncate'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ledger_no_truncate")


@pytest.fixture
def city(db: None) -> Iterator[Any]:
    """The small world of the tests, at its beginning (tests/world.py)."""
    from django.conf import settings
    from world import World

    from anlan.faces.public.limiting import door
    from anlan.kernel.vault import ensure_keys

    door.forget()  # a world begins with nobody counted at the gate
    ensure_keys(settings.ANLAN_DATA / "keys")
    world = World()
    yield world
    world.close()
