"""The pytest plugin: one embedded PostgreSQL per test session, in a temporary folder, started by the first test that
asks for a database and removed at the end. Durability is off there and nowhere else. It also lays every test's data
folder under that temporary folder, so that no test can reach real files.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from anlan.site.database import Cluster

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
