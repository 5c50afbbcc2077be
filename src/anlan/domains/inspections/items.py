"""What a site is asked on a visit: the items of its trade, then the gravest measures of its own risk tree, each question once.

Serves articles 9, 15 and 22. The measures come through the door of the risk domain; a measure is an item like any other, named by
``measure:`` and its key, so that answers, findings and papers treat both alike.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from anlan.domains.checks.checklists import QUICK, USUAL, CheckItem, asked, items, trades_of
from anlan.domains.checks.prohibited import marks_of
from anlan.domains.checks.words import OTHER_TOPIC, TOPIC_OF_ACCIDENT
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.gravest import GraveMeasure, gravest_measures, measures_named, same_text
from anlan.domains.risk.words import NUMBERS
from anlan.kernel import rules
from anlan.kernel.words import Words

DEADLINES = {QUICK: "inspections.rectify_quick", USUAL: "inspections.rectify_usual"}
MOST_MEASURES = "inspections.measures_a_visit"
OF_MEASURE = "measure:"
CONTROLS = Words("本单位的风险管控措施", "Control measures of the site's own risks")
FAILS = Words("管控措施没有落实：{what}", "A control measure fails: {what}")
LAW, ARTICLE, SEEN = "work_safety_law_2021", "第四十一条第一款", "memory"
SINCE = date(2021, 9, 1)  # the law's graded control of risk: since then a measure is asked about


def checklists_of(firms: Sequence[Enterprise], day: date) -> dict[uuid.UUID, list[CheckItem]]:
    """Return what some sites are asked on a day, all departments' questions in one list, each question once."""
    most = int(rules.parameter(MOST_MEASURES, day).value)
    measures = gravest_measures([firm.pk for firm in firms], most) if day >= SINCE else {}
    return {firm.pk: _joined(firm, day, measures.get(firm.pk, [])) for firm in firms}


def checklist_of(firm: Enterprise, day: date) -> list[CheckItem]:
    """Return what one site is asked on a day."""
    return checklists_of([firm], day)[firm.pk]


def _joined(firm: Enterprise, day: date, measures: Iterable[GraveMeasure]) -> list[CheckItem]:
    found = asked(trades_of(firm.industry, marks_of(firm)), day)
    known = {same_text(item.words.zh) for item in found}
    return found + [_item(one) for one in measures if same_text(one.asked) not in known]


def items_named(keys: Iterable[str], site: uuid.UUID) -> dict[str, CheckItem]:
    """Return the items that some keys name at a site: of the lists, or measures of that site; unknown keys are left out."""
    return items_of_sites({site: keys})[site]


def items_of_sites(keys: Mapping[uuid.UUID, Iterable[str]]) -> dict[uuid.UUID, dict[str, CheckItem]]:
    """Return for each site the items that its keys name, the measures read for all together."""
    asked_for = {site: list(some) for site, some in keys.items()}
    pks = {pk for some in asked_for.values() for key in some if (pk := measure_of(key)) is not None}
    measures = measures_named(pks)
    return {
        site: {key: item for key in some if (item := _known(key, site, measures)) is not None}
        for site, some in asked_for.items()
    }


def _known(key: str, site: uuid.UUID, measures: Mapping[uuid.UUID, GraveMeasure]) -> CheckItem | None:
    pk = measure_of(key)
    if pk is None:
        return items().get(key)
    one = measures.get(pk)
    return _item(one) if one is not None and one.enterprise == site else None


def measure_of(key: str) -> uuid.UUID | None:
    """Return the measure that a key names, if it names one."""
    if not key.startswith(OF_MEASURE):
        return None
    try:
        return uuid.UUID(key.removeprefix(OF_MEASURE))
    except ValueError:
        return None


def within_of(level: int) -> str:
    """Return how soon a failing measure is put right: the graver the risk, the sooner."""
    return QUICK if level >= NUMBERS["considerable"] else USUAL


def _item(one: GraveMeasure) -> CheckItem:
    """Return a measure as an item: what it guards against says which subject it is, its grade how soon it is put right."""
    return CheckItem(
        key=f"{OF_MEASURE}{one.pk}",
        words=Words(one.asked, one.asked),
        wrong=FAILS.filled(what=one.asked),
        fix=Words(one.description, one.description),
        topic=TOPIC_OF_ACCIDENT.get(one.accident_type, OTHER_TOPIC),
        department="work_safety",
        within=within_of(one.risk_level),
        trades=frozenset(),
        law=LAW,
        article=ARTICLE,
        seen=SEEN,
        first=SINCE,
        last=None,
        is_prohibited=False,
        criteria="",
        criterion="",
        risk_level=one.risk_level,
        risk=one.event,
    )
