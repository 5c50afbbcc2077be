"""The figures of major hazard installations. Serves articles 2, 5 and 14."""

from __future__ import annotations

from anlan.domains.installations.words import GRADES, MAJOR_GRADES
from anlan.kernel.indicators.declaration import CASES, DOWN, PER_CENT, UP, Indicator
from anlan.kernel.indicators.formulas import Flow, Late, Ratio, Rows, Stock
from anlan.kernel.words import Words

UNITS, FILES, KEEPERS, RECORDS, COMMITMENTS = (
    "installations",
    "hazard-files",
    "hazard-keepers",
    "duty-records",
    "safety-commitments",
)
MAJOR = {"grade": tuple(str(grade) for grade in MAJOR_GRADES)}

majors = Stock(Rows(UNITS, MAJOR))

Indicator(
    "hazards-kept", Words("重大危险源", "Major hazard installations"), CASES, majors, serves="A14.8",
    about=Words("按评估定级，一级至四级。", "As assessed, grades 1 to 4."),
)  # fmt: skip
for _grade in MAJOR_GRADES:
    _words = dict(GRADES)[_grade]
    Indicator(
        f"hazards-grade-{_grade}", Words("{zh}重大危险源", "Major hazards, {en}").filled(zh=_words.zh, en=_words.en.lower()),
        CASES, Stock(Rows(UNITS, {"grade": str(_grade)})), serves="A14.8",
    )  # fmt: skip
Indicator(
    "hazards-filed-share", Words("重大危险源备案率", "Share of major hazards on file"), PER_CENT,
    Ratio(Stock(Rows(UNITS, {**MAJOR, "standing": "filed"})), majors), serves="A14.8", good=UP,
)  # fmt: skip
Indicator(
    "hazard-files-late", Words("逾期未办的重大危险源备案", "Overdue files of major hazards"), CASES, Late(Rows(FILES)),
    serves="A14.8", good=DOWN,
    about=Words("未按期备案、未满三年重新评估的都在内。", "Filed late, or not assessed again after three years."),
)  # fmt: skip
Indicator(
    "hazard-duties",
    Words("包保履职记录", "Duty records"),
    CASES,
    Flow(Rows(RECORDS), on="done_on"),
    serves="A5.1",
    good=UP,
)
Indicator(
    "hazard-duties-in-time", Words("包保按期履职率", "Share of duties done in time"), PER_CENT,
    Ratio(Flow(Rows(RECORDS, {"on_time": "1"}), on="done_on"), Flow(Rows(RECORDS), on="done_on")), serves="A5.1", good=UP,
)  # fmt: skip
Indicator(
    "safety-commitments", Words("安全承诺公告", "Commitments to safety"), CASES, Flow(Rows(COMMITMENTS), on="day"),
    serves="A5.1", good=UP,
)  # fmt: skip
