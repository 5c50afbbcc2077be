"""`./anlan backup` and, with `--restore`, the way back: database, evidence and keys in one file.

The database is dumped first and the files are copied after: evidence is named by its content and only ever added, so
that the copy may hold a file too many but never one too few. The file holds the keys, without which sealed fields
cannot be read: keep it as carefully as the installation itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from anlan.site import cities, environment
from anlan.site.trouble import Trouble

NAME = "backup"
HELP_ZH = "把一个城市的数据库、证据和密钥备份到一个文件；--restore 恢复到空的数据目录"
HELP_EN = "save a city's database, evidence and keys to one file; --restore brings them back into an empty data folder"


def needs(args: argparse.Namespace) -> str:
    """Bringing back first reads from the file which city it is."""
    return "nothing" if args.restore else "owner"


DUMP = "database.dump"
ABOUT = "city.json"
# The server's own files, and what is only of this moment.
LEFT_OUT = ("db", "run", "logs", "tasks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and the direction."""
    parser.add_argument("file", type=Path, help="备份文件 / the file, for example anlan-2026-11-23.tar")
    parser.add_argument("--restore", action="store_true", help="从文件恢复 / bring back from the file")


def run(args: argparse.Namespace) -> int:
    """Save or bring back; the file is written whole or not at all."""
    file = args.file.expanduser().resolve()
    if args.restore:
        restore(file, args)
    else:
        save(file, Path(os.environ["ANLAN_DATA"]))
    return 0


def save(file: Path, data: Path) -> None:
    """Write the backup; refuses to overwrite one."""
    if file.exists():
        raise Trouble(f"文件已存在: {file}", f"The file exists already: {file}")
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as place:
            dump = Path(place) / DUMP
            _run(
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-acl",
                *(f"--schema={name}" for name in cities.schemas_of(_schema())),
                f"--file={dump}",
            )
            with tarfile.open(fresh, "w") as archive:
                archive.add(dump, DUMP)
                archive.add(_about(place), ABOUT)
                for entry in sorted(data.iterdir()):
                    if entry.name not in LEFT_OUT:
                        archive.add(entry, f"data/{entry.name}")
        fresh.rename(file)
    finally:
        fresh.unlink(missing_ok=True)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def restore(file: Path, args: argparse.Namespace) -> None:
    """Bring a city back: into a data folder without cities, or beside other cities than itself."""
    city = _city_in(file)
    with ExitStack() as stack:
        installation = environment.data_folder(args)
        there = cities.known(installation)
        if any(city.name == one.name or city.schema == one.schema for one in there):
            raise Trouble(
                f"这里已有这个城市: {city.name}。请用 --data 指定新的目录。",
                f"This city is here already: {city.name}. Name a new folder with --data.",
            )
        city = replace(city, place=max((one.place for one in there), default=-1) + 1)
        environment.enter(installation, city)
        environment.make_keys(city.data(installation))
        given = environment.Addresses.given(args.database_url)
        cluster = environment.lay_database(args.database_url, stack)
        environment.name_database(given, cluster, "owner")
        _bring_back(file, city.data(installation))
        cities.remember(installation, [*there, city])


def _bring_back(file: Path, data: Path) -> None:
    import psycopg

    with psycopg.connect(os.environ["ANLAN_OWNER_DATABASE_URL"]) as connection:
        held = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s", [_schema()]).fetchone()
    if held:
        raise Trouble(
            "数据库不是空的；请用 --data 指定新的目录。",
            "The database is not empty; name a new folder with --data.",
        )
    with tempfile.TemporaryDirectory(dir=data) as place, tarfile.open(file) as archive:
        archive.extractall(place, filter="data")
        for entry in (Path(place) / "data").iterdir():
            _put(entry, data / entry.name)
        _run(
            "pg_restore",
            "--no-owner",
            "--no-acl",
            "--exit-on-error",
            "--single-transaction",
            *_only_ours(place),
        )
    print(f"已恢复到 / brought back to {data}")
    again = [sys.executable, "-m", "anlan.site.main", "prepare", "--no-demo"]
    done = subprocess.run(
        again, check=False, env=os.environ | {"DJANGO_SETTINGS_MODULE": "anlan.site.settings"}
    )
    if done.returncode != 0:
        raise Trouble(
            "数据已恢复，但准备数据库失败。", "The data are back, but preparing the database failed."
        )


def _about(place: str) -> Path:
    """Say in the file which city it holds and where that lay."""
    path = Path(place) / ABOUT
    folder = Path(os.environ["ANLAN_DATA"]).relative_to(os.environ["ANLAN_INSTALLATION"])
    city = cities.City(os.environ["ANLAN_CITY"], _schema(), str(folder), 0)
    path.write_text(json.dumps(asdict(city)), encoding="utf-8")
    return path


def _city_in(file: Path) -> cities.City:
    """Read from a backup which city it holds; one of before there were several holds the default city."""
    try:
        with tarfile.open(file) as archive:
            if ABOUT not in archive.getnames():
                schema = os.environ.get("ANLAN_SCHEMA") or cities.FIRST_SCHEMA
                return cities.City(os.environ.get("ANLAN_CITY") or cities.default_city(), schema, ".", 0)
            held = archive.extractfile(ABOUT)
            told = cities.City(**json.loads(held.read())) if held else None
    except (OSError, tarfile.TarError, ValueError, TypeError) as why:
        raise Trouble(f"不是备份文件: {file}（{why}）", f"This is no backup: {file} ({why})") from None
    if (
        told is None
        or not cities.PACK_NAME.fullmatch(told.name)
        or ".." in told.folder
        or told.folder.startswith("/")
    ):
        raise Trouble(f"不是备份文件: {file}", f"This is no backup: {file}")
    return told


def _only_ours(place: str) -> list[str]:
    """Leave out the making of the schema itself when it is there already, as `public` always is."""
    dump = Path(place) / DUMP
    listed = subprocess.run(
        [_program("pg_restore"), "--list", str(dump)], capture_output=True, text=True, check=True
    )
    wanted = Path(place) / "list"
    lines = [
        line
        for line in listed.stdout.splitlines()
        if " SCHEMA - " not in line and " COMMENT - SCHEMA " not in line
    ]
    wanted.write_text("\n".join(lines) + "\n")
    return [f"--use-list={wanted}", "--dbname", os.environ["ANLAN_OWNER_DATABASE_URL"], str(dump)]


def _put(entry: Path, target: Path) -> None:
    if target.is_dir():
        for inner in entry.iterdir():
            _put(inner, target / inner.name)
    else:
        # A key that was made for the empty folder a moment ago gives way to the one that sealed the data.
        entry.replace(target)


def _schema() -> str:
    return os.environ.get("ANLAN_SCHEMA", "public")


def _program(name: str) -> str:
    from anlan.site.database import programs

    return str(programs() / name)


def _run(name: str, *words: str) -> None:
    where = [] if "--dbname" in words else ["--dbname", os.environ["ANLAN_OWNER_DATABASE_URL"]]
    done = subprocess.run([_program(name), *where, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"{name} 失败: {done.stderr.strip()}", f"{name} failed")
