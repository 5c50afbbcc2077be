"""`./anlan city`: check a pack's files, load or renew it, derive its points. Never deletes a territory or a body."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

NAME = "city"
HELP_ZH = "城市包：check 检查，load 载入或更新，points 推算点位"
HELP_EN = "City pack: check its files, load or renew it, derive its points"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One word says what to do; the pack is the one of --city."""
    parser.add_argument("do", choices=("check", "load", "points"), help="做什么 / what to do")


def run(args: argparse.Namespace) -> int:
    """Do it; a fault in the pack is told with file and line, exit 2."""
    from django.conf import settings

    from anlan.kernel.scope import pack as packs
    from anlan.kernel.scope.pack_files import PackError
    from anlan.kernel.scope.pack_tables import MovedError
    from anlan.site import city

    try:
        folder = city.folder(settings.ANLAN_CITY)
        if args.do == "points":
            return _points(folder)
        if args.do == "check":
            pack = packs.read(folder)
            print(
                f"{pack.about['name']['zh']} {pack.about['name']['en']}: {len(pack.territories)} 个区划 territories"
            )
            return 0
        print(json.dumps(city.load(settings.ANLAN_CITY), ensure_ascii=False, indent=2))
    except (PackError, MovedError) as fault:
        print(fault, file=sys.stderr)
        return 2
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
