"""The cities of one installation: `cities.json` in its data folder says which pack lies in which schema and folder.

The first city keeps the installation's own folder and the schema `public` (or ANLAN_SCHEMA); every further one has a
schema, an application role, keys, evidence and a port of its own. The standard library only; no database is asked.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from anlan.site.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent.parent.parent
FIRST_SCHEMA = "public"
REGISTRY = "cities.json"
PACK_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# Schemas that are PostgreSQL's or stand for another city.
TAKEN_NAMES = {"public", "information_schema", "anlan"}


@dataclass(frozen=True, slots=True)
class City:
    """One city of the installation: its pack, its schema, its folder within the data folder, its place in the ports."""

    name: str
    schema: str
    folder: str
    place: int

    def data(self, installation: Path) -> Path:
        """The folder that holds this city's keys, evidence and logs."""
        return installation / self.folder


def packs_folder() -> Path:
    """Where the packs lie (ANLAN_CITIES, else `cities/` of the project)."""
    return Path(os.environ.get("ANLAN_CITIES") or ROOT / "cities")


def packs() -> list[str]:
    """The names of the packs that are there."""
    return sorted(place.parent.name for place in packs_folder().glob("*/pack.yaml"))


def default_city() -> str:
    """The city of an installation that names none: what `default.txt` beside the packs says."""
    try:
        return (packs_folder() / "default.txt").read_text(encoding="utf-8").strip()
    except OSError:
        return next(iter(packs()), "city")


def require_pack(name: str) -> None:
    """Raise Trouble when there is no pack of that name."""
    if not PACK_NAME.fullmatch(name) or not (packs_folder() / name / "pack.yaml").is_file():
        known = ", ".join(packs()) or "-"
        raise Trouble(
            f"没有这个城市包: {name}（现有: {known}）。新建: ./anlan city new {name} --code …",
            f"No such city pack: {name} (there are: {known}). Make one: ./anlan city new {name} --code …",
        )


def known(installation: Path) -> list[City]:
    """The cities of this installation, in the order of their ports; none before the first start."""
    path = installation / REGISTRY
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return [City(**entry) for entry in read]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as why:
        raise Trouble(f"文件损坏: {path}（{why}）", f"The file is damaged: {path} ({why})") from None


def remember(installation: Path, cities: Sequence[City]) -> None:
    """Write the list whole: beside first, then in place."""
    kept = sorted(cities, key=lambda city: city.place)
    fresh = installation / f"{REGISTRY}.{os.getpid()}"
    fresh.write_text(json.dumps([asdict(city) for city in kept], indent=1) + "\n", encoding="utf-8")
    fresh.replace(installation / REGISTRY)


def chosen(installation: Path, names: Sequence[str]) -> list[City]:
    """The cities to be started: those named (new ones get a place), else all there are, else the default one."""
    there = known(installation)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Trouble(
            f"同一城市写了两次: {', '.join(twice)}", f"The same city is named twice: {', '.join(twice)}"
        )
    names = list(names) or [city.name for city in there] or [os.environ.get("ANLAN_CITY") or default_city()]
    found: list[City] = []
    for name in names:
        require_pack(name)
        city = next((one for one in there if one.name == name), None) or placed(name, there)
        there = there if city in there else [*there, city]
        found.append(city)
    return found


def one(installation: Path, name: str | None, *, may_be_new: bool = False) -> City:
    """The city a command works on: the one named, else the only one; raises Trouble where that is not clear.

    A command that asks no database (`may_be_new`) may look at a pack that is no city of this installation.
    """
    there = known(installation)
    name = name or os.environ.get("ANLAN_CITY")
    if may_be_new and name not in {city.name for city in there}:
        return City(name or default_city(), FIRST_SCHEMA, ".", 0)
    names = ", ".join(city.name for city in there)
    if not there:
        return placed(name or default_city(), [])
    if name is None and len(there) > 1:
        raise Trouble(
            f"这里有几个城市: {names}。用 --city 指定一个",
            f"There are several cities here: {names}. Name one with --city",
        )
    if name is None:
        return there[0]
    found = next((city for city in there if city.name == name), None)
    if found is None:
        raise Trouble(
            f"这里没有这个城市: {name}（现有: {names}）。先运行 ./anlan city add {name}",
            f"This city is not here: {name} (there are: {names}). First run ./anlan city add {name}",
        )
    return found


def schema_of(name: str) -> str:
    """The schema a further city gets; raises Trouble for a name that would be another's."""
    schema = name.replace("-", "_")
    if schema in TAKEN_NAMES or schema.startswith("pg_"):
        raise Trouble(f"这个名称不能用作城市: {name}", f"This name cannot be a city's: {name}")
    return schema


def schemas_of(schema: str) -> tuple[str, ...]:
    """The schemas a city's tables lie in: its own, and with ANLAN_JOBS_APART=1 one more for the tables of the job queue.

    The queue's tables have triggers, which a database that distributes a schema over machines refuses.
    """
    return (schema, f"{schema}_jobs") if os.environ.get("ANLAN_JOBS_APART") == "1" else (schema,)


def placed(name: str, there: Sequence[City]) -> City:
    """Return the place a new city takes; the first one keeps the installation's own folder and schema."""
    place = max((city.place for city in there), default=-1) + 1
    if not there:
        return City(name, os.environ.get("ANLAN_SCHEMA") or FIRST_SCHEMA, ".", place)
    schema = schema_of(name)
    other = next((city.name for city in there if city.schema == schema), None)
    if other:
        raise Trouble(
            f"{name} 与 {other} 会用同一个数据库模式 {schema}，请换一个名称",
            f"{name} and {other} would share the schema {schema}: choose another name",
        )
    return City(name, schema, f"cities/{name}", place)
