"""Any city of China becomes a pack: it is read, loaded and answers who regulates, with its counties alone."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.kernel.scope import pack as packs
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.pack_tables import settle
from anlan.kernel.scope.responsibility import responsibility
from anlan.kernel.scope.territory import territory_of_code
from anlan.site import pack_making, pack_writing
from anlan.site.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 11, 23)
ROWS = pack_making.national()
CITIES = sorted(code for code, row in ROWS.items() if row["level"] == "2" and row["kind"] != "placeholder")
WITHIN = {"110100": 16, "500100": 38, "310000": 16, "429004": 0, "441900": 0, "620200": 0, "222400": 8}


def made(code: str, folder: Path) -> packs.Pack:
    draft = pack_making.city_draft("some", code, ROWS)
    pack_writing.write(draft, folder)
    return packs.read(folder)


def loaded(pack: packs.Pack) -> Territory:
    settle(pack, DAY)
    return Territory.objects.get(segment=pack.about["root"])


def test_the_list_is_whole() -> None:
    levels = [row["level"] for row in ROWS.values()]
    assert (levels.count("1"), levels.count("2"), levels.count("3")) == (31, 342, 2978)


@pytest.mark.parametrize(("code", "counties"), WITHIN.items())
def test_the_unusual_ones_have_the_counties_they_should(code: str, counties: int, tmp_path: Path) -> None:
    pack = made(code, tmp_path / "some")
    levels = [territory.level for territory in pack.territories.values()]
    assert levels.count("county") == counties
    assert (levels.count("city"), levels.count("province")) == (1, 1)
    city = pack.territories[pack.about["root"]]
    assert city.name not in ("市辖区", "县")


@given(code=st.sampled_from(CITIES))
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_city_loads_and_is_regulated_with_counties_alone(
    db: None, tmp_path_factory: pytest.TempPathFactory, code: str
) -> None:
    pack = made(code, tmp_path_factory.mktemp("pack") / "some")
    with transaction.atomic():
        city = loaded(pack)
        again = settle(pack, DAY)
        assert not any(again.made.values())
        assert not any(again.changed.values())
        for place in [city, *city.children.exclude(level="zone")]:
            found = responsibility(place, "C", DAY)
            assert {"territorial", "direct", "comprehensive"} <= set(found.by_role), place
            assert found.regulator is not None
            assert not found.vacuums
        for county in city.children.all():
            assert territory_of_code(county.segment) == county
        # The next city of this test begins with empty tables.
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("810000", "--tree"),
        ("710000", "--tree"),
        ("419000", "419001"),
        ("220000", "220100"),
        ("220202", "220200"),
        ("999900", "999900"),
        ("changchun", "110100"),
        ("", "110100"),
    ],
)
def test_what_is_no_city_is_told(code: str, says: str) -> None:
    with pytest.raises(Trouble, match=re.escape(says)):
        pack_making.city_draft("some", code, ROWS)


def test_a_province_names_its_cities_and_their_packs() -> None:
    draft = pack_making.province_draft("some-province", "22", ROWS)
    members = {member["code"]: member["pack"] for member in draft.members}
    assert len(members) == 9
    assert members["2201"] == "changchun"
    assert members["2203"] == ""


TREE = (
    "code,name,parent,level\nXX,Testland,,2\n001,Alpha County,XX,3\n002,Beta County,XX,3\n001A,Gamma,001,4\n"
)


def test_any_tree_becomes_a_place_for_trials(db: None, tmp_path: Path) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(TREE, encoding="utf-8")
    pack_writing.write(pack_making.tree_draft("scratch", file), tmp_path / "scratch")
    city = loaded(packs.read(tmp_path / "scratch"))
    assert city.name == "Testland"
    below = territory_of_code("001A")
    assert below is not None
    assert below.path == "/XX/001/001A/"
    found = responsibility(below, "26", DAY).regulator
    assert found is not None
    assert found.name.startswith("Alpha County")


def test_several_tops_hang_under_one_place(db: None, tmp_path: Path) -> None:
    file = tmp_path / "tree.csv"
    file.write_text("code,name,parent,level\nNV,Nevada,,3\nUT,Utah,,3\nNV1,Clark,NV,4\n", encoding="utf-8")
    pack_writing.write(pack_making.tree_draft("scratch", file), tmp_path / "scratch")
    city = loaded(packs.read(tmp_path / "scratch"))
    assert [county.name for county in city.children.order_by("path")] == ["Nevada", "Utah"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code,name\n1,x\n", "parent"),
        ("code,name,parent,level\n1,x,,2\n1,y,,2\n", "1"),
        ("code,name,parent,level\n1,x,,2\n2,y,9,3\n", "9"),
        ("code,name,parent,level\n1,x,,seven\n", ":2"),
        ("code,name,parent,level\n", "level 2"),
    ],
)
def test_a_wrong_tree_is_told(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Trouble, match=re.escape(says)):
        pack_making.tree_draft("scratch", file)


def test_no_line_of_code_knows_a_city() -> None:
    """Texts of law and policy name whom they were written for; nothing else does."""
    known = [re.escape(word) for path in ROOT.glob("cities/*/pack.yaml") for word in _names(path)]
    pattern = re.compile("|".join(known), re.IGNORECASE)
    for folder, endings in (("src/anlan", (".py", ".html", ".yaml")), ("frontend/src", (".ts", ".css"))):
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if (
                path.suffix in endings
                and "/tests/" not in name
                and path.name not in ("clauses.yaml", "instruments.yaml")
            ):
                found = pattern.search(path.read_text(encoding="utf-8"))
                assert not found, f"{name}: {found and found.group()}"


def _names(path: Path) -> list[str]:
    import yaml

    about = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [about["key"], about["name"]["zh"].rstrip("市省")]
