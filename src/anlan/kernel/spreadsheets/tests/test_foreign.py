"""A foreign table by a saved mapping: 204 accidents in mines of 2009 into the register of accidents."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from anlan.domains import accidents
from anlan.domains.accidents.models import AccidentRecord
from anlan.kernel import jobs
from anlan.kernel.jobs import working
from anlan.kernel.spreadsheets import importing

FILE = Path(accidents.__file__).parent / "tests" / "records" / "mine_accidents.csv"
COLUMNS = {
    "name": 0,
    "occurred_on": 1,
    "territory": 2,
    "counted_class": 3,
    "deaths": 4,
    "injured": 6,
    "recorded_grade": 7,
}
NAMES = {"counted_class": {"煤矿": "coal_mine", "非煤矿山": "other_mine", "化工": "chemicals"},
         "recorded_grade": {"一般": "general", "较大": "larger", "重大": "major", "特别重大": "extra_major"}}  # fmt: skip


def scratch_country(city: Any, provinces: set[str]) -> Any:
    """A small tree of provinces and an officer over all of it."""
    country = city.place("99", "测试国", "city", None)
    for number, name in enumerate(sorted(provinces), 1):
        city.place(f"99{number:02}", name, "county", country)
    bureau = city.department("测试国应急管理局", country, "work_safety")
    return city.person("city_officer", bureau, "country_officer")


def test_mine_accidents_come_in_by_a_saved_mapping(city: Any) -> None:
    rows = list(csv.DictReader(FILE.open(encoding="utf-8")))
    officer = scratch_country(city, {row["province"] for row in rows} - {"吉林"})
    with FILE.open("rb") as stream:
        found = importing.receive(officer, "accidents", stream, FILE.name)
    plan = {
        "fields": COLUMNS,
        "values": NAMES,
        "constants": {"source": "矿山事故通报汇编", "confidence": "secondary"},
    }
    found = importing.replan(officer, found.pk, plan)
    importing.save_mapping(officer, found, "矿山事故")
    task = importing.run(officer, found.pk)
    working.work()
    task.refresh_from_db()
    found.refresh_from_db()
    reasons = list(found.outcomes.filter(outcome="wrong").values_list("reasons", flat=True))
    jilin = sum(row["province"] == "吉林" for row in rows)
    assert task.state == "done"
    assert found.counts == {"created": len(rows) - jilin, "wrong": jilin}, Counter(
        str(r) for r in reasons
    ).most_common(5)
    made = AccidentRecord.seen_by(officer)
    assert made.count() == len(rows) - jilin
    deaths = sum(int(row["deaths"] or 0) for row in rows if row["province"] != "吉林")
    assert sum(row.deaths or 0 for row in made) == deaths
    assert jobs.result_of(task, officer).exists()  # those of a province outside the scope come back
