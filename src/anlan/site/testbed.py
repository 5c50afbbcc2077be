"""The pytest plugin: one embedded PostgreSQL per test session, in a temporary folder, started by the first test that
asks for a database and removed at the end. Durability is off there and nowhere else. It also lays every test's data
folder under that temporary folder, so that no test can reach real files. Where tests run in several processes, it keeps
those together that share what takes minutes to start.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from anlan.site.collecting import look_seldom, settle
from anlan.site.database import Cluster

# By file: the costly thing its tests share, which one process is to start and no other.
TOGETHER = {
    "tests/test_browser.py": "demonstration",
    "tests/test_islands.py": "demonstration",
    "tests/test_field.py": "demonstration",
    "tests/test_demo.py": "demonstration year",
    "tests/test_cities.py": "two cities",
    "tests/test_up.py": "bare city",
    "tests/test_kills.py": "demonstration",
    "bench/tests/test_smoke.py": "bench city",
}
# What takes longest begins first, so that no process is left with it at the end.
WHOLE = ("tests/", "bench/")

_place = Path(tempfile.mkdtemp(prefix="anlan-test-"))
_place.chmod(0o711)
_cluster = Cluster(_place / "db", forgetful=True)

# Set before Django reads its settings: the server itself starts later, at the first need.
os.environ["ANLAN_DATABASE_URL"] = _cluster.url(database="anlan")
os.environ["ANLAN_OWNER_DATABASE_URL"] = os.environ["ANLAN_DATABASE_URL"]
os.environ["ANLAN_DATA"] = str(_place / "data")
os.environ["ANLAN_TESTING"] = "1"
os.environ.pop("ANLAN_SCHEMA", None)
(_place / "data").mkdir()


def cluster() -> Cluster:
    """This session's server, not yet started."""
    return _cluster


def pytest_unconfigure(config: Any) -> None:
    """Leave nothing behind, also when the session was interrupted."""
    _cluster.leave()
    shutil.rmtree(_place, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of the whole system."""
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Set apart what is loaded, as every process that answers does."""
    settle()
    look_seldom()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share tests out among processes, those of one costly thing to one; by their files, as marks do not reach this far."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    class Together(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER.get(nodeid.split("::", 1)[0], nodeid)

    return Together(config, log)
