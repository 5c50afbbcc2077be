"""Writing a starter pack: the files of docs/city-pack.md from a draft, whole or not at all."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from shapely.geometry import mapping, shape
from shapely.ops import unary_union

from anlan.site import cities, points
from anlan.site.pack_making import NATIONAL, Draft, six_digits
from anlan.site.trouble import Trouble

TEMPLATES = ("departments.yaml", "remits.yaml")
# Where the map opens as long as nobody said where the city lies: the whole country.
SOMEWHERE = (104.0, 36.0, 4)
COLUMNS = {
    "territories.csv": "code name name_en parent level kind from to source note",
    "zones.csv": "zone territory district from to confidence note",
    "codes.csv": "territory system code from to source confidence note",
    "anchors.csv": "code name lon lat precision basis",
    "points.csv": "code longitude latitude precision basis",
}


def write(draft: Draft, folder: Path) -> None:
    """Write the pack whole; refuses a folder that is there."""
    if folder.exists():
        raise Trouble(f"已有这个文件夹: {folder}", f"The folder is there already: {folder}")
    making = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    centre = _write_boundaries(draft, making)
    derived = _points(draft, centre)
    _table(making / "territories.csv", (
        (p.code, p.name, p.name_en, p.parent, p.level, p.kind, "", "", draft.source, "") for p in draft.places
    ))  # fmt: skip
    _table(making / "codes.csv", _codes(draft))
    _table(making / "zones.csv", ())
    _table(making / "anchors.csv", ())
    _table(making / "points.csv", derived)
    _write_about(draft, making, centre)
    _write_bodies(draft, making)
    making.rename(folder)


def _write_boundaries(draft: Draft, folder: Path) -> tuple[float, float, int]:
    if draft.boundaries is None:
        known = [(float(p.lon), float(p.lat)) for p in draft.places if p.lon and p.lat]
        if not known:
            return SOMEWHERE
        return sum(x for x, _ in known) / len(known), sum(y for _, y in known) / len(known), 5
    (folder / "boundaries").mkdir()
    whole = unary_union([shape(one["geometry"]) for one in draft.boundaries["features"]])
    outline = {
        "type": "Feature",
        "id": draft.code,
        "properties": {"code": draft.code, "name": draft.root.name},
        "geometry": mapping(whole),
    }
    city = {"type": "FeatureCollection", "name": f"{draft.key}_city", "features": [outline]}
    for name, shapes in (("county", draft.boundaries), ("city", city)):
        text = json.dumps(shapes, ensure_ascii=False, separators=(",", ":"))
        (folder / "boundaries" / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")
    middle = whole.representative_point()
    return round(middle.x, 5), round(middle.y, 5), 6 if draft.kind == "province" else 8


def _points(draft: Draft, centre: tuple[float, float, int]) -> list[tuple[object, ...]]:
    """Points of places: given ones, else inside the polygon; the city itself at the middle of its outline."""
    found: list[tuple[object, ...]] = []
    rows = [
        {"code": p.code, "name": p.name, "parent": p.parent, "level": p.level, "kind": p.kind}
        for p in draft.places
    ]
    inside = points.derive(rows, [], [], draft.boundaries) if draft.boundaries else []
    derived = {point.code: point for point in inside}
    for place in draft.places:
        if place.lon and place.lat:
            found.append((place.code, place.lon, place.lat, "surveyed", draft.source))
        elif place.code in derived:
            point = derived[place.code]
            found.append((place.code, point.longitude, point.latitude, point.precision, point.basis))
        elif place is draft.root and draft.boundaries:
            found.append((place.code, centre[0], centre[1], "derived", "inside the outline"))
    return found


def _codes(draft: Draft) -> Iterator[tuple[str, ...]]:
    for place in draft.places:
        if place.division:
            # A municipality's own code is its province's: the city bears the four-digit one.
            yield (place.code, "nbs", place.division, "", "", draft.source, "sourced", "")
            if len(place.division) < 6:
                yield (
                    place.code,
                    "nbs",
                    six_digits(place.division),
                    "",
                    "",
                    draft.source,
                    "sourced",
                    "六位写法",
                )


def _table(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(COLUMNS[path.name].split())
        out.writerows(rows)


def _write_about(draft: Draft, folder: Path, centre: tuple[float, float, int]) -> None:
    zh, en = draft.root.name, draft.name_en or draft.root.name_en or draft.key.replace("-", " ").title()
    about: dict[str, Any] = {"key": draft.key}
    if draft.kind == "province":
        about |= {"kind": "province"}
    about |= {
        "code": draft.code,
        "root": draft.root.code,
        "version": "2023-06-30",
        "name": {"zh": zh, "en": en},
        "title": {"zh": f"{zh}安全生产平台 安澜", "en": f"{en} work safety platform Anlan"},
        "centre": dict(zip(("longitude", "latitude", "zoom"), centre, strict=True)),
        "time_zone": "Asia/Shanghai",
        "rules_where": draft.rules_where,
    }
    if draft.kind == "province":
        about["cities"] = draft.members
    about["attribution"] = [
        *draft.attribution,
        {
            "files": list(TEMPLATES),
            "what": {"zh": "部门与监管职责", "en": "Departments and their remits"},
            "source": {
                "zh": "全国通行结构的底稿，须以当地“三定”规定和责任清单核对",
                "en": "Template of the national structure, to be checked against the local duty lists",
            },
            "licence": "this project",
            "note": {
                "zh": "未核对前不得作为执法依据",
                "en": "Not to be used for a legal decision before it is checked",
            },
        },
    ]
    head = f"# Starter pack of {en}, to be completed and checked. How: docs/city-pack.md\n"
    text = yaml.safe_dump(about, allow_unicode=True, sort_keys=False, width=160)
    (folder / "pack.yaml").write_text(head + text, encoding="utf-8")


def _write_bodies(draft: Draft, folder: Path) -> None:
    kind = draft.kind if draft.root.division else "trial"
    for name in TEMPLATES:
        source = cities.packs_folder() / NATIONAL / kind / name
        shutil.copyfile(
            source if source.exists() else cities.ROOT / "cities" / NATIONAL / kind / name, folder / name
        )
