"""`./anlan up`: the whole installation on one machine, in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from anlan.site import cities, environment, memory, packs_about, prepared, provinces
from anlan.site.supervisor import Process, Supervisor, last_words
from anlan.site.trouble import Trouble

NAME = "up"
HELP_ZH = "启动安澜：数据库、网页、后台任务；按 Ctrl-C 停止"
HELP_EN = "start Anlan: database, web, background work; Ctrl-C stops it"
NEEDS = "nothing"
READY_SECONDS = 120
MQTT_ABOVE = 1000
LAST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, whose data, which cities."""
    environment.add_arguments(parser, many=True)
    parser.add_argument(
        "--port",
        type=_port,
        default=8000,
        metavar="N",
        help="第一个城市的端口，其余依次加一 / port of the first city, the others follow (8000)",
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDR", help="监听地址 / address (127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="不装入演示数据 / no demonstration data")
    parser.add_argument(
        "--demo",
        action="append",
        default=[],
        metavar="NAME",
        help="给第一个以外的城市也装入演示数据 / demonstration data for a further city too",
    )
    parser.add_argument(
        "--check", action="store_true", help="启动成功后立即停止 / stop as soon as it answers"
    )


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("1-65535")
    return int(text)


@dataclass(frozen=True)
class Started:
    """One city of this start: where it answers and what its processes are given."""

    city: cities.City
    data: Path
    port: int
    surroundings: dict[str, str]


def run(args: argparse.Namespace) -> int:
    """Prepare, start, wait, tell, watch, stop."""
    started = time.monotonic()
    if args.cities:
        os.environ["ANLAN_CITIES"] = str(args.cities.resolve())
    installation = environment.data_folder(args)
    supervisor = Supervisor(installation / "run", heal=lambda: None)
    with ExitStack() as stack:
        stack.enter_context(_only_one(installation))
        supervisor.listen()
        supervisor.clear_leftovers()
        chosen = _chosen(args, installation)
        supervisor.heal, all_of_them = _lay(args, installation, chosen, stack)
        accounts = _prepare(args, all_of_them, supervisor)
        if supervisor.told_to_stop:
            return 0
        cities.remember(installation, [*_others(installation, chosen), *chosen])
        # Registered before anything starts, so that every way out stops them, and before the database.
        stack.callback(supervisor.stop)
        for one in all_of_them:
            for process in _processes(args, one, len(all_of_them)):
                supervisor.start(process)
        _wait_until_ready(args, all_of_them, supervisor)
        if supervisor.told_to_stop:
            return 0
        _tell(args, all_of_them, accounts, time.monotonic() - started)
        if not args.check:
            supervisor.watch()
        print("\n正在停止 … / stopping …", file=sys.stderr, flush=True)
    return 0


def _chosen(args: argparse.Namespace, installation: Path) -> list[cities.City]:
    """The cities of this start, each with a port that is free."""
    chosen = cities.chosen(installation, args.city)
    names = {city.name for city in chosen}
    for name in args.demo:
        if name not in names:
            raise Trouble(
                f"--demo {name}: 不在启动的城市之中", f"--demo {name}: not among the cities started"
            )
    for city in chosen:
        _require_port(args.host, args.port + city.place)
    return chosen


def _others(installation: Path, chosen: list[cities.City]) -> list[cities.City]:
    names = {city.name for city in chosen}
    return [city for city in cities.known(installation) if city.name not in names]


def _lay(
    args: argparse.Namespace, installation: Path, chosen: list[cities.City], stack: ExitStack
) -> tuple[Callable[[], None], list[Started]]:
    """Keys, schemas and roles; the first answer brings an embedded database back should it be killed."""
    from anlan.site.database import Cluster, DatabaseTrouble

    given = environment.Addresses.given(args.database_url)
    if given.application and len(chosen) > 1:
        raise Trouble(
            "几个城市不能共用一个应用角色：请去掉 ANLAN_APPLICATION_DATABASE_URL，每个城市会各有一个。",
            "Several cities cannot share one application role: leave ANLAN_APPLICATION_DATABASE_URL out, each gets its own.",
        )
    os.environ["ANLAN_INSTALLATION"] = str(installation)
    cluster = environment.lay_database(args.database_url, stack)
    everybody = [*_others(installation, chosen), *chosen]
    os.environ["ANLAN_CITY_SCHEMAS"] = " ".join(f"{city.name}={city.schema}" for city in everybody)
    if (
        _reachable(args.host) == args.host
    ):  # served to every network, it is not known by which name readers come
        host = f"[{args.host}]" if ":" in args.host else args.host
        addresses = (f"{city.name}=http://{host}:{args.port + city.place}" for city in chosen)
        os.environ.setdefault("ANLAN_CITY_ADDRESSES", " ".join(addresses))
    started = []
    for city in chosen:
        environment.enter(installation, city)
        data = city.data(installation)
        environment.make_keys(data)
        environment.name_database(given, cluster, "database")
        started.append(Started(city, data, args.port + city.place, dict(os.environ)))
    if cluster is None:
        return lambda: None, started
    revived = Cluster(installation / "db")

    def heal() -> None:
        try:
            revived.revive()
        except DatabaseTrouble as why:
            raise Trouble(
                f"数据库停止且无法恢复: {why}", "The database stopped and does not come back"
            ) from None

    return heal, started


def _prepare(
    args: argparse.Namespace, all_of_them: list[Started], supervisor: Supervisor
) -> dict[str, list[dict[str, str]]]:
    """Bring every city's schema up to date: cities side by side, a province after those it reads."""
    accounts: dict[str, list[dict[str, str]]] = {}
    above = [one for one in all_of_them if packs_about.is_province(one.city.name)]
    for group in ([one for one in all_of_them if one not in above], above):
        known = {one.city.name: _prepared_before(args, one) for one in group}
        accounts |= {name: told for name, told in known.items() if told is not None}
        running = [(one, _preparing(args, one, all_of_them)) for one in group if known[one.city.name] is None]
        while any(process.poll() is None for _, process in running) and not supervisor.told_to_stop:
            time.sleep(0.05)
        for one, process in running:
            if supervisor.told_to_stop:
                process.terminate()
                process.wait()
            elif process.returncode != 0:
                raise Trouble(
                    f"准备数据库失败: {one.city.name}；修复后再运行一次即可。",
                    f"Preparing the database failed: {one.city.name}; put it right and run it again.",
                )
            else:
                left = _accounts_file(one)
                accounts[one.city.name] = json.loads(left.read_text())
                left.unlink()
    return accounts


def _prepared_before(args: argparse.Namespace, one: Started) -> list[dict[str, str]] | None:
    """Return the accounts of a city that this very program prepared before; None where it is to be prepared."""
    schemas = dict(pair.split("=", 1) for pair in one.surroundings["ANLAN_CITY_SCHEMAS"].split())
    reads = [
        schemas[member["pack"]] for member in provinces.members(one.city.name) if member["pack"] in schemas
    ]
    return prepared.accounts_of(one.surroundings, reads, demo_later=_demo_later(args, one))


def _demo_later(args: argparse.Namespace, one: Started) -> bool:
    return not args.no_demo and one.city.place > 0 and one.city.name not in args.demo


def _preparing(args: argparse.Namespace, one: Started, all_of_them: list[Started]) -> subprocess.Popen[bytes]:
    left = _accounts_file(one)
    left.parent.mkdir(parents=True, exist_ok=True)
    left.unlink(missing_ok=True)
    command = [sys.executable, "-m", "anlan.site.main", "prepare", "--accounts", str(left)]
    if args.no_demo:
        command += ["--no-demo"]
    elif _demo_later(args, one):
        command += ["--demo-later"]
    if len(all_of_them) > 1:
        command += ["--say-city"]
    # In a session of its own: Ctrl-C while it works is passed on once, by us.
    return subprocess.Popen(command, env=_environment(one, owner=True), start_new_session=True)


def _accounts_file(one: Started) -> Path:
    return one.data / "run" / "accounts.json"


def _processes(args: argparse.Namespace, one: Started, how_many: int) -> list[Process]:
    web = [sys.executable, "-m", "granian", "--interface", "asginl"]
    web += ["--host", args.host, "--port", str(one.port)]
    web += ["--workers", str(_workers(how_many)), "--workers-kill-timeout", "5", "--respawn-failed-workers"]
    web += ["--no-ws", "--log-level", "warning", "anlan.site.asgi:application"]
    worker = [sys.executable, "-m", "anlan.site.main", "worker"]
    figures = {"PROMETHEUS_MULTIPROC_DIR": _fresh_figures(one.data)}
    surroundings = _environment(one, owner=False) | figures
    # The cities share the server's connections.
    pool = str(max(3, 8 - how_many + 1))
    behind = "" if how_many == 1 else f" {one.city.name}"
    # Each process counts on the supervisor for the database and must not look for one of its own.
    streams = [sys.executable, "-m", "anlan.site.main", "streams"]
    receiving = surroundings | {"ANLAN_MQTT_PORT": str(_mqtt_port(args, one))}
    return [
        Process(f"web{behind}", web, surroundings | {"ANLAN_POOL": pool}, one.data / "logs" / "web.log"),
        Process(f"worker{behind}", worker, surroundings, one.data / "logs" / "worker.log"),
        Process(f"streams{behind}", streams, receiving, one.data / "logs" / "streams.log"),
    ]


def _mqtt_port(args: argparse.Namespace, one: Started) -> int:
    """Return the port of the city's receiver: the one given, the others following.

    Else free of the web's, a thousand above it.
    """
    given = os.environ.get("ANLAN_MQTT_PORT", "")
    if given == "0" or args.check:
        return 0
    port = int(given) + one.city.place if given else one.port + MQTT_ABOVE
    return port if port <= LAST_PORT else 0


def _environment(one: Started, *, owner: bool) -> dict[str, str]:
    surroundings = one.surroundings | {"DJANGO_SETTINGS_MODULE": "anlan.site.settings"}
    if not owner:
        # The owner's address, with its password, is not given to what strangers can reach.
        surroundings["ANLAN_OWNER_DATABASE_URL"] = surroundings["ANLAN_APPLICATION_DATABASE_URL"]
    return surroundings


def _fresh_figures(data: Path) -> str:
    """Return the empty folder in which the processes of this start keep what they count."""
    folder = data / "run" / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def _workers(how_many: int) -> int:
    """Return the web processes of one city, by memory and cores; several cities share the cores."""
    given = os.environ.get("ANLAN_WORKERS", "")
    if given:
        return int(given)
    return max(1, memory.web_processes(memory.megabytes(), os.cpu_count() or 2) // how_many)


def _wait_until_ready(args: argparse.Namespace, all_of_them: list[Started], supervisor: Supervisor) -> None:
    limit = time.monotonic() + READY_SECONDS
    silent = list(all_of_them)

    def everybody_answers() -> bool:
        silent[:] = [one for one in silent if not _answers(args.host, one.port)]
        return not silent or time.monotonic() > limit

    supervisor.watch(until=everybody_answers)
    if not supervisor.told_to_stop and silent:
        log = silent[0].data / "logs" / "web.log"
        raise Trouble(
            f"网页没有响应，日志: {log}\n{last_words(log)}", f"The web does not answer; its log is {log}"
        )


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        checks = json.loads(connection.getresponse().read())["checks"]
        return bool(checks["database"] and checks["migrations"])  # the worker may take a little longer
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104


def _tell(
    args: argparse.Namespace,
    all_of_them: list[Started],
    accounts: dict[str, list[dict[str, str]]],
    seconds: float,
) -> None:
    places = [(one, f"http://{_reachable(args.host)}:{one.port}/") for one in all_of_them]
    print(f"\n安澜已启动 / Anlan is up: {places[0][1]}   ({seconds:.1f} s)", flush=True)
    if len(places) > 1:
        for one, address in places:
            names = packs_about.names(one.city.name)
            print(f"  {address:<28} {names['zh']} / {names['en']} ({one.city.name})")
    for one, _ in places:
        if port := _mqtt_port(args, one):
            host = os.environ.get("ANLAN_MQTT_HOST", "127.0.0.1")
            print(f"  传感器接入 / sensors connect to: mqtt://{_reachable(host)}:{port}")
    for one, _ in places:
        _tell_accounts(one, accounts.get(one.city.name, []), alone=len(places) == 1)
    if os.environ.get("ANLAN_DEMO_ACCOUNTS") == "json":
        # For programs that start us, such as the tests.
        everybody = [account for one, _ in places for account in accounts.get(one.city.name, [])]
        print(f"accounts: {json.dumps(everybody, ensure_ascii=False)}")
    if not args.check:
        print("\n按 Ctrl-C 停止 / Ctrl-C stops everything\n", flush=True)


def _tell_accounts(one: Started, accounts: list[dict[str, str]], *, alone: bool) -> None:
    which = "" if alone else f" ({one.city.name})"
    if accounts:
        print(f"\n演示账号 / demonstration accounts{which}:")
        for account in accounts:
            who = f"{account.get('zh', '')} / {account.get('en', '')}"
            print(f"  {account.get('username', ''):<24} {account.get('password', ''):<20} {who}")
        return
    option = "" if alone else f" --city {one.city.name}"
    print(
        f"\n还没有人能登录时 / as long as nobody can sign in{which}: "
        f"./anlan administrator <姓名 name> <用户名 user-name>{option}"
    )


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
