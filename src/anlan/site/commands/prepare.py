"""`./anlan prepare`: brings the database to this version and loads what the installation starts with.

Migrations, the application role's rights, the city pack, the demonstration year; each is skipped when it was already
done from the same files, and each is done whole or not at all, so that a run broken off is simply run again. What was
done is kept in the table `installation` of the city's schema, beside the data it describes.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from anlan.site import cities, prepared
from anlan.site.collecting import look_seldom

NAME = "prepare"
HELP_ZH = "迁移数据库，装入城市包和演示数据（up 会自动执行）"
HELP_EN = "migrate the database, load the city pack and the demonstration year (up does this by itself)"
NEEDS = "owner"

TABLE = "CREATE TABLE IF NOT EXISTS installation (part text PRIMARY KEY, made_from text NOT NULL, at timestamptz NOT NULL)"
MIGRATION_LOCK = 570_192_201


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to load the demonstration year, and where to leave its accounts."""
    parser.add_argument("--no-demo", action="store_true", help="不装入演示数据 / no demonstration data")
    # Not now, and yet not declined for good: a further city of the same start.
    parser.add_argument("--demo-later", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--say-city", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--accounts", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """One part after the other."""
    from django.db import connection

    look_seldom()
    _told.before = f"{os.environ['ANLAN_CITY']}: " if args.say_city else ""
    with connection.cursor() as cursor:
        # Two starts of one city: the second waits and then finds everything done.
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(current_schema()))", [MIGRATION_LOCK])
        cursor.execute(TABLE)
        cursor.execute("DELETE FROM installation WHERE part = %s", [prepared.PART])
    migrate()
    grant_rights()
    grant_to_province()
    load_city()
    if not args.demo_later:
        make_demonstration(declined=args.no_demo)
    _remember(prepared.PART, prepared.made_from(os.environ))
    if args.accounts:
        args.accounts.write_text(json.dumps(accounts(), ensure_ascii=False))
    return 0


def migrate() -> None:
    """Apply what is not applied yet."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        with _told("更新数据库结构", f"migrating the database ({len(plan)} steps)"):
            _migrate_jobs()
            call_command("migrate", interactive=False, verbosity=0)


def _migrate_jobs() -> None:
    """Put the job queue's tables into the schema they are to have, where that is one of their own."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    own, *apart = cities.schemas_of(settings.ANLAN_SCHEMA)
    if not apart:
        return
    MigrationRecorder(connection).ensure_schema()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', %s, false)", [f"{apart[0]},{own}"])
        call_command("migrate", "procrastinate", interactive=False, verbosity=0)
        cursor.execute("SELECT set_config('search_path', %s, false)", [f"{own},{apart[0]}"])


def grant_rights() -> None:
    """Give the application's role what it needs and no more, if it is a role of its own."""
    from urllib.parse import urlsplit

    from django.conf import settings
    from django.db import connection, transaction

    from anlan.kernel.ledger import privileges_sql
    from anlan.site import roles

    application = urlsplit(settings.ANLAN_APPLICATION_URL).username
    if not application or application == connection.settings_dict["USER"]:
        return
    # In one transaction: at no moment may a running application rewrite the ledger.
    with transaction.atomic(), connection.cursor() as cursor:
        own, *apart = cities.schemas_of(settings.ANLAN_SCHEMA)
        roles.grant(connection.connection, own, application, roles.append_only_tables())
        for schema in apart:
            roles.grant(connection.connection, schema, application, set())
        for statement in privileges_sql(application):
            cursor.execute(statement)


def grant_to_province() -> None:
    """Let a province's role read the roll-ups of its cities here, and nothing else of theirs."""
    from urllib.parse import urlsplit

    from django.conf import settings
    from django.db import DatabaseError, connection, transaction

    from anlan.kernel.indicators.across import readable
    from anlan.site import provinces

    application = urlsplit(settings.ANLAN_APPLICATION_URL).username
    if not application or application == connection.settings_dict["USER"]:
        return
    for member in settings.ANLAN_PROVINCE:
        schema = settings.ANLAN_CITY_SCHEMAS.get(member["pack"])
        if schema:
            try:
                with transaction.atomic():
                    provinces.grant_reading(connection.connection, schema, application, readable())
            except DatabaseError:
                # Another owner's tables: docs/scale.md says what that owner grants.
                print(f"· {member['pack']}: 无权授予 / not ours to grant", file=sys.stderr)


def load_city() -> None:
    """Load the pack of the city, when it or its loader changed."""
    from django.conf import settings

    loader = _module("anlan.site.city")
    if loader is None:
        return
    cities.require_pack(settings.ANLAN_CITY)
    pack = Path(settings.ANLAN_CITIES) / settings.ANLAN_CITY
    _require_same_city(pack.name)
    from anlan.kernel.scope.pack_files import PackError
    from anlan.kernel.scope.pack_tables import MovedError
    from anlan.site.trouble import Trouble

    try:
        _once(
            f"city:{pack.name}",
            _digest_of(pack),
            "装入城市包",
            "loading the city pack",
            lambda: loader.load(pack.name),
        )
    except (PackError, MovedError) as fault:
        raise Trouble(f"城市包有误: {pack}\n{fault}", f"The pack is wrong: {pack}") from None


def _require_same_city(name: str) -> None:
    """Refuse to load a city over another one: its places would all be ended."""
    from django.db import connection

    from anlan.site.trouble import Trouble

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(part, 6) FROM installation WHERE part LIKE 'city:%%' AND part <> %s",
            [f"city:{name}"],
        )
        other = cursor.fetchone()
    if other:
        raise Trouble(
            f"这里已是另一个城市: {other[0]}。再加一个城市: ./anlan up --city {other[0]} --city {name}",
            f"This is another city's place: {other[0]}. To add a city: ./anlan up --city {other[0]} --city {name}",
        )


def make_demonstration(*, declined: bool) -> None:
    """Make the demonstration year once: never again after `demo clear`, and never beside data that began without it."""
    demo = _module("anlan.site.demo")
    if declined:
        _remember("demo", "declined", keep=True)
    elif demo is not None and not _made_from("demo"):
        if not demo.has_ground():
            print(f"· {_told.before}{demo.NO_GROUND}", file=sys.stderr)
            return
        # Not in one transaction: its processes work side by side, and it begins anew by itself after a crash.
        with _told("生成一年的演示数据（几分钟，只此一次）", "making a demonstration year (minutes, once)"):
            _in_size(demo.make)()
        _remember("demo", "made")


def _in_size(make: Callable[..., object]) -> Callable[[], object]:
    """The whole year, or with ANLAN_DEMO=small a corner of it that tests can wait for."""
    size = {"firms": 40, "dangers": 150} if os.environ.get("ANLAN_DEMO") == "small" else {}
    return lambda: make(**size)


def accounts() -> list[dict[str, str]]:
    """One demonstration account per role, as the demonstration names them; none where there is no demonstration."""
    demo = _module("anlan.site.demo")
    if demo is None or _made_from("demo") != "made" or not hasattr(demo, "accounts"):
        return []
    return [dict(account) for account in demo.accounts()]


def _once(part: str, made_from: str, zh: str, en: str, make: Callable[[], object]) -> None:
    from django.db import transaction

    if _made_from(part) == made_from:
        return
    with _told(zh, en), transaction.atomic():
        make()
        _remember(part, made_from)


def _made_from(part: str) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT made_from FROM installation WHERE part = %s", [part])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _remember(part: str, made_from: str, *, keep: bool = False) -> None:
    from django.db import connection

    change = "NOTHING" if keep else "UPDATE SET made_from = EXCLUDED.made_from, at = EXCLUDED.at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO installation VALUES (%s, %s, now()) ON CONFLICT (part) DO {change}",  # noqa: S608
            [part, made_from],
        )


def _module(name: str) -> ModuleType | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def _digest_of(pack: Path) -> str:
    from anlan.site import bootstrap

    return bootstrap.digest_under(pack, [*bootstrap.files_in(pack), Path(__file__).parent.parent / "city.py"])


class _told:
    """Tells what is being done before, and how long it took after."""

    before = ""

    def __init__(self, zh: str, en: str) -> None:
        self.words = f"{zh} / {en}"

    def __enter__(self) -> None:
        self.started = time.monotonic()
        print(f"· {self.before}{self.words} …", file=sys.stderr, flush=True)

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            print(f"  {time.monotonic() - self.started:.1f} s", file=sys.stderr, flush=True)
