"""The scale of an enterprise that nobody said is unknown: no form and no table makes it a small one."""

from __future__ import annotations

from typing import Any

import pytest
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers import create
from anlan.kernel.registers.forms import form_for
from anlan.kernel.spreadsheets.tests.brought import HEAD, bring, done, firm, named

pytestmark = pytest.mark.django_db


def test_a_row_of_a_table_without_a_scale_is_of_unknown_scale(city: Any) -> None:
    by_itself = {"note": "", "code": credit_code(703).lower()}  # not plain, so that it goes by itself
    rows = [[*firm(701), "中型"], [*firm(702), ""], [*firm(703, **by_itself), None]]
    done(city.officer, bring(city.officer, [[*HEAD, "规模"], *rows]))
    done(city.officer, bring(city.officer, [HEAD, firm(704)]))
    scales = [named(f"长春第{n}机械厂").scale for n in (701, 702, 703, 704)]
    assert scales == ["medium", "unknown", "unknown", "unknown"]
    found = Enterprise.seen_by(city.officer)
    assert found.filter(scale="small", name__startswith="长春第").count() == 0


def test_a_form_begins_with_unknown_and_shows_it_in_words(city: Any) -> None:
    field = form_for(Enterprise, ["scale"], city.officer).fields["scale"]
    assert (field.initial, str(dict(field.choices)["unknown"])) == ("unknown", "未知")
    made = create(Enterprise, city.officer, {
        "name": "某厂", "credit_code": credit_code(705), "territory": city.village.code, "industry": "3489",
    })  # fmt: skip
    assert made.scale == "unknown"
    assert made.get_scale_display() == "未知"
