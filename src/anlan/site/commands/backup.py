"""`./anlan backup` and, with `--restore`, the way back: database, evidence and keys in one file.

The database is dumped first and the files are copied after: evidence is named by its content and only ever added, so
that the copy may hold a file too many but never one too few. The file holds the keys, without which sealed fields
cannot be read: keep it as carefully as the installation itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from anlan.site.environment import Trouble

NAME = "backup"
HELP_ZH = "把数据库、证据和密钥备份到一个文件；--restore 恢复到空的数据目录"
HELP_EN = "save database, evidence and keys to one file; --restore brings them back into an empty data folder"
NEEDS = "owner"

DUMP = "database.dump"
# The server's own files, and what is only of this moment.
LEFT_OUT = ("db", "run", "logs", "tasks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and the direction."""
    parser.add_argument("file", type=Path, help="备份文件 / the file, for example anlan-2026-11-23.tar")
    parser.add_argument("--restore", action="store_true", help="从文件恢复 / bring back from the file")


def run(args: argparse.Namespace) -> int:
    """Save or bring back; the file is written whole or not at all."""
    file = args.file.expanduser().resolve()
    data = Path(os.environ["ANLAN_DATA"])
    if args.restore:
        restore(file, data)
    else:
        save(file, data)
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
                f"--schema={_schema()}",
                f"--file={dump}",
            )
            with tarfile.open(fresh, "w") as archive:
                archive.add(dump, DUMP)
                for entry in sorted(data.iterdir()):
                    if entry.name not in LEFT_OUT:
                        archive.add(entry, f"data/{entry.name}")
        fresh.rename(file)
    finally:
        fresh.unlink(missing_ok=True)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def restore(file: Path, data: Path) -> None:
    """Bring a backup back; only into a database and a folder that hold nothing yet."""
    from django.db import connection

    if connection.introspection.table_names():
        raise Trouble(
            "数据库不是空的；请用 --data 指定新的目录。",
            "The database is not empty; name a new folder with --data.",
        )
    with tempfile.TemporaryDirectory(dir=data) as place, tarfile.open(file) as archive:
        archive.extractall(place, filter="data")
        for entry in (Path(place) / "data").iterdir():
            _put(entry, data / entry.name)
        connection.close()
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
    subprocess.run(again, check=True)


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
