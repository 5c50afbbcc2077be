"""The figures of accidents and the four death rates. Serves articles 2 and 29.

Deaths and accidents are counted from the register; what a rate is measured against are yearly figures, which refuse in words
where they are unknown or nobody compared them with a source.
"""

from __future__ import annotations

from anlan.domains.targets.yearly import keep_all
from anlan.kernel.indicators.declaration import DOWN, Indicator
from anlan.kernel.indicators.formulas import Flow, Rate, Rows, Sum
from anlan.kernel.words import Words

ACCIDENTS, HAPPENED = "accidents", "occurred_on"
PEOPLE, CASES, EACH = Words("人", "people"), Words("起", "accidents"), Words("起事故", "Accidents")
# 工矿商贸: the classes of industry, mining, construction and trade; not compared with the text of the statistical scheme.
IMC = ("coal_mine", "other_mine", "chemicals", "fireworks", "construction", "industry_trade")
# Per so many is the unit in the name of each rate, not a number of law.
PER_HUNDRED_THOUSAND, PER_TEN_THOUSAND, PER_MILLION = 100_000, 10_000, 1_000_000


def _deaths(*classes: str) -> Sum:
    return Sum(Rows(ACCIDENTS, {"counted_class": classes} if classes else {}), "deaths", HAPPENED)


keep_all()
Indicator(
    "accident-deaths", Words("事故死亡人数", "Deaths in accidents"), PEOPLE, _deaths(), serves="A2.2", good=DOWN, places=0,
    is_open=True, over=EACH,
    about=Words("按事故台账中已填写的死亡人数合计。", "The sum of the deaths entered in the register of accidents."),
)  # fmt: skip
Indicator(
    "accidents-larger", Words("较大事故起数", "Larger accidents"), CASES,
    Flow(Rows(ACCIDENTS, {"grade": "larger"}), HAPPENED), serves="A2.3", good=DOWN,
)  # fmt: skip
Indicator(
    "accidents-major", Words("重大和特别重大事故起数", "Major and extraordinarily major accidents"), CASES,
    Flow(Rows(ACCIDENTS, {"grade": ("major", "extra_major")}), HAPPENED), serves="A2.4", good=DOWN,
    about=Words("文件没有规定数字，一起也要看到。", "The document sets no figure; a single one is to be seen."),
)  # fmt: skip
Indicator(
    "accidents-all", Words("事故起数", "Accidents"), CASES, Flow(Rows(ACCIDENTS), HAPPENED), serves="A18.1", good=DOWN,
    is_open=True,
)  # fmt: skip
Indicator(
    "deaths-per-gdp", Words("亿元国内生产总值生产安全事故死亡率", "Deaths per 100 million yuan of GDP"),
    Words("人/亿元", "per 100 million yuan"), Rate(_deaths(), "gdp", 1), serves="A2.18", good=DOWN, places=4, is_open=True,
)  # fmt: skip
Indicator(
    "deaths-per-employees", Words("工矿商贸就业人员十万人生产安全事故死亡率", "Deaths per 100,000 in industry, mining and trade"),
    Words("人/十万人", "per 100,000"), Rate(_deaths(*IMC), "imc_employees", PER_HUNDRED_THOUSAND), serves="A2.18", good=DOWN,
    places=2,
)  # fmt: skip
Indicator(
    "deaths-per-vehicles", Words("道路交通万车死亡率", "Road deaths per 10,000 motor vehicles"),
    Words("人/万车", "per 10,000 vehicles"), Rate(_deaths("road"), "vehicles", PER_TEN_THOUSAND), serves="A2.18", good=DOWN,
    places=2, about=Words("仅含台账中的道路运输事故。", "Accidents of road transport in the register alone."),
)  # fmt: skip
Indicator(
    "deaths-per-coal", Words("煤矿百万吨死亡率", "Coal-mine deaths per million tonnes"),
    Words("人/百万吨", "per million tonnes"), Rate(_deaths("coal_mine"), "coal_output", PER_MILLION), serves="A2.18", good=DOWN,
    places=3,
)  # fmt: skip
