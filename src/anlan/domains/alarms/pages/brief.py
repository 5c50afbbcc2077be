"""The leader's page of major hazards: one look, two clicks to the rows. Serves articles 14 and 18."""

from __future__ import annotations

from urllib.parse import urlencode

from anlan.domains.alarms import brief
from anlan.domains.alarms.watching import snapshot
from anlan.kernel.registers.pages import Asked, Drawn
from anlan.kernel.scope.tree import tree


def hazards(asked: Asked) -> Drawn:
    """Draw what is red now by place, with names, and what is late."""
    actor, place = asked.actor, asked.place
    below = [one for one in tree().below(place) if one.level != "village"] if place is not None else []
    narrowed = place is not None and place.path != actor.home_path
    context = {
        "place": place, "places": brief.places(actor, below), "red": brief.red(actor, place), "late": brief.late(actor, place),
        "files": brief.late_files(actor, place), "late_files": brief.count_of_late_files(actor, place),
        "counts": snapshot(actor, place, None)["counts"],
        "query": f"&{urlencode({'territory': place.code})}" if place is not None and narrowed else "",
    }  # fmt: skip
    return Drawn("alarms/brief.html", context)
