"""What hangs on the wall, each one A4: notice board of an enterprise, control list, cards of a post. Serves article 5.

Contents by 安监总局令第70号: main risks, consequences, prevention, emergency, telephone for reports; no personal number.
"""

from __future__ import annotations

from typing import Any

from anlan.domains.risk.models import Division, WorkPost
from anlan.domains.risk.pages.asking import firm_of, row_of
from anlan.domains.risk.pages.card import card_of
from anlan.domains.risk.queries import Branch, controllers, levels_of, tree_of
from anlan.domains.risk.words import LEVELS
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given

MOST_ON_BOARD = 12
FIRST_STEPS = 2
GRAVE = 3  # a board shows major and considerable risks; where there are none, the gravest there are


def board(asked: Asked) -> Drawn | Done | Given:
    """Draw the notice board of an enterprise."""
    firm = firm_of(asked)
    branches = tree_of(firm, asked.actor)
    events = sorted(_events(branches), key=lambda one: -one[0].risk_level)
    grave = [one for one in events if one[0].risk_level >= GRAVE] or events
    shown = [(event, ms, object_, _emergency(ms)) for event, ms, object_ in grave[:MOST_ON_BOARD]]
    context = {
        "firm": firm, "levels": levels_of(branches), "shown": shown, "more": len(events) - len(shown),
        "phones": _phones(firm, asked),
    }  # fmt: skip
    return Drawn("risk/board.html", context)


def control_list(asked: Asked) -> Drawn | Done | Given:
    """Draw the list of graded control: object, event, level, measures, layer, who."""
    firm = firm_of(asked)
    wanted = asked.values.get("level", "")
    lines = [
        (event, measures, controllers(event, measures), object_)
        for event, measures, object_ in sorted(
            _events(tree_of(firm, asked.actor)), key=lambda one: -one[0].risk_level
        )
        if not wanted or str(event.risk_level) == wanted
    ]
    return Drawn("risk/control_list.html", {"firm": firm, "lines": lines, "levels": LEVELS, "wanted": wanted})


def card(asked: Asked) -> Drawn | Done | Given:
    """Draw the risk card and the emergency card of a post with the code that leads to its page."""
    post: WorkPost = row_of(WorkPost, asked, "enterprise", "division")
    return Drawn("risk/card_print.html", {**card_of(post), "address": f"/post-card/{post.card_token}"})


def _events(branches: list[Branch]) -> list[tuple[Any, list[Any], Any]]:
    return [
        (event, ms, branch.row)
        for branch in branches
        for _unit, events in branch.units
        for event, ms in events
    ]


def _emergency(measures: list[Any]) -> list[str]:
    """Return what to do in an emergency: the event's own measures, else the first steps of the posts that answer for it."""
    own = [one.description for one in measures if one.kind == "emergency"]
    posts = {one.responsible_post for one in measures if one.responsible_post is not None}
    steps = [
        line
        for post in sorted(posts, key=lambda one: one.name)
        for line in post.emergency.splitlines()[:FIRST_STEPS]
    ]
    return own or list(dict.fromkeys(steps))


def _phones(firm: Any, asked: Asked) -> list[tuple[str, str]]:
    rows = (
        Division.seen_by(asked.actor)
        .filter(enterprise=firm, archived_at=None)
        .exclude(duty_phone="")
        .defer("search")
    )
    posts = (
        WorkPost.seen_by(asked.actor)
        .filter(enterprise=firm, archived_at=None)
        .exclude(duty_phone="")
        .defer("search")
    )
    found = [(row.name, row.duty_phone) for row in rows.order_by("name")] + [
        (p.name, p.duty_phone) for p in posts
    ]
    unique = {phone: name for name, phone in reversed(found)}
    return [(name, phone) for phone, name in unique.items()][:4]
