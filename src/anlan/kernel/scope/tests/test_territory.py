"""The territory tree: paths, codes over time, zones as overlays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.scope.models import Territory, TerritoryCode, ZoneMember
from anlan.kernel.scope.territory import territory_of_code, under

segments = st.text("0123456789AZaz-.", min_size=1, max_size=4)
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts) + "/")


@st.composite
def neighbours(draw: Any) -> tuple[str, str]:
    """A prefix and a path near it: below it, beside it, or with a name that only begins alike."""
    prefix = draw(paths)
    tail = draw(
        st.sampled_from(["", "/", "0/", "00/", "1/", "./", "-/", "a/b/"])
        | segments.map(lambda text: f"{text}/")
    )
    return prefix, draw(st.sampled_from([prefix[:-1], prefix])) + tail


@given(neighbours())
@example(("/22/2201/", "/22/22010/"))
def test_the_range_of_a_path_is_exactly_what_begins_with_it(pair: tuple[str, str]) -> None:
    prefix, path = pair
    bounds = dict(under(prefix).children)
    low, high = bounds["path__gte"].encode(), bounds["path__lt"].encode()
    assert (low <= path.encode() < high) == path.startswith(prefix)


def test_the_database_compares_paths_bytewise(city: Any) -> None:
    """A locale that ignores ``/`` would let ``/22/2201/2201020/`` slip under ``/22/2201/220102/``."""
    sly = city.place("2201020", "相似县", "county", city.city)
    inside = set(Territory.objects.filter(under(city.county.path)).values_list("code", flat=True))
    assert inside == {"220102", "220102001", "220102001001", "220102001002"}
    assert sly not in Territory.objects.filter(under(city.county.path))


def test_ancestors_from_the_root_down(city: Any) -> None:
    assert [place.name for place in city.village.ancestors()] == [
        "吉林省", "长春市", "南关区", "南岭街道", "测试社区",
    ]  # fmt: skip


# --- codes over time


def code(place: Territory, text: str, since: date | None, until: date | None) -> TerritoryCode:
    return TerritoryCode.objects.create(territory=place, code=text, valid_from=since, valid_to=until)


def test_an_old_code_stays_resolvable(city: Any) -> None:
    code(city.far_county, "220381", None, date(2020, 6, 18))
    assert territory_of_code("220381") == city.far_county
    assert territory_of_code("220381", date(2019, 1, 1)) == city.far_county
    assert territory_of_code("220182", date(2026, 1, 1)) == city.far_county
    assert territory_of_code("999999") is None


def test_a_code_that_went_to_another_place_follows_the_date(city: Any) -> None:
    code(city.far_county, "220102", None, date(2010, 12, 31))
    code(city.county, "220102", date(2011, 1, 1), None)
    assert territory_of_code("220102", date(2010, 12, 31)) == city.far_county
    assert territory_of_code("220102", date(2011, 1, 1)) == city.county
    assert territory_of_code("220102") == city.county


def test_a_former_bearer_never_hides_the_present_one(city: Any) -> None:
    code(city.far_county, "220102", None, date(2010, 12, 31))
    assert territory_of_code("220102", date(2026, 1, 1)) == city.county


def test_of_two_former_bearers_the_later_one_is_meant(city: Any) -> None:
    code(city.county, "220199", None, date(2000, 1, 1))
    code(city.far_county, "220199", date(2000, 1, 2), date(2005, 1, 1))
    assert territory_of_code("220199") == city.far_county


# --- zones


def test_a_zone_covers_itself_and_its_members_of_the_day(city: Any) -> None:
    ZoneMember.objects.all().delete()
    ZoneMember.objects.create(zone=city.zone, territory=city.far_township, valid_to=date(2026, 3, 31))
    ZoneMember.objects.create(zone=city.zone, territory=city.township, valid_from=date(2026, 4, 1))
    assert city.zone.prefixes(date(2026, 3, 31)) == [city.zone.path, city.far_township.path]
    assert city.zone.prefixes(date(2026, 4, 1)) == [city.zone.path, city.township.path]
    assert city.zone.prefixes() == [city.zone.path, city.far_township.path], "today is 2 March"
    assert city.county.prefixes(date(2026, 3, 31)) == [city.county.path]


def test_a_zone_officer_sees_the_member_townships_and_nothing_else(city: Any) -> None:
    bureau = city.department("经开区应急管理局", city.zone, "work_safety")
    officer = city.person("county_officer", bureau, "zone_officer")
    assert list(Enterprise.seen_by(officer)) == [city.far_shop]
    other = city.place("220182101", "黑林镇", "township", city.far_county)
    city.enterprise("榆树测试二厂", other, "1310", 5)
    in_zone = city.enterprise("经开测试厂", city.zone, "3489", 6)
    assert set(Enterprise.seen_by(officer)) == {city.far_shop, in_zone}


def test_the_county_keeps_seeing_what_lies_in_a_zone(city: Any) -> None:
    assert list(Enterprise.seen_by(city.far_officer)) == [city.far_shop]


@pytest.mark.parametrize("name", ["county", "zone"])
def test_the_place_filter_of_a_list_takes_zones_like_counties(city: Any, name: str) -> None:
    from anlan.kernel.registers import Listing

    place = getattr(city, name)
    kept = Enterprise.kept
    listing = Listing(Enterprise, city.city_officer, kept.facets, kept.sorts, kept.order)
    rows = listing.page({"territory": [place.code]}).rows
    assert rows == [city.workshop if name == "county" else city.far_shop]
