"""Reading a city pack: a folder of CSV, YAML and GeoJSON that tells the tree, the bodies and their remits.

A city is data (docs/city-pack.md). This file reads and checks it and names file and line of what is
wrong. It writes nothing (pack_tables does) and knows no city. Serves articles 3 to 5 (who answers for what).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from anlan.kernel.scope.pack_files import PackError, mapping, overlap, period, rows, without_lines
from anlan.kernel.scope.parties import CONFIDENCE, REMIT_ROLES
from anlan.kernel.scope.sectors import SECTORS

LEVEL_OF = {"1": "province", "2": "city", "3": "county", "4": "township", "5": "village"}
KINDS = {"province", "city", "county", "functional_zone", "street", "town", "township", "special", "village"}
PRECISIONS = {"surveyed", "geonames", "memory", "derived"}
PLACES_OF_BODIES = {"province", "city", "county", "zone", "township"}
INDUSTRY = re.compile(r"[A-T]|\d{2,4}")


@dataclass(frozen=True, slots=True)
class PackTerritory:
    """One node of the tree as the pack writes it; ``code`` is its lasting segment in our tree."""

    code: str
    name: str
    name_en: str
    parent: str
    level: str
    kind: str
    valid_from: date | None
    valid_to: date | None
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class PackCode:
    """A code that a territory bore in one system, from a day to a day."""

    territory: str
    system: str
    code: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class PackMember:
    """A territory that belongs to a functional zone."""

    zone: str
    territory: str
    valid_from: date | None
    valid_to: date | None
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class PackPoint:
    """Where a territory is shown, in WGS84 degrees, and how well that is known."""

    code: str
    longitude: str
    latitude: str
    precision: str
    basis: str


@dataclass(frozen=True, slots=True)
class PackName:
    """A name of a kind of body over a time; may hold ``{place}``, ``{county}`` and ``{unit}``."""

    zh: str
    en: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PackDepartment:
    """A kind of body that exists at some levels."""

    key: str
    sector: str
    at: tuple[str, ...]
    names: tuple[PackName, ...]
    units: dict[str, dict[str, str]]
    valid_from: date | None
    valid_to: date | None
    succeeded_by: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class PackRemit:
    """One row of who regulates what, for every level it is in force at."""

    party: str
    role: str
    at: tuple[str, ...]
    sector: str
    industry: tuple[str, ...]
    subject: str
    valid_from: date | None
    valid_to: date | None
    cite: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A whole pack, checked."""

    folder: Path
    about: dict[str, Any]
    territories: dict[str, PackTerritory]
    codes: tuple[PackCode, ...]
    members: tuple[PackMember, ...]
    points: dict[str, PackPoint]
    governments: dict[str, dict[str, str]]
    departments: dict[str, PackDepartment]
    remits: tuple[PackRemit, ...]
    attribution: tuple[dict[str, Any], ...] = field(default=())

    def county_of(self, territory: PackTerritory) -> PackTerritory | None:
        """Return the county a territory lies in (itself if it is one)."""
        while territory.level != "county":
            if territory.parent not in self.territories:
                return None
            territory = self.territories[territory.parent]
        return territory


def about(folder: Path) -> dict[str, Any]:
    """Return what ``pack.yaml`` says: names, title, centre of the map, attribution."""
    facts = mapping(folder, "pack.yaml")
    for key in ("key", "code", "root", "name", "title", "centre", "attribution"):
        if key not in facts:
            raise PackError("pack.yaml", 1, f"缺少 {key}", f"{key} is missing")
    told: dict[str, Any] = without_lines(facts)
    return told


def read(folder: Path) -> Pack:
    """Read and check a pack; raises PackError at the first thing that is wrong."""
    facts = about(folder)
    territories = _territories(folder)
    departments, governments = _departments(folder)
    return Pack(
        folder=folder,
        about=facts,
        territories=territories,
        codes=_codes(folder, territories),
        members=_members(folder, territories),
        points=_points(folder, territories),
        governments=governments,
        departments=departments,
        remits=_remits(folder, departments),
        attribution=tuple(facts["attribution"]),
    )


def boundaries(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the county boundaries (none in a new pack) and the note shown with them; an authority's file wins."""
    own = folder / "boundaries" / "authority.geojson"
    path = own if own.exists() else folder / "boundaries" / "county.geojson"
    if not path.exists():
        none = {"zh": "尚无界线", "en": "No boundaries yet"}
        return {"type": "FeatureCollection", "features": []}, {"source": none, "authority": False}
    shapes = _geojson(path)
    drawn = [row for row in about(folder)["attribution"] if row.get("shown_on_map")]
    mine: dict[str, Any] = next(
        (row for row in drawn if f"boundaries/{path.name}" in row.get("files", ())), {}
    )
    others = [
        row for row in drawn if not any(file.startswith("boundaries/") for file in row.get("files", ()))
    ]
    if own.exists():
        note = shapes.get("anlan_note") or {
            "zh": "主管部门提供的界线",
            "en": "Boundaries supplied by the authority",
        }
        mine = {"what": {"zh": "县级界线", "en": "County boundaries"}, "source": note}
    sources = [row["source"] for row in (mine, *others) if row.get("source")]
    said = {language: "; ".join(str(source[language]) for source in sources) for language in ("zh", "en")}
    return shapes, {**mine, "source": said, "authority": own.exists()}


def _geojson(path: Path) -> dict[str, Any]:
    """Return a FeatureCollection whose features name their county."""
    file = f"boundaries/{path.name}"
    try:
        shapes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as why:
        raise PackError(file, 1, f"无法读取：{why}", f"cannot be read: {why}") from None
    features = shapes.get("features") if isinstance(shapes, dict) else None
    if not isinstance(features, list) or not all(
        isinstance(one, dict) and one.get("geometry") and (one.get("properties") or {}).get("code")
        for one in features
    ):
        zh = "应为 FeatureCollection，每个要素有 geometry 和 properties.code"
        raise PackError(
            file, 1, zh, "a FeatureCollection is expected; each feature has geometry and properties.code"
        )
    return dict(shapes)


def _territories(folder: Path) -> dict[str, PackTerritory]:
    file, found = "territories.csv", dict[str, PackTerritory]()
    lines: dict[str, int] = {}
    for line, row in rows(folder, file, "code name name_en parent level kind from to source note"):
        level = LEVEL_OF.get(row["level"])
        if level is None or row["kind"] not in KINDS:
            raise PackError(
                file, line, f"级别或类别不明 {row['level']}/{row['kind']}", "unknown level or kind"
            )
        if not row["code"] or not row["name"] or row["code"] in found:
            raise PackError(
                file, line, f"代码为空或重复 {row['code']}", f"code empty or given twice: {row['code']}"
            )
        start, end = period(file, line, row)
        level = "zone" if row["kind"] == "functional_zone" else level
        found[row["code"]] = PackTerritory(
            row["code"], row["name"], row["name_en"], row["parent"], level, row["kind"], start, end,
            row["source"], row["note"],
        )  # fmt: skip
        lines[row["code"]] = line
    for code, territory in found.items():
        if territory.parent and territory.parent not in found:
            raise PackError(
                file, lines[code], f"上级不存在 {territory.parent}", f"no parent {territory.parent}"
            )
    _no_circle(file, found, lines)
    return found


def _no_circle(file: str, found: dict[str, PackTerritory], lines: dict[str, int]) -> None:
    for code, territory in found.items():
        above = [code]
        while territory.parent:
            if territory.parent in above:
                raise PackError(file, lines[code], "上下级成环", "the tree has a circle")
            above.append(territory.parent)
            territory = found[territory.parent]


def _codes(folder: Path, territories: dict[str, PackTerritory]) -> tuple[PackCode, ...]:
    file, found = "codes.csv", list[PackCode]()
    bearers: dict[tuple[str, str], list[PackCode]] = {}
    for line, row in rows(folder, file, "territory system code from to source confidence note"):
        _known(file, line, row["territory"], territories)
        code = PackCode(
            row["territory"], row["system"], row["code"], *period(file, line, row), row["source"],
            _confidence(file, line, row["confidence"]),
        )  # fmt: skip
        others = bearers.setdefault((code.system, code.code), [])
        for other in others:
            if other.territory != code.territory and overlap(other, code):
                raise PackError(
                    file, line, f"代码 {code.code} 同时属于 {other.territory}",
                    f"code {code.code} belongs to {other.territory} at the same time",
                )  # fmt: skip
        others.append(code)
        found.append(code)
    return tuple(found)


def _members(folder: Path, territories: dict[str, PackTerritory]) -> tuple[PackMember, ...]:
    file, found = "zones.csv", list[PackMember]()
    for line, row in rows(folder, file, "zone territory district from to confidence note"):
        _known(file, line, row["zone"], territories)
        _known(file, line, row["territory"], territories)
        if territories[row["zone"]].level != "zone":
            raise PackError(file, line, f"{row['zone']} 不是功能区", f"{row['zone']} is not a zone")
        if territories[row["territory"]].parent != row["district"]:
            raise PackError(
                file, line, f"{row['territory']} 在 territories.csv 中不属于 {row['district']}",
                f"territories.csv does not put {row['territory']} under {row['district']}",
            )  # fmt: skip
        member = PackMember(
            row["zone"], row["territory"], *period(file, line, row),
            _confidence(file, line, row["confidence"]), row["note"],
        )  # fmt: skip
        if any(other.territory == member.territory and overlap(other, member) for other in found):
            raise PackError(file, line, "同一时间属于两个功能区", "in two zones at the same time")
        found.append(member)
    return tuple(found)


def _points(folder: Path, territories: dict[str, PackTerritory]) -> dict[str, PackPoint]:
    file, found = "points.csv", dict[str, PackPoint]()
    for line, row in rows(folder, file, "code longitude latitude precision basis"):
        _known(file, line, row["code"], territories)
        try:
            there = -180 <= float(row["longitude"]) <= 180 and -90 <= float(row["latitude"]) <= 90
        except ValueError:
            there = False
        if not there or row["precision"] not in PRECISIONS:
            raise PackError(file, line, "坐标或精度无效", "the coordinates or the precision are not valid")
        found[row["code"]] = PackPoint(
            row["code"], row["longitude"], row["latitude"], row["precision"], row["basis"]
        )
    return found


def _departments(folder: Path) -> tuple[dict[str, PackDepartment], dict[str, dict[str, str]]]:
    file, found = "departments.yaml", dict[str, PackDepartment]()
    whole = mapping(folder, file)
    for row in whole.get("departments") or ():
        line = row["__line__"]
        at = _places(file, line, row)
        if not row.get("key") or row["key"] in found or not row.get("names"):
            raise PackError(file, line, "缺少 key、names 或重复", "key or names missing, or given twice")
        names = tuple(
            PackName(n["zh"], n.get("en", ""), *period(file, n["__line__"], n)) for n in row["names"]
        )
        for one, other in pairwise(names):
            if overlap(one, other):
                raise PackError(
                    file, line, f"{row['key']} 的名称时间重叠", f"names of {row['key']} overlap in time"
                )
        found[row["key"]] = PackDepartment(
            row["key"], _sector(file, line, row), at, names, without_lines(row.get("unit") or {}),
            *period(file, line, row), row.get("succeeded_by", ""), row.get("source", ""),
            _confidence(file, line, row.get("confidence", "memory")),
        )  # fmt: skip
    for department in found.values():
        if department.succeeded_by and department.succeeded_by not in found:
            raise PackError(
                file, 1, f"没有 {department.succeeded_by}", f"no department {department.succeeded_by}"
            )
    return found, without_lines(whole.get("governments") or {})


def _remits(folder: Path, departments: dict[str, PackDepartment]) -> tuple[PackRemit, ...]:
    file, found = "remits.yaml", list[PackRemit]()
    for row in mapping(folder, file).get("remits") or ():
        line = row["__line__"]
        if row.get("party") != "government" and row.get("party") not in departments:
            raise PackError(file, line, f"没有部门 {row.get('party')}", f"no department {row.get('party')}")
        if row.get("role") not in dict(REMIT_ROLES):
            raise PackError(file, line, f"没有角色 {row.get('role')}", f"no role {row.get('role')}")
        industry = tuple(str(one) for one in row.get("industry") or ("",))
        if any(one and not INDUSTRY.fullmatch(one) for one in industry):
            raise PackError(
                file, line, "行业须为门类字母或 2–4 位数字", "an industry is a letter or 2 to 4 digits"
            )
        found.append(
            PackRemit(
                row["party"],
                row["role"],
                _places(file, line, row),
                _sector(file, line, row),
                industry,
                row.get("subject", ""),
                *period(file, line, row),
                row.get("cite", ""),
                _confidence(file, line, row.get("confidence", "memory")),
            )
        )
    return tuple(found)


def _known(file: str, line: int, code: str, territories: dict[str, PackTerritory]) -> None:
    if code not in territories:
        raise PackError(file, line, f"territories.csv 中没有 {code}", f"territories.csv has no {code}")


def _confidence(file: str, line: int, value: str) -> str:
    if value not in dict(CONFIDENCE):
        raise PackError(file, line, f"可信度不明 {value}", f"unknown confidence {value}")
    return value


def _sector(file: str, line: int, row: dict[str, Any]) -> str:
    sector = row.get("sector") or ""
    if sector and sector not in SECTORS:
        raise PackError(file, line, f"没有领域 {sector}", f"no sector {sector}")
    return str(sector)


def _places(file: str, line: int, row: dict[str, Any]) -> tuple[str, ...]:
    at = tuple(row.get("at") or ())
    if not at or set(at) - PLACES_OF_BODIES:
        raise PackError(
            file, line, f"at 须为 {sorted(PLACES_OF_BODIES)} 之中", f"at: {sorted(PLACES_OF_BODIES)}"
        )
    return at
