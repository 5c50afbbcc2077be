"""Lays what a command needs before it runs: the data folder, the keys, the database's address, Django.

Order of precedence: the command's options, then ANLAN_* variables, then the embedded database under `data/`.
"""

from __future__ import annotations

import argparse
import os
import secrets
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent


class Trouble(Exception):
    """Something a person must put right; the text is in both languages and is all they are shown."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every command with a database understands."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="数据目录 / data folder (./data)")
    parser.add_argument("--city", metavar="NAME", help="城市包 / city pack (changchun)")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="使用自己的 PostgreSQL 服务器（所有者角色）/ use your own PostgreSQL server, as the role that owns it",
    )


def lay(needs: str, options: argparse.Namespace, stack: ExitStack) -> None:
    """Lay the environment; what must be given back (the embedded server) is put on `stack`."""
    if needs == "nothing":
        return
    data_folder(options)
    if getattr(options, "city", None):
        os.environ["ANLAN_CITY"] = options.city
    make_keys(Path(os.environ["ANLAN_DATA"]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anlan.site.settings")
    if needs in ("database", "owner"):
        lay_database(getattr(options, "database_url", None), needs, stack)
    if needs in ("database", "owner", "settings"):
        import django

        django.setup()


def data_folder(options: argparse.Namespace) -> Path:
    """Make the data folder and name it in the environment; raises Trouble when it cannot be written."""
    given = getattr(options, "data", None) or os.environ.get("ANLAN_DATA") or ROOT / "data"
    folder = Path(given).expanduser().resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        probe = folder / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as why:
        raise Trouble(
            f"数据目录不可写: {folder} ({why.strerror})。换一个目录: --data DIR",
            f"The data folder cannot be written: {folder} ({why.strerror}). Choose another one: --data DIR",
        ) from None
    os.environ["ANLAN_DATA"] = str(folder)
    return folder


def make_keys(data: Path) -> None:
    """The keys of sessions and of the vault, made once, readable by their owner alone."""
    folder = data / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = Path(os.environ.setdefault("ANLAN_SECRET_FILE", str(folder / "django-secret")))
    if not path.exists():
        # Written whole and then named, so that a kill in between leaves no half key.
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        fresh.rename(path)
    from anlan.kernel.vault import ensure_keys

    ensure_keys(folder)


def lay_database(url: str | None, needs: str, stack: ExitStack) -> None:
    """Name the database's addresses; starts or joins the embedded server unless an address is given."""
    from anlan.site import roles
    from anlan.site.database import Cluster, DatabaseTrouble

    url = _given(url)
    try:
        if url is None:
            os.environ["ANLAN_EMBEDDED"] = "1"
            cluster = stack.enter_context(Cluster(Path(os.environ["ANLAN_DATA"]) / "db").in_use())
            owner, application = roles.embedded(cluster)
        else:
            chosen = os.environ.get("ANLAN_APPLICATION_DATABASE_URL") or os.environ.get("ANLAN_DATABASE_URL")
            owner, application = roles.given(url, chosen)
    except (DatabaseTrouble, OSError) as why:
        raise Trouble(f"数据库不可用: {why}", f"The database is not available: {why}") from None
    os.environ["ANLAN_OWNER_DATABASE_URL"] = owner
    os.environ["ANLAN_APPLICATION_DATABASE_URL"] = application
    os.environ["ANLAN_DATABASE_URL"] = owner if needs == "owner" else application


def database_is_given(url: str | None) -> bool:
    """Whether somebody named a database, so that the embedded one stays asleep."""
    return os.environ.get("ANLAN_EMBEDDED") != "1" and _given(url) is not None


def _given(url: str | None) -> str | None:
    return url or os.environ.get("ANLAN_OWNER_DATABASE_URL") or os.environ.get("ANLAN_DATABASE_URL")
