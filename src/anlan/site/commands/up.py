"""`./anlan up`: the whole installation on one machine, in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from anlan.site import environment
from anlan.site.environment import Trouble
from anlan.site.supervisor import Process, Supervisor, last_words

NAME = "up"
HELP_ZH = "启动安澜：数据库、网页、后台任务；按 Ctrl-C 停止"
HELP_EN = "start Anlan: database, web, background work; Ctrl-C stops it"
NEEDS = "nothing"
READY_SECONDS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, whose data, which city."""
    environment.add_arguments(parser)
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="端口 / port (8000)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDR", help="监听地址 / address (127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="不装入演示数据 / no demonstration data")
    parser.add_argument(
        "--check", action="store_true", help="启动成功后立即停止 / stop as soon as it answers"
    )


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("1-65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Prepare, start, wait, tell, watch, stop."""
    started = time.monotonic()
    data = environment.data_folder(args)
    supervisor = Supervisor(data / "run", heal=lambda: None)
    with ExitStack() as stack:
        stack.enter_context(_only_one(data))
        supervisor.listen()
        supervisor.clear_leftovers()
        _require_port(args.host, args.port)
        supervisor.heal = _lay(args, data, stack)
        accounts = _prepare(args, data, supervisor)
        if supervisor.told_to_stop:
            return 0
        # Registered before anything starts, so that every way out stops them, and before the database.
        stack.callback(supervisor.stop)
        for process in _processes(args, data):
            supervisor.start(process)
        _wait_until_ready(args, supervisor)
        if supervisor.told_to_stop:
            return 0
        _tell(args, accounts, time.monotonic() - started)
        if not args.check:
            supervisor.watch()
        print("\n正在停止 … / stopping …", file=sys.stderr, flush=True)
    return 0


def _lay(args: argparse.Namespace, data: Path, stack: ExitStack) -> Callable[[], None]:
    """Keys and database; the answer brings an embedded database back should it be killed."""
    from anlan.site.database import Cluster, DatabaseTrouble

    if args.city:
        os.environ["ANLAN_CITY"] = args.city
    environment.make_keys(data)
    environment.lay_database(args.database_url, "database", stack)
    if environment.database_is_given(args.database_url):
        return lambda: None
    cluster = Cluster(data / "db")

    def heal() -> None:
        try:
            cluster.revive()
        except DatabaseTrouble as why:
            raise Trouble(
                f"数据库停止且无法恢复: {why}", "The database stopped and does not come back"
            ) from None

    return heal


def _prepare(args: argparse.Namespace, data: Path, supervisor: Supervisor) -> list[dict[str, str]]:
    left = data / "run" / "accounts.json"
    left.unlink(missing_ok=True)
    command = [sys.executable, "-m", "anlan.site.main", "prepare", "--accounts", str(left)]
    command += ["--no-demo"] if args.no_demo else []
    # In a session of its own: Ctrl-C while it works is passed on once, by us.
    running = subprocess.Popen(command, env=_environment(owner=True), start_new_session=True)
    while running.poll() is None:
        if supervisor.told_to_stop:
            running.terminate()
            running.wait()
            return []
        time.sleep(0.05)
    if running.returncode != 0:
        raise Trouble(
            "准备数据库失败；修复后再运行一次即可。",
            "Preparing the database failed; put it right and run it again.",
        )
    accounts: list[dict[str, str]] = json.loads(left.read_text())
    left.unlink()
    return accounts


def _processes(args: argparse.Namespace, data: Path) -> list[Process]:
    web = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asginl",
        "--host",
        args.host,
        "--port",
        str(args.port),
    ]
    web += [
        "--workers",
        str(_workers()),
        "--workers-kill-timeout",
        "5",
        "--respawn-failed-workers",
        "--no-ws",
    ]
    web += ["--log-level", "warning", "anlan.site.asgi:application"]
    worker = [sys.executable, "-m", "anlan.site.main", "worker"]
    surroundings = _environment(owner=False)
    # Each process counts on the supervisor for the database and must not look for one of its own.
    return [
        Process("web", web, surroundings | {"ANLAN_POOL": "8"}, data / "logs" / "web.log"),
        Process("worker", worker, surroundings, data / "logs" / "worker.log"),
    ]


def _environment(*, owner: bool) -> dict[str, str]:
    surroundings = os.environ | {"DJANGO_SETTINGS_MODULE": "anlan.site.settings"}
    if not owner:
        # The owner's address, with its password, is not given to what strangers can reach.
        surroundings["ANLAN_OWNER_DATABASE_URL"] = surroundings["ANLAN_APPLICATION_DATABASE_URL"]
    return surroundings


def _workers() -> int:
    return int(os.environ.get("ANLAN_WORKERS", max(2, min(4, os.cpu_count() or 2))))


def _wait_until_ready(args: argparse.Namespace, supervisor: Supervisor) -> None:
    limit = time.monotonic() + READY_SECONDS
    supervisor.watch(until=lambda: _answers(args) or time.monotonic() > limit)
    if not supervisor.told_to_stop and not _answers(args):
        log = supervisor.processes[0].log
        raise Trouble(
            f"网页没有响应，日志: {log}\n{last_words(log)}", f"The web does not answer; its log is {log}"
        )


def _answers(args: argparse.Namespace) -> bool:
    connection = http.client.HTTPConnection(_reachable(args.host), args.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104


def _tell(args: argparse.Namespace, accounts: list[dict[str, str]], seconds: float) -> None:
    address = f"http://{_reachable(args.host)}:{args.port}/"
    print(f"\n安澜已启动 / Anlan is up: {address}   ({seconds:.1f} s)", flush=True)
    if accounts:
        print("\n演示账号 / demonstration accounts:")
        for account in accounts:
            who = f"{account.get('zh', '')} / {account.get('en', '')}"
            print(f"  {account.get('username', ''):<24} {account.get('password', ''):<20} {who}")
    else:
        print(
            "\n还没有人能登录时 / as long as nobody can sign in: ./anlan administrator <姓名 name> <用户名 user-name>"
        )
    if os.environ.get("ANLAN_DEMO_ACCOUNTS") == "json":
        # For programs that start us, such as the tests.
        print(f"accounts: {json.dumps(accounts, ensure_ascii=False)}")
    if not args.check:
        print("\n按 Ctrl-C 停止 / Ctrl-C stops everything\n", flush=True)


def _require_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as why:
            raise Trouble(
                f"端口 {port} 不可用（{why.strerror}）。换一个端口: ./anlan up --port {min(port + 1, 65535)}",
                f"Port {port} is not available ({why.strerror}). Choose another: ./anlan up --port {min(port + 1, 65535)}",
            ) from None


class _only_one:
    """One `up` per data folder: the second is told where the first one is."""

    def __init__(self, data: Path) -> None:
        self.path = data / "run" / "up.lock"
        self.file: IO[str] | None = None

    def __enter__(self) -> None:
        self.file = self.path.open("a")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = self.path.parent.parent
            raise Trouble(
                f"安澜已在这个数据目录上运行: {where}", f"Anlan is already running on this data: {where}"
            ) from None

    def __exit__(self, *why: object) -> None:
        if self.file is not None:
            self.file.close()
