"""The city pack of Changchun: whole, true to its source, loaded once or ten times with the same result.

Checks the files (parents, counts, points inside their county), the loader (idempotent, resumable, codes over
dates) and the resolver on the loaded city.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from anlan.kernel.scope import pack as packs
from anlan.kernel.scope.models import Party, PartyName, Remit, Territory, TerritoryCode, ZoneMember
from anlan.kernel.scope.pack_files import PackError
from anlan.kernel.scope.pack_tables import MovedError, settle
from anlan.kernel.scope.responsibility import responsibility
from anlan.kernel.scope.territory import territory_of_code
from anlan.site import points

FOLDER = Path(__file__).resolve().parent.parent / "cities" / "changchun"
DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def pack() -> packs.Pack:
    return packs.read(FOLDER)


@pytest.fixture
def loaded(db: None, pack: packs.Pack) -> packs.Pack:
    settle(pack, DAY)
    return pack


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "pack"))


def rows(file: str) -> list[dict[str, str]]:
    with (FOLDER / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_counts_are_those_of_the_source(pack: packs.Pack) -> None:
    levels = Counter(t.level for t in pack.territories.values())
    assert levels == {"province": 1, "city": 1, "county": 11, "zone": 4, "township": 231, "village": 2798}
    assert len(pack.members) == 29
    assert Counter(m.zone for m in pack.members) == {"220171": 5, "220172": 12, "220173": 6, "220174": 6}


def test_every_point_lies_inside_its_county(pack: packs.Pack) -> None:
    shapes = {f["properties"]["code"]: shape(f["geometry"]) for f in packs.boundaries(FOLDER)[0]["features"]}
    for point in pack.points.values():
        territory = pack.territories[point.code]
        county = pack.county_of(territory)
        at = Point(float(point.longitude), float(point.latitude))
        if county:
            assert shapes[county.code].contains(at), territory
        else:
            assert any(polygon.contains(at) for polygon in shapes.values()), territory
    assert {t.code for t in pack.territories.values() if t.level in ("township", "village")} <= set(
        pack.points
    )


def test_points_are_derived_the_same_way_again(pack: packs.Pack) -> None:
    again = points.derive(
        rows("territories.csv"),
        rows("zones.csv"),
        rows("anchors.csv"),
        json.loads((FOLDER / "boundaries" / "county.geojson").read_text(encoding="utf-8")),
    )
    assert [(p.code, str(p.longitude), str(p.latitude), p.precision) for p in again] == [
        (p.code, p.longitude, p.latitude, p.precision) for p in pack.points.values()
    ]


def test_nothing_is_claimed_surveyed(pack: packs.Pack) -> None:
    assert {p.precision for p in pack.points.values()} == {"geonames", "memory", "derived"}
    villages = [p for p in pack.points.values() if pack.territories[p.code].level == "village"]
    assert {p.precision for p in villages} == {"derived"}


def test_every_source_names_its_licence(pack: packs.Pack) -> None:
    for row in pack.attribution:
        assert row["source"]["zh"]
        assert row["source"]["en"]
        assert row["licence"]
        assert row["version"]
    named = {file for row in pack.attribution for file in row["files"]}
    data = {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.suffix in (".csv", ".geojson")}
    assert data <= named


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (
            "territories.csv",
            "220102001,南岭街道,Nanling Subdistrict,220102,",
            "220102001,南岭街道,,229999,",
            19,
        ),
        ("codes.csv", "220102001,nbs,", "999999999,nbs,", 2),
        ("zones.csv", "220171001,临河街道,220102", "220171001,临河街道,220103", 2),
        ("points.csv", "125.32278,43.88,geonames", "225.32278,43.88,geonames", 2),
        ("departments.yaml", "sector: work_safety", "sector: nonsense", 15),
        (
            "remits.yaml",
            "party: government, role: territorial, at: [city",
            "party: nobody, role: x, at: [city",
            9,
        ),
    ],
)
def test_an_error_names_file_and_line(broken: Path, file: str, old: str, new: str, line: int) -> None:
    text = (broken / file).read_text(encoding="utf-8")
    assert old in text
    (broken / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        packs.read(broken)
    assert (caught.value.file, caught.value.line) == (file, line)


def test_a_file_that_is_no_table_is_refused(broken: Path) -> None:
    (broken / "territories.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(PackError, match="columns missing"):
        packs.read(broken)


def test_an_authority_file_wins(broken: Path) -> None:
    shapes, note = packs.boundaries(broken)
    assert not note["authority"]
    assert "审图号" in note["note"]["zh"]
    shapes["features"] = shapes["features"][:2]
    (broken / "boundaries" / "authority.geojson").write_text(json.dumps(shapes), encoding="utf-8")
    own, note = packs.boundaries(broken)
    assert len(own["features"]) == 2
    assert note["authority"]
    assert "GeoNames" in note["source"]["en"]  # the points are still theirs
    for bad in ("[]", "{", '{"features": [1]}', '{"features": [{"geometry": {}, "properties": {}}]}'):
        (broken / "boundaries" / "authority.geojson").write_text(bad, encoding="utf-8")
        with pytest.raises(PackError, match=r"authority\.geojson"):
            packs.boundaries(broken)


def test_loading_twice_changes_nothing(loaded: packs.Pack) -> None:
    tables = (Territory, TerritoryCode, ZoneMember, Party, PartyName, Remit)
    before = [set(table.objects.values_list()) for table in tables]
    again = settle(loaded, DAY)
    assert sum(again.made.values()) == sum(again.changed.values()) == again.ended == 0
    assert before == [set(table.objects.values_list()) for table in tables]


def test_a_territory_that_is_gone_ends_and_stays(broken: Path, loaded: packs.Pack) -> None:
    path = broken / "territories.csv"
    text = path.read_text(encoding="utf-8").splitlines(keepends=True)
    gone = "220102001001"
    path.write_text("".join(line for line in text if not line.startswith(gone)), encoding="utf-8")
    for file in ("points.csv", "codes.csv"):
        whole = (broken / file).read_text(encoding="utf-8").splitlines(keepends=True)
        (broken / file).write_text("".join(r for r in whole if not r.startswith(gone)), encoding="utf-8")
    assert settle(packs.read(broken), DAY).ended == 1
    assert Territory.objects.get(segment=gone).valid_to == DAY


def test_a_territory_that_moved_is_refused(broken: Path, loaded: packs.Pack) -> None:
    path = broken / "territories.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("220102013,盛世街道,Shengshi Subdistrict,220102,", "220102013,盛世街道,,220103,"),
        "utf-8",
    )
    with pytest.raises(MovedError):
        settle(packs.read(broken), DAY)
    assert Territory.objects.get(segment="220102013").parent.segment == "220102"


def test_codes_resolve_over_the_years(loaded: packs.Pack) -> None:
    def name(code: str, on: date | None = None) -> str:
        found = territory_of_code(code, on)
        return found.name if found else ""

    assert name("220381", date(2019, 6, 1)) == "公主岭市"
    assert name("220184", date(2026, 1, 1)) == "公主岭市"
    assert name("220181", date(2010, 1, 1)) == "九台区"
    assert name("220113") == "九台区"
    assert name("220125", date(1990, 1, 1)) == "双阳区"
    # The same nine digits were given to two streets by two lists: the day decides.
    assert name("220102010", date(2024, 1, 1)) == "鸿城街道"
    assert name("220102010", date(2026, 10, 1)) == "永兴街道"
    assert name("220172001", date(2024, 1, 1)) == "永兴街道"


def test_a_zone_cuts_across_districts(loaded: packs.Pack) -> None:
    zone = Territory.objects.get(segment="220171")
    paths = zone.prefixes()
    assert zone.path in paths
    assert {p.split("/")[3] for p in paths} == {"220171", "220102", "220103", "220105"}


def test_departments_change_by_dated_rows(loaded: packs.Pack) -> None:
    bureau = Party.objects.get(key="2201:emergency")
    assert bureau.name == "长春市应急管理局"
    assert bureau.name_on(date(2018, 6, 1)) == "长春市安全生产监督管理局"
    place = Territory.objects.get(segment="220102001001")
    before = responsibility(place, "2614", date(2018, 6, 1), "occupational_health").by_role["special"]
    after = responsibility(place, "2614", date(2020, 6, 1), "occupational_health").by_role["special"]
    assert {r.name for r in before} == {"南关区安全生产监督管理局", "长春市安全生产监督管理局"}
    assert {r.name for r in after} == {"南关区卫生健康委员会", "长春市卫生健康委员会"}


def test_in_a_zone_the_zone_acts_for_the_district(loaded: packs.Pack) -> None:
    village = Territory.objects.filter(parent__segment="220171001").first()
    assert village
    answer = responsibility(village, "3360", DAY)
    assert answer.by_role["direct"][0].name == "长春经济技术开发区应急管理局"
    assert answer.by_role["territorial"][0].name == "南关区临河街道办事处"
    assert "南关区人民政府" not in {r.name for r in answer.by_role["territorial"]}
    assert not answer.vacuums
    assert not answer.overlaps


def test_no_industry_has_two_direct_regulators(loaded: packs.Pack) -> None:
    village = Territory.objects.get(segment="220102001001")
    empty = set()
    for industry in [
        *"ABCDEFGHIJKLMNOPQRS",
        *(f"{n:02d}10" for n in range(1, 98)),
        "2671",
        "4812",
        "5265",
        "7861",
    ]:
        answer = responsibility(village, industry, DAY)
        assert not answer.overlaps, (industry, [str(o) for o in answer.overlaps])
        if not answer.by_role.get("direct"):
            empty.add(industry[:2])
    # A vacuum is told, never hidden: these have no direct regulator in the pack.
    assert {"J", "M", "S", "77"} <= empty
