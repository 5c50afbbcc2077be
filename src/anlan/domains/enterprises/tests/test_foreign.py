"""Enterprises of a foreign register: known by its number there, never without one, and brought in by a saved mapping."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.queries import SAME_FOREIGN, likely_duplicates
from anlan.kernel.jobs import working
from anlan.kernel.registers import create, edit
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.spreadsheets import importing

RECORDS = Path(__file__).parent / "records"
SITES = RECORDS / "us_rmp_sites.csv"
ISSUER = "EPA RMP"
COLUMNS = {
    "foreign_id": 0,
    "name": 1,
    "address": 2,
    "territory": 3,
    "latitude": 5,
    "longitude": 6,
    "business": 7,
    "industry": 8,
}


def sites() -> list[dict[str, str]]:
    return list(csv.DictReader(SITES.open(encoding="utf-8")))


def industries() -> dict[str, str]:
    """Translate each code that occurs by the longest beginning that is known."""
    known = {
        row["naics"]: row["gbt4754"] for row in csv.DictReader((RECORDS / "naics_to_gbt4754.csv").open())
    }
    found = {}
    for code in {row["naics"] for row in sites()}:
        beginnings = (code[:length] for length in (4, 3))
        division = next((known[one] for one in beginnings if one in known), None)
        if division is not None:
            found[code] = division
    return found


def scratch(city: Any) -> Any:
    """A country of states and an officer over all of it."""
    country = city.place("98", "测试国", "city", None)
    for number, name in enumerate(sorted({row["state"] for row in sites()}), 1):
        city.place(f"98{number:02}", name, "county", country)
    return city.person(
        "city_officer", city.department("测试国应急管理局", country, "work_safety"), "country_officer"
    )


def brought(officer: Any, **plan: Any) -> Any:
    with SITES.open("rb") as stream:
        found = importing.receive(officer, "enterprises", stream, SITES.name)
    constants = {"foreign_issuer": ISSUER, "handles_hazardous_chemicals": "是"}
    asked = {"fields": COLUMNS, "constants": constants, "values": {"industry": industries()}, **plan}
    found = importing.replan(officer, found.pk, asked)
    importing.save_mapping(officer, found, ISSUER)
    importing.run(officer, found.pk)
    working.work()
    found.refresh_from_db()
    return found


def given(city: Any, **more: Any) -> dict[str, Any]:
    return {"name": "外资企业", "territory": str(city.village.pk), "industry": "2611", **more}


def test_sites_of_a_foreign_register_come_in_by_a_saved_mapping(city: Any) -> None:
    officer = scratch(city)
    found = brought(officer)
    wrong = list(found.outcomes.filter(outcome="wrong").values_list("reasons", flat=True))
    known = industries()
    bad = sum(len(row["chemicals"]) > 200 or row["naics"] not in known for row in sites())
    assert found.counts == {"created": len(sites()) - bad, "wrong": bad}, wrong
    assert {name for reasons in wrong for name in reasons} == {"business", "industry"}
    rows = {row.foreign_id: row for row in Enterprise.seen_by(officer)}
    for site in sites():
        row = rows.get(site["facility_id"])
        if row is not None:
            assert (row.name, row.credit_code, row.foreign_issuer) == (site["name"].strip(), None, ISSUER)
            assert (row.territory.name, float(row.latitude)) == (site["state"], round(float(site["lat"]), 6))
            assert row.known_by == f"{ISSUER} {site['facility_id']}"
    again = brought(officer)
    assert again.counts == {"wrong": len(sites())}
    assert brought(officer, update=True).counts == {"same": len(rows), "wrong": bad}


def test_an_enterprise_has_one_number_never_none_and_never_two(city: Any) -> None:
    faults = [
        ({}, "credit_code"), ({"foreign_id": "7"}, "foreign_issuer"), ({"foreign_issuer": ISSUER}, "foreign_id"),
        ({"credit_code": credit_code(71), "foreign_id": "7", "foreign_issuer": ISSUER}, "foreign_id"),
        ({"credit_code": credit_code(71), "foreign_issuer": ISSUER}, "foreign_issuer"),
    ]  # fmt: skip
    for numbers, name in faults:
        with pytest.raises(Invalid) as refusal:
            create(Enterprise, city.officer, given(city, **numbers))
        assert list(refusal.value.errors) == [name], numbers
    made = create(Enterprise, city.officer, given(city, foreign_id=" 7 ", foreign_issuer=ISSUER))
    with pytest.raises(Invalid) as refusal:
        create(Enterprise, city.officer, given(city, foreign_id="7", foreign_issuer=ISSUER))
    assert list(refusal.value.errors) == ["foreign_id"]
    create(Enterprise, city.officer, given(city, foreign_id="7", foreign_issuer="另一登记机构"))
    # Once it has a credit code, that is what it is known by.
    changed = edit(
        Enterprise,
        made.pk,
        city.officer,
        {"credit_code": credit_code(72), "foreign_id": "", "foreign_issuer": ""},
    )
    assert (changed.known_by, changed.foreign_id) == (credit_code(72), None)


def test_the_database_itself_refuses_an_enterprise_without_a_number(city: Any) -> None:
    for wrong in ({"credit_code": None}, {"foreign_id": "7"}, {"foreign_issuer": ISSUER}):
        rows = Enterprise.unscoped("a test writes past the checks").filter(pk=city.workshop.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_what_one_foreign_register_tells_apart_is_not_alike(city: Any) -> None:
    numbers = {"foreign_id": "1", "foreign_issuer": ISSUER}
    made = create(Enterprise, city.officer, given(city, **numbers))
    other = given(city, foreign_id="2", foreign_issuer=ISSUER)
    assert likely_duplicates(city.officer, other) == []
    assert Enterprise.likenesses_many(city.officer, [other]) == [[]]
    (same,) = likely_duplicates(city.officer, given(city, **numbers))
    assert (same.row, same.score, same.reasons[0]) == (made, 100, SAME_FOREIGN)
    (alike,) = likely_duplicates(city.officer, given(city, credit_code=credit_code(73)))
    assert alike.row == made


def test_it_is_found_listed_and_shown(city: Any, client: Any) -> None:
    from anlan.faces.office.subjects import subject_named

    made = create(Enterprise, city.officer, given(city, foreign_id="100-77", foreign_issuer=ISSUER))
    listing = subject_named("enterprises").listing(city.officer)
    assert [row.pk for row in listing.page({"q": ["100-77"]}).rows] == [made.pk]
    assert [row.pk for row in listing.page({"foreign": ["1"]}).rows] == [made.pk]
    assert made.pk not in [row.pk for row in listing.page({"foreign": ["0"]}).rows]
