"""The figures of site visits: how many, how many found something, and what the paperwork of one costs. Serves articles 9, 22."""

from __future__ import annotations

from anlan.kernel.indicators.declaration import CASES, DOWN, PER_CENT, Indicator
from anlan.kernel.indicators.formulas import Flow, Ratio, Rows, Sum
from anlan.kernel.words import Words

VISITS = "site-visits"
PHONE = {"by_phone": "1"}
MINUTES, KEYS = Words("分钟", "min"), Words("次", "keys")
ONE_VISIT = 1

visits = Flow(Rows(VISITS))
on_phone = Flow(Rows(VISITS, PHONE))

visited = Indicator(
    "visits", Words("现场检查", "Site visits"), CASES, visits, serves="A9.9", is_open=True,
)  # fmt: skip
with_findings = Indicator(
    "visits-with-findings", Words("发现问题的检查占比", "Share of visits with findings"), PER_CENT,
    Ratio(Flow(Rows(VISITS, {"result": "found"})), visits), serves="A9.9",
    about=Words("期间内的检查中，至少发现一项问题的占比。", "Of the visits in the period, the share with at least one finding."),
)  # fmt: skip
minutes_on_site = Indicator(
    "visit-minutes", Words("每次检查现场用时", "Minutes on site per visit"), MINUTES,
    Ratio(Sum(Rows(VISITS, PHONE), "minutes_on_site"), on_phone, per=ONE_VISIT), serves="A22.6",
    about=Words("手机采集的检查，从开始到完成的平均分钟数。", "Visits captured on a phone: mean minutes from beginning to end."),
)  # fmt: skip
minutes_writing = Indicator(
    "visit-writing", Words("每次检查填写用时", "Minutes writing per visit"), MINUTES,
    Ratio(Sum(Rows(VISITS, PHONE), "minutes_writing"), on_phone, per=ONE_VISIT), serves="A22.6", good=DOWN,
    about=Words("填写文字和签名确认的平均分钟数，是文书负担的主要部分。", "Mean minutes of writing and signing."),
)  # fmt: skip
keystrokes = Indicator(
    "visit-keystrokes", Words("每次检查按键次数", "Keystrokes per visit"), KEYS,
    Ratio(Sum(Rows(VISITS, PHONE), "keystrokes"), on_phone, per=ONE_VISIT), serves="A22.6", good=DOWN,
    about=Words("手机采集的检查平均按键次数。", "Visits captured on a phone: mean number of keystrokes."),
)  # fmt: skip
