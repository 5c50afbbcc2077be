"""What every test of the project has: a real PostgreSQL, started by the first test that needs one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anlan.site.database import Cluster
from anlan.site.testbed import cluster


@pytest.fixture(scope="session")
def embedded_database() -> Iterator[Cluster]:
    """The running server of this test session."""
    with cluster().in_use() as running:
        yield running


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_database: Cluster) -> None:
    """pytest-django asks for this before it makes the test database: the moment to start the server."""
