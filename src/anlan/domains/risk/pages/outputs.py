"""The thirteen outputs that the province asked of its pilot cities in 2017: each is one click here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q

from anlan.domains.enterprises import industries
from anlan.domains.risk import words
from anlan.domains.risk.models import RiskEvent
from anlan.kernel import rules
from anlan.kernel.registers.errors import NotAllowed
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given, own_pages
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.responsibility import section_of
from anlan.kernel.scope.territory import under
from anlan.kernel.words import Words

# The page that draws the four colours, as soon as it is installed; until then the city's map with its layer of risks.
FOUR_COLOURS = "four-colour-map"  # a page of a domain above this one: known by its address alone
CITY_MAP = "/map/?layers=risk-objects"
PLAN = Words(
    "重大风险的应急措施汇总；预案文本由应急部门另行编制",
    "The emergency measures of major risks; the plan itself is drawn up by the bureau",
)
WORDS = dict(words.LEVELS)
NO_INDUSTRY = Words("行业未填或不在分类中", "Without a known industry")
LEVELS = {"major": 4, "considerable": 3, "general": 2, "low": 1}


@dataclass(frozen=True, slots=True)
class Output:
    """One output: what was asked for, where it is, in which form it can be taken along."""

    number: int
    words: Words
    url: str
    what: Words
    export: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """A count, what it counts, and the list that makes it."""

    number: int
    words: Words
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: an industry or an area, its events by level, all of them, and the pieces of its bar."""

    name: Any
    counts: Sequence[Counted]
    whole: Counted
    bars: Sequence[dict[str, Any]]


def outputs(asked: Asked) -> Drawn | Done | Given:
    """List the outputs for the place looked at, with the chart by industry on the page itself."""
    if asked.place is None or not asked.actor.grants:
        raise NotAllowed(Words("由政府部门查看。", "For departments of government."))
    place = f"&territory={asked.place.code}"
    context = {
        "outputs": list(_outputs(place)), "industries": by_industry(asked), "place": asked.place,
        "areas": by_area(asked), "map_url": _map_url(), "asked_by": _asked_by(),
    }  # fmt: skip
    return Drawn("risk/outputs.html", context)


def _asked_by() -> Words:
    """The notice that asked for the outputs, as the rule book names it."""
    notice = rules.catalogue().instruments["pilot_cities_2017"]
    return Words(f"依据：{notice.title_zh}", f"Basis: {notice.title_en}")


def _outputs(place: str) -> list[Output]:
    major, dangers = f"/risk-events/?risk_level=4{place}", f"/hidden-dangers/?severity=major{place}"
    excel = Words("清单，可筛选、导出 Excel", "A list to narrow and export to Excel")
    four = Words("四色图，可回看往日、打印 A3", "The four-colour map, of past days too, printed on A3")
    areas = Words("同一张图旁的各地颜色和得分", "Colour and score of every place, beside the same map")
    return [
        Output(
            1, Words("重大风险清单和数据库", "List and database of major risks"), major,
            excel, major.replace("/?", "/export?"),
        ),
        Output(
            2, Words("城市安全风险四色分布图", "Four-colour map of the city's risk"), _map_url(),
            four,
        ),
        Output(
            3, Words("行业风险比较图", "Comparison chart of risk by industry"), "#industries",
            Words("本页图表", "The chart on this page"),
        ),
        Output(
            4, Words("区域整体风险图", "Overall risk map of areas"), _map_url(),
            areas,
        ),
        Output(
            5, Words("分级管控制度", "Rules of graded control"), "/rules/",
            Words("规则库中的分级、颜色和管控层级", "Levels, colours and layers in the rule book"),
        ),
        Output(
            6, Words("风险管理信息系统", "Information system for risks"), "/risks/",
            Words("各企业风险台账", "The registers of the enterprises"),
        ),
        Output(
            7, Words("重大风险监管执法制度", "Supervision and enforcement rules for major risks"), "/help/risk-gradings/",
            Words("评级、审核、批准的流程和权限", "Steps and authority of grading"),
        ),
        Output(
            8, Words("重大风险应急总体预案", "Overall emergency plan for major risks"),
            f"/control-measures/?kind=emergency&risk_level=4{place}",
            PLAN,
        ),
        Output(
            9, Words("隐患排查治理监督制度", "Supervision rules for hidden dangers"), "/help/hidden-dangers/",
            Words("隐患闭环的流程、权限和期限", "Steps, authority and deadlines of the loop"),
        ),
        Output(
            10, Words("重大隐患清单和数据库", "List or database of major hidden dangers"), dangers,
            excel, dangers.replace("/?", "/export?"),
        ),
        Output(
            11, Words("重大隐患挂牌督办", "Listed supervision of major dangers"), f"/listed-supervision/?open=1{place}",
            excel,
        ),
        Output(
            12, Words("重大隐患公示", "Public notice of major dangers"), f"/listed-supervision/?state=listed{place}",
            Words("挂牌中的重大隐患及公示位置", "Listed dangers and where they are published"),
        ),
        Output(
            13, Words("隐患排查治理信息系统", "Information system for hidden dangers"), "/boards/dangers/",
            Words("隐患看板", "The board of hidden dangers"),
        ),
    ]  # fmt: skip


def _map_url() -> str:
    return f"/{FOUR_COLOURS}/" if any(page.slug == FOUR_COLOURS for page in own_pages()) else CITY_MAP


def by_industry(asked: Asked) -> list[Line]:
    """Return graded events by section of industry, the section with most grave ones first."""

    def named(section: str) -> Any:
        return industries.named(section) or NO_INDUSTRY

    def narrowed(section: str) -> dict[str, str]:
        place = _told(asked.place) if asked.place is not None else {}
        return place | {"industry_section": section} if section else {}

    return _lines(asked, "enterprise__industry", section_of, named, narrowed)


def by_area(asked: Asked) -> list[Line]:
    """Return graded events by the area one step below the place looked at; of a zone by its members."""
    if asked.place is None:
        return []
    below = {one.path: one for one in _below(asked.place)}

    def area(path: str) -> str:
        return next((one for one in below if path.startswith(one)), "")

    def named(path: str) -> Any:
        return below.get(path, asked.place)

    def narrowed(path: str) -> dict[str, str]:
        return _told(below[path]) if path in below else {}

    return _lines(asked, "path", area, named, narrowed)


def _below(place: Territory) -> list[Territory]:
    if place.level == "zone":
        return [one for one in Territory.objects.filter(path__in=place.prefixes()) if one.pk != place.pk]
    return list(place.children.filter(valid_to=None))


def _told(place: Territory) -> dict[str, str]:
    return {"territory": place.code or str(place.pk)}


def _lines(
    asked: Asked, column: str, group: Callable[[str], str], named: Callable[[str], Any],
    narrowed: Callable[[str], dict[str, str]],
) -> list[Line]:  # fmt: skip
    """Return the events an actor sees here in groups of a column; each count opens the list that makes it."""
    counts = {key: Count("pk", filter=Q(risk_level=level)) for key, level in LEVELS.items()}
    rows = RiskEvent.seen_by(asked.actor).filter(archived_at=None, risk_level__gt=0)
    if asked.place is not None:
        here = Q()
        for path in asked.place.prefixes():
            here |= under(path)
        rows = rows.filter(here)
    found: dict[str, dict[str, int]] = {}
    for row in rows.values(column).annotate(**counts):
        into = found.setdefault(group(row[column]), dict.fromkeys(LEVELS, 0))
        for key in LEVELS:
            into[key] += row[key]
    most = max((sum(counted.values()) for counted in found.values()), default=0)
    lines = [
        Line(
            named(key),
            [_counted(narrowed(key), number, LEVELS[level]) for level, number in counted.items()],
            _counted(narrowed(key), sum(counted.values()), *LEVELS.values()),
            _bars(counted, most),
        )
        for key, counted in found.items()
    ]
    return sorted(lines, key=lambda line: [-one.number for one in line.counts])


def _counted(narrowed: dict[str, str], number: int, *levels: int) -> Counted:
    """Return a count with the list of these levels; without one where no filter says which rows they are."""
    pairs = [*(("risk_level", level) for level in levels), *narrowed.items()]
    said = WORDS[levels[0]] if len(levels) == 1 else RiskEvent.kept.words
    return Counted(number, said, f"/{RiskEvent.kept.slug}/?{urlencode(pairs)}" if narrowed and number else "")


def _bars(counted: dict[str, int], most: int) -> list[dict[str, Any]]:
    """Return the pieces of a bar in hundredths of the longest one, the gravest first."""
    bars, at = [], 0
    for key, level in LEVELS.items():
        begins, at = at, at + counted[key]
        x, end = (round(100 * one / most, 2) if most else 0 for one in (begins, at))
        if end > x:
            bars.append({"level": level, "x": f"{x:g}", "width": f"{end - x:.2f}"})
    return bars
