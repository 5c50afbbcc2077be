"""The figures of hidden dangers and of listed supervision. Serves articles 15 and 29."""

from __future__ import annotations

from anlan.kernel.indicators.boards import Board, Stage
from anlan.kernel.indicators.declaration import CASES, DAYS, DOWN, PER_CENT, UP, Indicator
from anlan.kernel.indicators.formulas import Breakdown, Flow, Late, Median, Ratio, Rows, Stock
from anlan.kernel.words import Words

DANGERS, LISTINGS = "hidden-dangers", "listed-supervision"
CLOSED = {"state": "closed"}
MAJOR = {"severity": "major"}
BY_THE_ENTERPRISE = {"found_by": ("self", "worker")}

found = Flow(Rows(DANGERS))
closed = Flow(Rows(DANGERS, CLOSED), on="closed_at")

found_now = Indicator(
    "dangers-found", Words("发现隐患", "Hidden dangers found"), CASES, found, serves="A15.9", is_open=True,
    about=Words("按上报时间计。发现得多不等于管得差。", "By the time of the report. Many found does not mean badly kept."),
)  # fmt: skip
closed_now = Indicator(
    "dangers-closed", Words("销号隐患", "Hidden dangers closed"), CASES, closed, serves="A15.9", good=UP, is_open=True,
)  # fmt: skip
open_now = Indicator(
    "dangers-open", Words("未销号隐患", "Open hidden dangers"), CASES, Stock(Rows(DANGERS)), serves="A15.9", good=DOWN,
)  # fmt: skip
late_now = Indicator(
    "dangers-late", Words("逾期隐患", "Overdue hidden dangers"), CASES, Late(Rows(DANGERS)), serves="A15.9", good=DOWN,
    about=Words("此刻当前环节已过期限的，中止计时的不算。", "Past the deadline of their state now, unless suspended."),
)  # fmt: skip
major_found = Indicator(
    "major-found", Words("发现重大隐患", "Major hidden dangers found"), CASES, Flow(Rows(DANGERS, MAJOR)), serves="A15.13",
)  # fmt: skip
major_open = Indicator(
    "major-open", Words("未销号重大隐患", "Open major hidden dangers"), CASES, Stock(Rows(DANGERS, MAJOR)), serves="A15.13",
    good=DOWN,
)  # fmt: skip
major_late = Indicator(
    "major-late", Words("逾期重大隐患", "Overdue major hidden dangers"), CASES, Late(Rows(DANGERS, MAJOR)), serves="A15.13",
    good=DOWN,
)  # fmt: skip
rate = Indicator(
    "rectification-rate", Words("隐患整改率", "Rectification rate"), PER_CENT,
    Ratio(Flow(Rows(DANGERS, CLOSED)), found), serves="A15.9", good=UP, is_open=True,
    about=Words("期间内上报的隐患中，现已销号的占比。", "Of the dangers reported in the period, the share closed by now."),
)  # fmt: skip
refused = Indicator(
    "refused-rate", Words("复查退回率", "Sent-back rate"), PER_CENT,
    Ratio(Flow(Rows(DANGERS, CLOSED | {"reworked": "1"}), on="closed_at"), closed), serves="A15.9", good=DOWN,
    about=Words("期间内销号的隐患中，曾被退回返工的占比。", "Of those closed in the period, the share ever sent back."),
)  # fmt: skip
in_time = Indicator(
    "in-time-rate", Words("按期整改率", "Rectified in time"), PER_CENT,
    Ratio(Flow(Rows(DANGERS, CLOSED | {"in_time": "1"}), on="closed_at"),
          Flow(Rows(DANGERS, CLOSED | {"rectified": "1"}), on="closed_at")),
    serves="A15.9", good=UP,
    about=Words("期间内销号的隐患中，在整改期限内报告整改完成的占比。", "Of those closed, the share rectified by their limit."),
)  # fmt: skip
Indicator(
    "extension-rate", Words("延期率", "Extension rate"), PER_CENT,
    Ratio(Flow(Rows(DANGERS, CLOSED | {"extended": "1"}), on="closed_at"), closed), serves="A15.9", good=DOWN,
    about=Words("期间内销号的隐患中，批准过延期的占比。", "Of those closed in the period, the share ever granted more time."),
)  # fmt: skip
days = Indicator(
    "days-to-close", Words("销号用时（中位数）", "Days to close (median)"), DAYS,
    Median(Rows(DANGERS, CLOSED)), serves="A15.9", good=DOWN,
)  # fmt: skip
Indicator(
    "recurrence-rate", Words("隐患重复发生率", "Recurrence rate"), PER_CENT,
    Ratio(Flow(Rows(DANGERS, {"recurs": "1"})), found), serves="A5.2", good=DOWN,
    about=Words("同一企业、同一部位、同类隐患再次出现的占比。", "Come back at the same enterprise, spot and topic."),
)  # fmt: skip
self_found = Indicator(
    "self-found-share", Words("企业自查占比", "Share found by enterprises themselves"), PER_CENT,
    Ratio(Flow(Rows(DANGERS, BY_THE_ENTERPRISE)), found), serves="A15.10", good=UP,
    about=Words("企业自查和从业人员报告的占比。", "Found by the enterprise itself or reported by its workers."),
)  # fmt: skip
listed = Indicator(
    "listed-open", Words("挂牌督办中", "Under listed supervision"), CASES,
    Stock(Rows(LISTINGS, {"state": ("listed", "delisting")})), serves="A15.15", good=DOWN,
)  # fmt: skip

Board(
    slug="dangers",
    words=Words("隐患看板", "Board of hidden dangers"),
    of=DANGERS,
    figures=(found_now, closed_now, open_now, late_now, major_open, major_late, rate, in_time, days, self_found, refused, listed),
    rate=rate,
    count=open_now,
    trend=(found_now, closed_now),
    states=Breakdown("dangers-by-state", Words("隐患所处环节", "Hidden dangers by state"), Rows(DANGERS), "opened_at", "state"),
    stages=(
        Stage(Words("上报", "Reported"),
              ("reported", "planning", "rectifying", "in_check", "in_review", "closed", "withdrawn")),
        Stage(Words("已定级", "Graded"), ("planning", "rectifying", "in_check", "in_review", "closed")),
        Stage(Words("已报整改完成", "Rectified"), ("in_check", "in_review", "closed")),
        Stage(Words("已销号", "Closed"), ("closed",)),
    ),
    late=late_now,
    hours=Breakdown("dangers-by-hour", Words("隐患上报时段", "Hours of reporting"), Rows(DANGERS), "opened_at", "hour:opened_at"),
)  # fmt: skip
