"""What every role of the demonstration finds on its desk today: something late, something due today, something this week.

A few plans laid back from the present, at one enterprise of the work safety bureau and one of another department.
The clocks are those of the rules; only the days of the acts are chosen so that they fall as wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from anlan.domains.hidden_dangers.demo import Act, Plan
from anlan.kernel.clock import CHINA

LATE, TODAY, WEEK = 13, 10, 6  # days since the rectification: ten days are given for the re-inspection
DONE = {"what_was_done": "已整改完毕，现场恢复正常", "cost_yuan": "800"}
FOUND = (
    ("fire", "{spot}疏散门前堆放成品，通道不足一米", "成品库"),
    ("electrical", "{spot}配电箱箱门缺失", "一号车间"),
    ("fire", "{spot}灭火器失压", "办公楼"),
    ("machinery", "{spot}传动皮带无防护罩", "二号车间"),
)


def showcase(bureau_site: int, industry_site: int, today: date) -> list[Plan]:
    """Return the plans; ``bureau_site`` is under a county work safety bureau, ``industry_site`` under a department."""
    plans = [
        *_waiting_for_review(bureau_site, today, ""),
        *_waiting_for_review(bureau_site, today, "city"),
        *_waiting_for_review(bureau_site, today, "township"),
        *_waiting_for_review(industry_site, today, ""),
        *_waiting_for_the_enterprise(bureau_site, today),
    ]
    return plans


def _waiting_for_review(site: int, today: date, moved_to: str) -> Iterator[Plan]:
    for number, days in enumerate((LATE, TODAY, WEEK)):
        day = today - timedelta(days=days)
        acts = [
            _opened(number, day - timedelta(days=5), "regulator"),
            _graded(day - timedelta(days=4), "regulator", day + timedelta(days=2)),
            Act(_at(day, 15), "rectify", "safety_officer", DONE, "after"),
        ]
        if moved_to:
            moved = {"new_regulator": moved_to, "reason": "由其直接跟踪复查"}
            acts.append(Act(_at(day, 16), "transfer", "regulator", moved))
        yield Plan(site, "fire_equipment", tuple(acts))


def _waiting_for_the_enterprise(site: int, today: date) -> Iterator[Plan]:
    for number, limit in enumerate((-3, 0, 4)):
        graded = today - timedelta(days=9)
        limited = _graded(graded, "safety_officer", today + timedelta(days=limit))
        yield Plan(site, "machine_guards", (_opened(number, graded, "safety_officer", 9), limited))
    yield Plan(site, "sockets", (_opened(1, today - timedelta(days=1), "worker"),))
    for number, days in enumerate((12, 1)):
        day = today - timedelta(days=days)
        fixed = Act(_at(day, 16), "self_fix_at_once", "safety_officer", DONE, "after")
        yield Plan(site, "aisles", (_opened(number + 1, day, "safety_officer"), fixed))
    yield Plan(site, "machinery", tuple(_major(today - timedelta(days=1))))


def _major(day: date) -> Sequence[Act]:
    opening = {
        "topic": "machinery",
        "description": "主生产线安全联锁整体失效，须停产更换",
        "location": "一号车间",
        "found_on": day,
    }
    facts = {"criteria": "other", "needs_stop": True, "removable_at_once": False}
    return (
        Act(_at(day, 9), "open", "regulator", opening, "before"),
        Act(_at(day, 14), "grade_major", "regulator", facts),
    )


def _opened(number: int, day: date, role: str, hour: int = 10) -> Act:
    topic, text, spot = FOUND[number % len(FOUND)]
    said = {"topic": topic, "description": text.replace("{spot}", spot), "location": spot, "found_on": day}
    return Act(_at(day, hour), "open", role, said, "before")


def _graded(day: date, role: str, limit: date) -> Act:
    given = {
        "rectify_by": limit,
        "measures": "立即清理并恢复",
        "responsible_post": "safety_officer",
        "funds_yuan": "1000",
    }
    return Act(_at(day, 11), "grade", role, given)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour, 20), CHINA)
