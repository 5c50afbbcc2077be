"""The yearly figures by name: what each is called, in which unit, and how sure a row may be."""

from __future__ import annotations

from dataclasses import dataclass

from anlan.kernel.words import Words

PEOPLE, CASES, PLACES = Words("人", "people"), Words("起", "accidents"), Words("处", "places")
HUNDRED_MILLION = Words("亿元", "100 million yuan")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of yearly figure. ``column``: what a file of yearly figures calls it."""

    key: str
    words: Words
    unit: Words
    column: str = ""


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("gdp", Words("地区生产总值", "Gross domestic product"), HUNDRED_MILLION, "gdp"),
        Kind("gdp_death_rate", Words("亿元地区生产总值生产安全事故死亡率（公布值）",
                                     "Deaths per 100 million yuan of GDP, as published"),
             Words("人/亿元", "per 100 million yuan"), "deaths_per_100m_yuan_gdp"),
        Kind("deaths", Words("生产安全事故死亡人数", "Deaths in accidents"), PEOPLE, "work_safety_deaths"),
        Kind("accidents", Words("生产安全事故起数", "Accidents"), CASES, "work_safety_accidents"),
        Kind("larger_accidents", Words("较大事故起数", "Larger accidents"), CASES),
        Kind("imc_employees", Words("工矿商贸从业人员", "Employees in industry, mining and trade"), PEOPLE),
        Kind("vehicles", Words("机动车保有量", "Motor vehicles"), Words("辆", "vehicles"), "motor_vehicles_year_end"),
        Kind("road_deaths", Words("道路交通事故死亡人数", "Road deaths"), PEOPLE),
        Kind("coal_output", Words("原煤产量", "Output of raw coal"), Words("吨", "tonnes"), "coal_output"),
        Kind("standard_due", Words("应达标企业", "Enterprises that must reach a grade"), Words("家", "enterprises")),
        Kind("standard_met", Words("已达标企业", "Enterprises with a grade"), Words("家", "enterprises")),
        Kind("sections_due", Words("公路危险路段", "Dangerous road sections"), PLACES),
        Kind("sections_done", Words("已实施防护的路段", "Road sections protected"), PLACES),
        Kind("structures_due", Words("应检测的桥梁隧道", "Bridges and tunnels to inspect"), PLACES),
        Kind("structures_done", Words("已检测的桥梁隧道", "Bridges and tunnels inspected"), PLACES),
        Kind("defects_due", Words("桥梁隧道病害", "Defects of bridges and tunnels"), PLACES),
        Kind("defects_done", Words("已整治的病害", "Defects treated"), PLACES),
        Kind("population", Words("年末常住人口", "Resident population, end of year"), PEOPLE, "resident_population_year_end"),
        Kind("census", Words("普查人口", "Population of the census"), PEOPLE, "census_population"),
        Kind("employed", Words("年末就业人员", "Employed persons, end of year"), PEOPLE, "employed_persons_year_end"),
        Kind("gdp_growth", Words("地区生产总值增速", "Growth of GDP"), Words("%", "%"), "gdp_growth"),
        Kind("secondary", Words("第二产业增加值", "Value added of secondary industry"), HUNDRED_MILLION,
             "secondary_industry_value_added"),
        Kind("secondary_growth", Words("第二产业增速", "Growth of secondary industry"), Words("%", "%"),
             "secondary_industry_growth"),
        Kind("industry_growth", Words("规上工业增加值增速", "Growth of industry above designated size"), Words("%", "%"),
             "industrial_value_added_growth_above_scale"),
    )
}  # fmt: skip

KIND_CHOICES = [(kind.key, kind.words) for kind in KINDS.values()]

CONFIDENCES = [
    ("sourced", Words("已核对原文", "Compared with the source")),
    ("secondary", Words("据转引", "Second hand")),
    ("memory", Words("未核对", "Unverified")),
    ("unknown", Words("未知，待填报", "Unknown, to be entered")),
]
# A figure may be computed with only where somebody has seen where it stands.
GOOD_ENOUGH = frozenset({"sourced", "secondary"})
