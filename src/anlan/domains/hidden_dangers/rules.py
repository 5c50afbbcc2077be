"""Grading a hidden danger (事故隐患): pure functions, values in, ``Finding`` out.

Serves article 15 of the 2017 policy. The order is that of the law: any matching item of the sector's
criteria in force on the day of discovery makes a danger major; otherwise the general definition of
安监总局令第16号 art. 3 decides. Whether an item matches is seen by people at the place; nothing here reads
a photograph or guesses.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from anlan.kernel.clock import today
from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.inputs import Choice, Group, Line, Option, YesNo
from anlan.kernel.rules.parameters import COUNTRY, Parameter
from anlan.kernel.rules.reading import read_yaml

MAJOR = ("重大事故隐患", "major hidden danger")
GENERAL = ("一般事故隐患", "general hidden danger")
MATCHED = "matched"  # a list whose items are not on file: an official compared it with the text
CRITERIA = "hidden_dangers.criteria."


@lru_cache(maxsize=1)
def sectors() -> dict[str, dict[str, Any]]:
    """Return the sectors of the criteria by code: names, further spellings, lists."""
    read: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("sectors.yaml"))
    return {sector["code"]: sector for sector in read}


def _sector_options() -> tuple[Option, ...]:
    return tuple(Option(s["code"], s["zh"], s["en"], tuple(s["also"])) for s in sectors().values())


def _items() -> list[Option]:
    """Return the items on file today, for pages to offer."""
    rules = Consulted(today(), COUNTRY)
    found = [(s, c) for s in sectors().values() for c in criteria_in_force(s["code"], rules)]
    return [
        Option(item["id"], f"{sector['zh']}：{item['zh']}", f"{sector['en']}: {item['en']}")
        for sector, criteria in found
        for item in criteria.value["items"]
    ]


FACTS = (
    YesNo(
        "needs_stop",
        "须全部或者局部停产停业才能排除",
        "Removing it needs full or partial stop of production",
        required=False,
    ),
    YesNo(
        "removable_at_once", "发现后能够立即整改排除", "Can be removed at once on discovery", required=False
    ),
    YesNo(
        "outside_factors",
        "因外部因素影响，单位自身难以排除",
        "Caused by outside factors the unit cannot remove itself",
        required=False,
    ),
)
FIELDS = (
    Choice("sector", "行业领域", "Sector", options=_sector_options()),
    Line(
        "criterion",
        "判定标准条目",
        "Criterion matched",
        required=False,
        most=40,
        whole_numbers_too=True,
        suggest=_items,
        help_zh="条目编号，如工贸 11.3、化工 12；条目未录入的标准填 matched",
        help_en="Id of the item, such as 11.3 or 12; 'matched' for a list known by its number alone",
    ),
    Group("facts", "或者：隐患的事实", "Or: facts of the danger", required=False, fields=FACTS),
)


@computation(
    name="hidden-danger-grade",
    serves=("A15.12",),
    zh="事故隐患等级",
    en="Hidden danger grade",
    about_zh="按发现之日有效的行业判定标准判定：符合任一情形即为重大事故隐患；"
    "没有符合的情形，按一般定义判定：须停产停业且不能立即排除，或者因外部因素单位自身难以排除的，为重大事故隐患。",
    about_en="By the sector's criteria in force on the day of discovery any one matching item makes the danger "
    "major. Otherwise the general definition decides: stop of production needed and not removable at once, or outside "
    "factors.",
    fields=FIELDS,
    gives=(
        Output("grade_zh", "隐患等级", "Grade"),
        Output("criterion", "符合的条目", "Criterion matched"),
    ),
    example={"sector": "industry_trade", "criterion": "11.3", "date": "2026-03-06"},
)
def hidden_danger_grade(given: dict[str, Any], rules: Consulted) -> Finding:
    """Grade a danger by a matched criterion, or else by its facts."""
    sector = sectors()[given["sector"]]
    if "criterion" in given:
        return _by_criterion(given["criterion"], sector, rules)
    if not given.get("facts"):
        zh, en = "判定标准条目与隐患的事实至少填一项", "give a criterion or facts"
        raise InputErrors.one("criterion", "required", zh, en)
    return _by_facts(given["facts"], sector, rules)


def criteria_in_force(sector: str, rules: Consulted) -> list[Parameter]:
    """Return the lists of a sector that are in force on the date consulted, without relying on them."""
    found = (rules.peek(CRITERIA + name) for name in sectors()[sector]["lists"])
    return [criteria for criteria in found if criteria is not None]


def _by_criterion(criterion: str, sector: dict[str, Any], rules: Consulted) -> Finding:
    lists = criteria_in_force(sector["code"], rules)
    for criteria in lists:
        item = next((item for item in criteria.value["items"] if item["id"] == criterion), None)
        by_title = criterion in (MATCHED, criteria.key.removeprefix(CRITERIA))
        if item is not None or (by_title and not criteria.value["items"]):
            return _matched(criterion, item, criteria, sector, rules)
    raise _no_such_item(criterion, lists, sector, rules)


def _matched(
    criterion: str, item: dict[str, Any] | None, criteria: Parameter, sector: dict[str, Any], rules: Consulted
) -> Finding:
    rules.rely_on(criteria)
    decides = rules("hidden_dangers.criteria_decide")
    title = criteria.citation.instrument
    steps = [_sector_step(sector), _list_step(criteria, rules)]
    if item is None:
        zh, en = "经对照标准文本，符合其中情形", "Compared with the text of the list: a match"
        steps.append(Step(zh, en, title.number or title.zh))
        rules.doubt("memory")
    else:
        rules.doubt(item["seen"])
        steps.append(
            Step(f"符合{item['article']}：{item['zh']}", f"Matches {criterion}: {item['en']}", criterion)
        )
    steps.append(Step(decides.zh, decides.en, MAJOR[0]))
    return rules.finding({"grade_zh": MAJOR[0], "grade_en": MAJOR[1], "criterion": criterion}, steps)


def _by_facts(facts: dict[str, bool], sector: dict[str, Any], rules: Consulted) -> Finding:
    definition = rules("hidden_dangers.general_definition")
    stop = facts.get("needs_stop", False) and not facts.get("removable_at_once", False)
    outside = facts.get("outside_factors", False)
    steps = [
        _sector_step(sector),
        Step(
            "未填判定标准条目：请先对照行业判定标准，符合任一情形即为重大",
            "No criterion given: compare with the sector's criteria first, any match is major",
            str(len(criteria_in_force(sector["code"], rules))),
        ),
        _fact_step("须停产停业且不能立即排除", "Stop of production needed and not removable at once", stop),
        _fact_step("因外部因素单位自身难以排除", "Outside factors the unit cannot remove itself", outside),
    ]
    grade_zh, grade_en = MAJOR if stop or outside else GENERAL
    steps.append(Step(f"{definition.zh}：{grade_zh}", f"{definition.en}: {grade_en}", grade_zh))
    return rules.finding({"grade_zh": grade_zh, "grade_en": grade_en, "criterion": None}, steps)


def _sector_step(sector: dict[str, Any]) -> Step:
    return Step(f"行业领域：{sector['zh']}", f"Sector: {sector['en']}", sector["zh"])


def _list_step(criteria: Parameter, rules: Consulted) -> Step:
    title = criteria.citation.instrument
    day = rules.on.isoformat()
    return Step(
        f"{day}有效的判定标准：{title.title_zh}",
        f"Criteria in force on {day}: {title.title_en}",
        title.number,
    )


def _fact_step(zh: str, en: str, holds: bool) -> Step:
    return Step(
        f"{zh}：{'是' if holds else '否'}", f"{en}: {'yes' if holds else 'no'}", "true" if holds else "false"
    )


def _no_such_item(
    criterion: str, lists: list[Parameter], sector: dict[str, Any], rules: Consulted
) -> InputErrors:
    day = rules.on.isoformat()
    if not lists:
        zh = f"{day}，{sector['zh']}没有有效的判定标准，请按事实判定"
        en = f"no criteria were in force for {sector['en']} on {day}; grade by the facts"
        return InputErrors.one("criterion", "no_rule_in_force", zh, en)
    titles_zh = "、".join(found.citation.instrument.title_zh for found in lists)
    titles_en = "; ".join(found.citation.instrument.title_en for found in lists)
    hint_zh, hint_en = ("", "")
    if any(not found.value["items"] for found in lists):
        hint_zh, hint_en = (
            f"；条目未录入的标准填 {MATCHED}",
            f"; use '{MATCHED}' for a list without items on file",
        )
    zh = f"{day}有效的判定标准（{titles_zh}）中没有这一条目{hint_zh}"
    en = f"is not an item of the criteria in force on {day} ({titles_en}){hint_en}"
    return InputErrors.one("criterion", "not_in_list", zh, en)
