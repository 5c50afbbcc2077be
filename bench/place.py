"""Where a bench runs: a data folder of its own, its database, its web processes, its signed-in people.

The folder is marked by ``bench.json``; one that holds somebody's data is refused, so that no bench ever touches it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from anlan.site import environment
from anlan.site.environment import ROOT, Trouble

MARK = "bench.json"
WORKERS = 2
START_SECONDS = 60
WORKER_SECONDS = 6  # until the background work is at its turn


@dataclass(frozen=True)
class Size:
    """How large the city is; the same size and seed make the same city."""

    enterprises: int = 50_000
    dangers: int = 1_000_000
    seed: int = 20171122


@dataclass
class Place:
    """A data folder with a made city in it, opened: Django is set up on it, its database runs."""

    folder: Path
    size: Size

    def is_made(self) -> bool:
        """Say whether a city of this size lies here; refuses a folder with anything else in it."""
        mark = self.folder / MARK
        if mark.exists():
            made = json.loads(mark.read_text(encoding="utf-8"))
            if (made["enterprises"], made["dangers"], made["seed"]) != self._wanted():
                raise Trouble(
                    f"{self.folder} 里是另一规模的测试数据 {made}；换一个目录",
                    f"{self.folder} holds a bench of another size {made}; choose another folder",
                )
            return bool(made.get("whole"))
        if self.folder.exists() and any(self.folder.iterdir()):
            raise Trouble(
                f"{self.folder} 不是测试数据目录，不会动它；换一个空目录",
                f"{self.folder} is not a bench's folder and is left alone; choose an empty one",
            )
        return False

    def mark(self, *, whole: bool, **more: Any) -> None:
        """Write what lies here; ``whole`` once it is all there."""
        enterprises, dangers, seed = self._wanted()
        facts = {"enterprises": enterprises, "dangers": dangers, "seed": seed, "whole": whole, **more}
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        (self.folder / MARK).write_text(json.dumps(facts, indent=1), encoding="utf-8")

    def made(self) -> dict[str, Any]:
        """Return what was written when it was made."""
        facts: dict[str, Any] = json.loads((self.folder / MARK).read_text(encoding="utf-8"))
        return facts

    def rows(self) -> dict[str, int]:
        """Return how many rows there are, as far as known."""
        return dict(self.made().get("rows", {})) if (self.folder / MARK).exists() else {}

    def _wanted(self) -> tuple[int, int, int]:
        return self.size.enterprises, self.size.dangers, self.size.seed

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Run the database and set Django up on it, in the owner's role."""
        with ExitStack() as stack:
            options = Namespace(data=self.folder, city=None, database_url=None)
            stack.callback(_forget_addresses)
            environment.lay("owner", options, stack)
            stack.callback(_close_connections)
            yield

    @contextmanager
    def serving(self, application: str = "anlan.site.asgi:application", **surroundings: str) -> Iterator[str]:
        """Serve an application on two workers as ``up`` does, in the application's role; yields its address."""
        port = _free_port()
        command = [sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--workers", str(WORKERS), "--workers-kill-timeout", "5", "--no-ws"]
        command += ["--log-level", "warning", application]
        own = os.environ | {"DJANGO_SETTINGS_MODULE": "anlan.site.settings", "ANLAN_POOL": "8"} | surroundings
        own["ANLAN_OWNER_DATABASE_URL"] = own["ANLAN_DATABASE_URL"] = own["ANLAN_APPLICATION_DATABASE_URL"]
        own["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        (self.folder / "logs").mkdir(exist_ok=True)
        with (self.folder / "logs" / "bench-web.log").open("ab") as log:
            server = subprocess.Popen(command, env=own, cwd=ROOT, stdout=log, stderr=log)
            try:
                _wait_for(port, server)
                yield f"127.0.0.1:{port}"
            finally:
                server.terminate()
                server.wait(20)

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the background work as ``up`` does, in the application's role; yields its process."""
        own = os.environ | {"DJANGO_SETTINGS_MODULE": "anlan.site.settings"}
        own["ANLAN_OWNER_DATABASE_URL"] = own["ANLAN_DATABASE_URL"] = own["ANLAN_APPLICATION_DATABASE_URL"]
        own["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        command = [sys.executable, "-m", "anlan.site.main", "worker", "--data", str(self.folder)]
        (self.folder / "logs").mkdir(exist_ok=True)
        with (self.folder / "logs" / "bench-worker.log").open("ab") as log:
            worker = subprocess.Popen(command, env=own, cwd=ROOT, stdout=log, stderr=log)
            try:
                time.sleep(WORKER_SECONDS)
                yield worker
            finally:
                worker.terminate()
                worker.wait(60)


def session_of(account: Any) -> str:
    """Return the cookie of a fresh session of an account, as signing in would begin it."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from anlan.kernel.identity.sessions import BACKEND

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def account_of(kind: str, **where: Any) -> Any:
    """Return an account whose person fills a post of a kind, the first by the path of its party."""
    from anlan.kernel.identity.models import Account

    seats = {f"person__memberships__post__{name}": value for name, value in where.items()}
    accounts = Account.objects.filter(person__memberships__post__kind=kind, **seats)
    return accounts.order_by("person__memberships__post__party__path", "pk").first()


def actor_of(account: Any) -> Any:
    """Return who an account acts as."""
    from anlan.kernel.identity.signing_in import actor_for

    return actor_for(account, None)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _forget_addresses() -> None:
    # Else the next one to open the folder would take the database for one that somebody gave.
    for name in (
        "ANLAN_EMBEDDED",
        "ANLAN_DATABASE_URL",
        "ANLAN_OWNER_DATABASE_URL",
        "ANLAN_APPLICATION_DATABASE_URL",
    ):
        os.environ.pop(name, None)


def _free_port() -> int:
    wanted = int(os.environ.get("ANLAN_BENCH_PORT", "0"))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        return int(probe.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
        if server.poll() is not None:
            break
    raise Trouble("测试用的网页没有启动", "The web processes of the bench did not start")
