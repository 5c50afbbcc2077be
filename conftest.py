"""What every test of the project has: a real PostgreSQL, started by the first test that needs one.

On several cores each process has a server of its own. Which tests stay together is said in ``anlan.site.testbed``; those that
look at the one running installation, which is slow to start, come first, as the longest errand, then what is marked slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.client import ClientHandler
from django.utils import translation
from ground import Ground
from hypothesis import HealthCheck
from hypothesis import settings as examples
from pytest_django import DjangoDbBlocker

from anlan.site.database import Cluster
from anlan.site.testbed import cluster

# How fast examples come says how busy the machine is, not how good the test is.
examples.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Lay the ground before all else, and begin with what takes longest."""
    for item in items:
        _ground_first(item)
    if not config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    looking = {item.path for item in items if "installation" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path not in looking, item.get_closest_marker("slow") is None))


def _ground_first(item: pytest.Item) -> None:
    """Have the layers laid, or taken away, before a test's own transaction begins."""
    asked = getattr(item, "fixturenames", [])
    for name in ("_places", "_world", "_year", "_city_alone", "_clean_ground"):
        if name in asked:
            asked.remove(name)
            asked.insert(0, name)


@pytest.fixture(scope="session", autouse=True)
def _middleware_laid_once() -> Iterator[None]:
    """Let all test clients go one way through the middleware: each would look through all assets anew, longer than an answer."""
    lay = ClientHandler.load_middleware
    parts = [
        "_view_middleware",
        "_template_response_middleware",
        "_exception_middleware",
        "_middleware_chain",
    ]
    laid: dict[tuple[str, ...], dict[str, Any]] = {}

    def load(self: ClientHandler, is_async: bool = False) -> None:
        named = tuple(settings.MIDDLEWARE)
        if named not in laid:
            lay(self, is_async)
            laid[named] = {part: getattr(self, part) for part in parts}
        vars(self).update(laid[named])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ClientHandler, "load_middleware", load)
        yield


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


@pytest.fixture(scope="session")
def shared_ground(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:
    """The layers that tests begin with (tests/ground.py)."""
    from django.conf import settings

    from anlan.faces.public.limiting import door
    from anlan.kernel.vault import ensure_keys

    door.forget()  # a world begins with nobody counted at the gate
    ensure_keys(settings.ANLAN_DATA / "keys")
    found = Ground()
    _LYING.append(found)
    yield found
    with django_db_blocker.unblock():
        found.clear()


_LYING: list[Ground] = []


@pytest.fixture(autouse=True)
def _clean_ground(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> None:
    """Take the layers away before a test that does not begin with them, and what the one before left in memory."""
    from anlan.faces.public.figures import kept

    translation.deactivate()
    kept.forget()
    if _LYING and "shared_ground" not in request.fixturenames:
        with django_db_blocker.unblock():
            _LYING[0].clear()


@pytest.fixture
def _world(request: pytest.FixtureRequest, shared_ground: Ground, django_db_blocker: DjangoDbBlocker) -> Any:
    """A copy of the small world, laid before the test's own transaction begins; None where a test writes in earnest."""
    from world import BEGINNING, World

    with django_db_blocker.unblock():
        if _writes_in_earnest(request):
            shared_ground.clear()
            return None
        return shared_ground.lay(BEGINNING, World)


def _writes_in_earnest(request: pytest.FixtureRequest) -> bool:
    mark = request.node.get_closest_marker("django_db")
    return "transactional_db" in request.fixturenames or (
        mark is not None and bool(mark.kwargs.get("transaction"))
    )


@pytest.fixture
def city(_world: Any, db: None) -> Iterator[Any]:
    """The small world of the tests, at its beginning (tests/world.py)."""
    from world import World

    if _world is not None:
        yield _world
        return
    world = World()
    yield world
    world.close()
