"""The responsibility resolver: for a place, an industry and a date, who regulates, what nobody does, what two do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from anlan.kernel.scope.models import Party, PartyName, PartySuccession, Remit
from anlan.kernel.scope.responsibility import Responsibility, responsibility, section_of

DAY = date(2026, 3, 2)


def names(answer: Responsibility, role: str) -> list[str]:
    return [found.name for found in answer.by_role.get(role, ())]


def ask(city: Any, industry: str = "3489", on: date = DAY, place: Any = None, **more: Any) -> Responsibility:
    return responsibility(place or city.village, industry, on, **more)


@pytest.mark.parametrize(
    ("code", "letter"),
    [
        ("0111", "A"), ("0511", "A"), ("0610", "B"), ("1190", "B"), ("13", "C"), ("4390", "C"), ("4411", "D"), ("4620", "D"),
        ("4710", "E"), ("5090", "E"), ("51", "F"), ("5299", "F"), ("53", "G"), ("6090", "G"), ("61", "H"), ("62", "H"),
        ("63", "I"), ("65", "I"), ("66", "J"), ("69", "J"), ("70", "K"), ("71", "L"), ("72", "L"), ("73", "M"), ("75", "M"),
        ("76", "N"), ("79", "N"), ("80", "O"), ("82", "O"), ("83", "P"), ("84", "Q"), ("85", "Q"), ("86", "R"), ("90", "R"),
        ("91", "S"), ("96", "S"), ("97", "T"), ("98", ""), ("00", ""), ("", ""), ("C", "C"), ("c", "C"), ("C2611", "C"),
    ],
)  # fmt: skip
def test_the_section_letter_of_an_industry_code(code: str, letter: str) -> None:
    assert section_of(code) == letter


def test_direct_territorial_and_comprehensive_from_the_nearest_level_upward(city: Any) -> None:
    answer = ask(city)
    assert names(answer, "direct") == ["南关区应急管理局"]
    assert names(answer, "territorial") == ["南岭街道应急办"]
    assert names(answer, "comprehensive") == ["南关区应急管理局", "长春市应急管理局"]
    assert answer.vacuums == ()
    assert answer.overlaps == ()
    assert answer.regulator is not None
    assert answer.regulator.name == "南关区应急管理局"


def test_an_industry_with_its_own_department(city: Any) -> None:
    answer = ask(city, "4710")
    assert names(answer, "direct") == ["南关区住房和城乡建设局"]
    assert answer.regulator.sector == "housing_construction"


@pytest.mark.parametrize("industry", ["2611", "26", "C2611", "C26"])
def test_the_closest_industry_wins_however_the_code_is_written(city: Any, industry: str) -> None:
    chemicals = city.department("南关区化工办", city.county, "chemicals")
    city.remit(chemicals, "direct", "26")
    assert names(ask(city, industry), "direct") == ["南关区化工办"]
    assert names(ask(city, "2711"), "direct") == ["南关区应急管理局"]
    assert names(ask(city, "4710"), "direct") == ["南关区住房和城乡建设局"]


def test_a_vacuum_is_named(city: Any) -> None:
    answer = ask(city, "8610")
    assert names(answer, "direct") == []
    assert [words.zh for words in answer.vacuums] == ["监管空白：无行业直接监管"]
    assert answer.regulator.role == "comprehensive"
    Remit.objects.all().delete()
    nothing = ask(city)
    assert len(nothing.vacuums) == 3
    assert nothing.regulator is None


def test_an_overlap_is_named_and_both_are_shown(city: Any) -> None:
    city.remit(city.market, "direct", "C")
    answer = ask(city)
    assert set(names(answer, "direct")) == {"南关区应急管理局", "南关区市场监督管理局"}
    (words,) = answer.overlaps
    assert all(name in words.zh for name in ("南关区应急管理局", "南关区市场监督管理局"))
    assert "Overlap" in words.en


def test_two_levels_in_one_role_are_no_overlap(city: Any) -> None:
    city.remit(city.city_bureau, "direct", "C")
    answer = ask(city)
    assert answer.overlaps == ()
    assert names(answer, "direct") == ["南关区应急管理局", "长春市应急管理局"]


def test_remits_begin_and_end_inclusive_of_both_days(city: Any) -> None:
    Remit.objects.filter(party=city.bureau, role="direct").update(
        valid_from=date(2026, 3, 1), valid_to=date(2026, 3, 31)
    )
    found = {day: names(ask(city, on=day), "direct") != [] for day in (
        date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1),
    )}  # fmt: skip
    assert list(found.values()) == [False, True, True, False]


def test_a_zone_that_displaces_sets_the_county_aside_even_where_the_county_is_closer(city: Any) -> None:
    committee = city.department("经开区管委会应急局", city.zone, "work_safety")
    place = city.far_village
    city.remit(committee, "direct")
    beside = ask(city, place=place)
    assert names(beside, "direct") == ["榆树市应急管理局"], (
        "an industry of its own is closer than all industries"
    )
    Remit.objects.filter(party=committee).update(displaces=True)
    answer = ask(city, place=place)
    assert names(answer, "direct") == ["经开区管委会应急局"]
    assert answer.overlaps == ()
    assert names(answer, "comprehensive") == ["榆树市应急管理局", "长春市应急管理局"], (
        "only its own role is displaced"
    )


def test_a_zone_that_does_not_displace_overlaps(city: Any) -> None:
    committee = city.department("经开区管委会应急局", city.zone, "work_safety")
    city.remit(committee, "direct", "C")
    answer = ask(city, place=city.far_village)
    assert len(answer.overlaps) == 1
    assert set(names(answer, "direct")) == {"榆树市应急管理局", "经开区管委会应急局"}


# --- special subjects


def test_a_subject_moves_from_one_department_to_another_by_dates(city: Any) -> None:
    """Occupational health went from work safety to health in 2018; no other row moves."""
    health = city.department("南关区卫生健康局", city.county, "health")
    city.remit(city.bureau, "special", subject="occupational_health", valid_to=date(2018, 12, 31))
    city.remit(health, "special", sector="health", subject="occupational_health", valid_from=date(2019, 1, 1))
    before, after = (
        ask(city, on=day, subject="occupational_health") for day in (date(2018, 12, 31), date(2019, 1, 1))
    )
    assert names(before, "special") == ["南关区应急管理局"]
    assert names(after, "special") == ["南关区卫生健康局"]
    assert names(before, "direct") == names(after, "direct")


def test_subjects_do_not_overlap_each_other_and_one_may_be_asked_alone(city: Any) -> None:
    city.remit(city.market, "special", subject="special_equipment")
    city.remit(city.housing, "special", subject="fire")
    everything = ask(city)
    assert set(names(everything, "special")) == {"南关区市场监督管理局", "南关区住房和城乡建设局"}
    assert everything.overlaps == ()
    assert names(ask(city, subject="fire"), "special") == ["南关区住房和城乡建设局"]
    nobody = ask(city, subject="radiation")
    assert any("radiation" in words.zh for words in nobody.vacuums)


# --- names and mergers


def test_a_department_bears_the_name_of_the_day(city: Any) -> None:
    old = PartyName.objects.create(
        party=city.bureau, name="南关区安全生产监督管理局", valid_to=date(2018, 12, 31)
    )
    PartyName.objects.create(party=city.bureau, name="南关区应急管理局", valid_from=date(2019, 1, 1))
    bureau = Party.objects.get(pk=city.bureau.pk)
    assert bureau.name_on(date(2018, 12, 31)) == old.name
    assert bureau.name_on(date(2019, 1, 1)) == "南关区应急管理局"
    assert names(ask(city, on=date(2015, 1, 1)), "direct") == [old.name]
    assert names(ask(city), "direct") == ["南关区应急管理局"]


def test_after_a_merger_the_successor_stands_in_the_remits_of_the_merged(city: Any) -> None:
    heir = city.department("南关区综合执法局", city.county, "urban_management")
    PartySuccession.objects.create(predecessor=city.bureau, successor=heir, since=date(2026, 6, 1))
    assert names(ask(city, on=date(2026, 5, 31)), "direct") == ["南关区应急管理局"]
    assert names(ask(city, on=date(2026, 6, 1)), "direct") == ["南关区综合执法局"]
    city.remit(heir, "direct", "C")
    again = ask(city, on=date(2026, 6, 1))
    assert names(again, "direct") == ["南关区综合执法局"]
    assert again.overlaps == (), "one party in two rows is one party"


def test_two_that_merged_no_longer_overlap(city: Any) -> None:
    city.remit(city.market, "direct", "C")
    assert ask(city).overlaps
    heir = city.department("南关区综合监管局", city.county, "market_regulation")
    for former in (city.market, city.bureau):
        PartySuccession.objects.create(predecessor=former, successor=heir, since=DAY)
    answer = ask(city)
    assert answer.overlaps == ()
    assert names(answer, "direct") == ["南关区综合监管局"]


def test_a_succession_in_a_circle_does_not_hang(city: Any) -> None:
    PartySuccession.objects.create(predecessor=city.bureau, successor=city.market, since=DAY)
    PartySuccession.objects.create(predecessor=city.market, successor=city.bureau, since=DAY)
    ask(city)


def test_each_regulator_says_why_in_both_languages(city: Any) -> None:
    for found in (r for role in ask(city).by_role.values() for r in role):
        assert found.territory in found.reason.zh
        assert found.reason.en != found.reason.zh
