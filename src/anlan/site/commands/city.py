"""`./anlan city`: make a starter pack, add a city to the installation, check, load or renew a pack, derive its points.

Never deletes a territory or a body.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

NAME = "city"
HELP_ZH = "城市：new 新建城市包，add 加入本安装，list 列出，check 检查，load 载入或更新，points 推算点位"
HELP_EN = "Cities: new pack, add to this installation, list, check, load or renew a pack, derive its points"


def needs(args: argparse.Namespace) -> str:
    """Only loading asks the database."""
    return "owner" if args.do == "load" else "settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One word says what to do; the pack is the one named, or that of --city."""
    choices = ("new", "add", "list", "check", "load", "points")
    parser.add_argument("do", choices=choices, help="做什么 / what to do")
    parser.add_argument("name", nargs="?", help="城市包名称 / name of the pack")
    parser.add_argument("--code", help="new: 区划代码，如 220200 / division code such as 220200")
    parser.add_argument("--province", action="store_true", help="new: 建省级包 / a province's pack")
    parser.add_argument("--tree", type=Path, help="new: 任意区划 CSV（code,name,parent,level） / any tree")
    parser.add_argument(
        "--from", type=Path, dest="source", help="new: 另一份区划表 / another list of divisions"
    )
    parser.add_argument("--boundaries", type=Path, help="new: 界线 GeoJSON / boundaries")
    parser.add_argument("--name-en", default="", help="new: 英文名称 / English name")


def run(args: argparse.Namespace) -> int:
    """Do it; a fault in the pack is told with file and line, exit 2."""
    from django.conf import settings

    from anlan.kernel.scope.pack_files import PackError
    from anlan.kernel.scope.pack_tables import MovedError
    from anlan.site import cities, city

    name = args.name or settings.ANLAN_CITY
    try:
        if args.do == "new":
            return _new(args)
        if args.do == "list":
            return _list()
        if args.do == "load":
            print(json.dumps(city.load(settings.ANLAN_CITY), ensure_ascii=False, indent=2))
            return 0
        cities.require_pack(name)
        if args.do == "add":
            return _add(name)
        return _points(city.folder(name)) if args.do == "points" else _check(city.folder(name))
    except (PackError, MovedError) as fault:
        print(fault, file=sys.stderr)
        return 2


def _new(args: argparse.Namespace) -> int:
    from anlan.site import cities, pack_making, pack_writing
    from anlan.site.trouble import Trouble

    name = args.name or ""
    if not cities.PACK_NAME.fullmatch(name):
        raise Trouble(
            "需要名称: 小写字母、数字、- 或 _，以字母开头。例: ./anlan city new jinan --code 370100",
            "A name is needed: small letters, digits, - or _, a letter first. Example: ./anlan city new jinan --code 370100",
        )
    cities.schema_of(name)
    if bool(args.code) == bool(args.tree):
        raise Trouble("需要 --code 或 --tree 之一", "Either --code or --tree is needed")
    if args.tree:
        draft = pack_making.tree_draft(name, args.tree)
    else:
        rows = pack_making.national(args.source)
        make = pack_making.province_draft if args.province else pack_making.city_draft
        draft = make(name, args.code, rows)
    draft.name_en = args.name_en
    if args.boundaries:
        pack_making.add_boundaries(draft, args.boundaries)
    folder = cities.packs_folder() / name
    pack_writing.write(draft, folder)
    print(f"已建 / made: {folder}")
    _check(folder)
    print(f"下一步 / next: ./anlan city add {name} && ./anlan up")
    return 0


def _check(folder: Path) -> int:
    """Say that the pack is right, and what it does not have yet."""
    from anlan.kernel.scope import pack as packs

    pack = packs.read(folder)
    levels = [territory.level for territory in pack.territories.values()]
    name = pack.about["name"]
    print(f"{name['zh']} {name['en']}: {len(levels)} 个区划 territories")
    missing = {
        "乡镇（街道） / townships": "township" not in levels and pack.about.get("kind") != "province",
        "村（社区） / villages": "village" not in levels and pack.about.get("kind") != "province",
        "界线 / boundaries": not packs.boundaries(folder)[0]["features"],
        "点位 / points": not pack.points,
        "英文名称 / English names": any(not t.name_en for t in pack.territories.values()),
        "核对部门与职责 / check of departments and remits": any(
            r.confidence == "memory" for r in pack.remits
        ),
    }
    if still := [words for words, is_missing in missing.items() if is_missing]:
        print("还缺 / still missing: " + "；".join(still))
    return 0


def _add(name: str) -> int:
    from anlan.kernel.scope import pack as packs
    from anlan.site import cities

    packs.read(cities.packs_folder() / name)
    installation = Path(os.environ["ANLAN_INSTALLATION"])
    there = cities.known(installation)
    if any(city.name == name for city in there):
        print(f"已经在了 / is here already: {name}")
        return 0
    if not there and (installation / "db" / "pgdata").exists() and name != cities.default_city():
        # An installation of before there was a list: its city is the default one.
        there = cities.chosen(installation, [cities.default_city()])
    new = cities.placed(name, there)
    cities.remember(installation, [*there, new])
    print(f"已加入 / added: {name} (schema {new.schema}, +{new.place})。./anlan up")
    return 0


def _list() -> int:
    from anlan.site import cities, packs_about

    for city in cities.known(Path(os.environ["ANLAN_INSTALLATION"])):
        names = packs_about.names(city.name)
        print(f"{city.name:<20} schema {city.schema:<20} +{city.place:<3} {names['zh']} / {names['en']}")
    return 0


def _points(folder: Path) -> int:
    """Write points.csv anew; rows whose precision is `surveyed` are kept as they are."""
    from anlan.kernel.scope.pack import boundaries
    from anlan.site import points

    def rows(file: str) -> list[dict[str, str]]:
        path = folder / file
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    surveyed = {row["code"]: row for row in rows("points.csv") if row["precision"] == "surveyed"}
    derived = points.derive(
        rows("territories.csv"), rows("zones.csv"), rows("anchors.csv"), boundaries(folder)[0]
    )
    with (folder / "points.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(["code", "longitude", "latitude", "precision", "basis"])
        for point in derived:
            kept = surveyed.get(point.code)
            row = kept.values() if kept else (
                point.code, point.longitude, point.latitude, point.precision, point.basis
            )  # fmt: skip
            out.writerow(row)
    print(f"points.csv: {len(derived)} ({len(surveyed)} surveyed)")
    return 0
