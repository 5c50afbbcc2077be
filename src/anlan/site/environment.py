"""Lays what a command needs before it runs: the data folder, the keys, the database's address, Django.

Order of precedence: the command's options, then ANLAN_* variables, then the embedded database under `data/`.
"""

from __future__ import annotations

import argparse
import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anlan.site import cities
from anlan.site.trouble import Trouble as Trouble

if TYPE_CHECKING:
    from anlan.site.database import Cluster

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def add_arguments(parser: argparse.ArgumentParser, *, many: bool = False) -> None:
    """The options that every command with a database understands."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="数据目录 / data folder (./data)")
    if many:
        parser.add_argument(
            "--city",
            metavar="NAME",
            action="append",
            default=[],
            help="城市包，可多次 / city pack, may be repeated (all cities of this installation)",
        )
    else:
        parser.add_argument("--city", metavar="NAME", help="城市 / the city, where there are several")
    parser.add_argument("--cities", type=Path, metavar="DIR", help="城市包目录 / folder of packs (./cities)")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="使用自己的 PostgreSQL 服务器（所有者角色）/ use your own PostgreSQL server, as the role that owns it",
    )


def lay(needs: str, options: argparse.Namespace, stack: ExitStack) -> None:
    """Lay the environment; what must be given back (the embedded server) is put on `stack`."""
    if needs == "nothing":
        return
    if getattr(options, "cities", None):
        os.environ["ANLAN_CITIES"] = str(options.cities.resolve())
    installation = data_folder(options)
    # A program that `up` started is in its city already.
    if "ANLAN_INSTALLATION" not in os.environ or getattr(options, "data", None):
        name = getattr(options, "city", None)
        enter(installation, cities.one(installation, name, may_be_new=needs == "settings"))
    make_keys(Path(os.environ["ANLAN_DATA"]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anlan.site.settings")
    if needs in ("database", "owner"):
        cluster = lay_database(getattr(options, "database_url", None), stack)
        name_database(Addresses.given(getattr(options, "database_url", None)), cluster, needs)
    if needs in ("database", "owner", "settings"):
        import django

        django.setup()


def enter(installation: Path, city: cities.City) -> None:
    """Let everything after this work on one city: its pack, its schema, its folder, its own keys."""
    data = city.data(installation)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    first = city.folder == "."
    if not first or "ANLAN_SECRET_FILE" not in os.environ:
        os.environ["ANLAN_SECRET_FILE"] = str(data / "keys" / "django-secret")
    if os.environ.get("ANLAN_EVIDENCE_S3_BUCKET") and not first:
        prefix = os.environ.setdefault(
            "ANLAN_EVIDENCE_S3_PREFIX_OF_ALL", os.environ.get("ANLAN_EVIDENCE_S3_PREFIX", "")
        )
        os.environ["ANLAN_EVIDENCE_S3_PREFIX"] = f"{prefix}{city.name}/"
    everybody = " ".join(f"{one.name}={one.schema}" for one in cities.known(installation))
    os.environ.setdefault("ANLAN_CITY_SCHEMAS", everybody)
    os.environ |= {
        "ANLAN_INSTALLATION": str(installation),
        "ANLAN_DATA": str(data),
        "ANLAN_CITY": city.name,
        "ANLAN_SCHEMA": city.schema,
    }


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


@dataclass(frozen=True, slots=True)
class Addresses:
    """The database addresses somebody gave: by option or variable, before any city was entered."""

    owner: str | None
    application: str | None

    @classmethod
    def given(cls, url: str | None) -> Addresses:
        """Read them from the option and the environment."""
        chosen = os.environ.get("ANLAN_APPLICATION_DATABASE_URL") or os.environ.get("ANLAN_DATABASE_URL")
        return cls(_given(url), chosen)


def lay_database(url: str | None, stack: ExitStack) -> Cluster | None:
    """Start or join the embedded server; None when an address is given, so that it stays asleep."""
    from anlan.site.database import Cluster, DatabaseTrouble

    if _given(url) is not None:
        return None
    os.environ["ANLAN_EMBEDDED"] = "1"
    folder = os.environ.get("ANLAN_INSTALLATION") or os.environ["ANLAN_DATA"]
    try:
        return stack.enter_context(Cluster(Path(folder) / "db").in_use())
    except (DatabaseTrouble, OSError) as why:
        raise _not_available(why) from None


def name_database(given: Addresses, cluster: Cluster | None, needs: str) -> None:
    """Name the addresses of the city entered: its schema and its application role are made if missing."""
    import psycopg

    from anlan.site import roles

    schema = os.environ.get("ANLAN_SCHEMA") or cities.FIRST_SCHEMA
    try:
        if cluster is not None:
            owner, application = roles.embedded(cluster, schema)
        else:
            keys = Path(os.environ["ANLAN_DATA"]) / "keys"
            owner, application = roles.given(str(given.owner), given.application, schema, keys)
    except (psycopg.Error, OSError) as why:
        raise _not_available(why) from None
    os.environ["ANLAN_OWNER_DATABASE_URL"] = owner
    os.environ["ANLAN_APPLICATION_DATABASE_URL"] = application
    os.environ["ANLAN_DATABASE_URL"] = owner if needs == "owner" else application


def _not_available(why: Exception) -> Trouble:
    return Trouble(f"数据库不可用: {why}", f"The database is not available: {why}")


def _given(url: str | None) -> str | None:
    return url or os.environ.get("ANLAN_OWNER_DATABASE_URL") or os.environ.get("ANLAN_DATABASE_URL")
