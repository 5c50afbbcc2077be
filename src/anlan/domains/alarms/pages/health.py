"""The alarm health board: norms, the ten that ring most, and places or enterprises side by side. Serves articles 14 and 29."""

from __future__ import annotations

import uuid

from anlan.domains.alarms.health import begin_of, by_firm, by_place, measures, past, ringing_most
from anlan.domains.alarms.plant import firm_of
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers.pages import Asked, Drawn
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.tree import tree
from anlan.kernel.words import Words

PERIODS = ((1, Words("今天", "Today")), (7, Words("7天", "7 days")), (30, Words("30天", "30 days")))
FEWEST_BELOW, DEEPEST = 2, "township"


def health(asked: Asked) -> Drawn:
    """Draw the board of the place looked at."""
    text = asked.values.get("days", "")
    days = int(text) if text in {str(n) for n, _ in PERIODS} else 7
    actor, place, since = asked.actor, asked.place, begin_of(days)
    below = [one for one in _below(place) if one.level != "village"] if actor.grants else []
    places = by_place(actor, below, since) if len(below) >= FEWEST_BELOW else []
    firm = _firm(asked)
    context = {
        "place": place, "days": days, "since": since.date().isoformat(), "periods": PERIODS,
        "measures": measures(actor, place, days),
        "actors": ringing_most(actor, place, days),
        "places": [one for one in places if one.is_busy], "idle": [one.name for one in places if not one.is_busy],
        "firms": by_firm(actor, place, since),
        "firm": firm, "months": past(actor, place, firm),
        "query": {} if place is None or place.path == actor.home_path else {"territory": place.code},
    }  # fmt: skip
    return Drawn("alarms/health.html", context)


def _firm(asked: Asked) -> Enterprise | None:
    """Return the enterprise whose months are asked for; one that is not seen is as good as none."""
    try:
        return firm_of(asked.actor, uuid.UUID(asked.values.get("firm", "")))
    except ValueError:
        return None


def _below(place: Territory | None) -> list[Territory]:
    return list(tree().below(place)) if place is not None else []
