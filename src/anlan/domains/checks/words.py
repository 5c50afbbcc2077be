"""The choices of the checks domain, in the field's words."""

from __future__ import annotations

from anlan.domains.checks.windows import EVERY_DAY, WORKING_DAYS
from anlan.kernel.words import Words

OPEN, DONE, LATE, MISSED, LAPSED = "open", "done", "late", "missed", "lapsed"
STATES = [
    (OPEN, Words("待检查", "To be done")),
    (DONE, Words("按时完成", "Done in time")),
    (LATE, Words("逾期补做", "Done late")),
    (MISSED, Words("漏查", "Missed")),
    (LAPSED, Words("不再需要", "Not needed any more")),
]
ENDED = (DONE, LATE, MISSED)
TONES = {OPEN: "open", DONE: "done", LATE: "waiting", MISSED: "late", LAPSED: "plain"}

UNANSWERED, IN_ORDER, FAILED, NOT_APPLICABLE = 0, 1, 2, 3
RESULTS = {
    IN_ORDER: Words("正常", "In order"),
    FAILED: Words("不正常", "Not in order"),
    NOT_APPLICABLE: Words("不涉及", "Does not apply"),
}
UNANSWERED_WORDS = Words("未查", "Not checked")

DAYS = [
    (EVERY_DAY, Words("每天（含节假日）", "Every day, holidays too")),
    (
        WORKING_DAYS,
        Words("工作日（节假日不排，调休上班日照排）", "Working days (none on holidays; make-up days count)"),
    ),
]

# How far a missed check has climbed.
NOBODY_TOLD, POST_TOLD, HEAD_TOLD, OFFICER_TOLD, REGULATOR_TOLD = 0, 1, 2, 3, 4
CLIMBED = [
    (NOBODY_TOLD, Words("未提醒", "Nobody told")),
    (POST_TOLD, Words("已提醒岗位", "The post was reminded")),
    (HEAD_TOLD, Words("已告知部门负责人", "The head was told")),
    (OFFICER_TOLD, Words("已告知安全管理人员", "The safety officer was told")),
    (REGULATOR_TOLD, Words("监管部门可见", "The regulator sees it")),
]

# The topic of the hidden danger that a failed check opens, by the kind of accident its risk may lead to (GB 6441 keys).
TOPIC_OF_ACCIDENT = {
    "1986-02": "traffic", "2025-02": "traffic", "2025-03": "traffic", "1986-03": "machinery", "2025-04": "machinery",
    "1986-04": "special_equipment", "2025-05": "special_equipment", "1986-16": "special_equipment",
    "1986-17": "special_equipment", "2025-14": "special_equipment", "1986-05": "electrical", "2025-06": "electrical",
    "1986-08": "fire", "2025-09": "fire", "1986-09": "height_construction", "2025-10": "height_construction",
    "2025-11": "height_construction", "1986-10": "height_construction", "2025-12": "height_construction",
    "1986-15": "gas", "2025-16": "gas", "2025-18": "dust", "1986-19": "confined_space", "2025-23": "confined_space",
    "2025-24": "confined_space", "2025-26": "chemical", "2025-17": "chemical",
}  # fmt: skip
OTHER_TOPIC = "other"
# The kind of accident (GB 6441-2025) that a subject of hidden dangers leads to first; the edition in force is proposed from it.
ACCIDENT_OF_TOPIC = {
    "fire": "2025-09", "electrical": "2025-06", "gas": "2025-16", "chemical": "2025-17", "dust": "2025-18",
    "machinery": "2025-04", "special_equipment": "2025-05", "height_construction": "2025-10", "confined_space": "2025-23",
}  # fmt: skip
