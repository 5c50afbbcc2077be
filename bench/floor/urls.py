"""The floor's one page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.template.loaders.locmem import Loader as FromMemory
from django.urls import path

from anlan.domains.hidden_dangers.models import HiddenDanger

ROWS = 50
PAGE = """<!doctype html><title>floor</title><table>{% for row in rows %}<tr><td>{{ row.number }}</td>
<td>{{ row.description }}</td><td>{{ row.state }}</td><td>{{ row.opened_at }}</td></tr>{% endfor %}</table>"""


class Loader(FromMemory):
    """The page, out of this file."""

    def __init__(self, engine: object) -> None:
        super().__init__(engine, {"floor.html": PAGE})


def fifty(request: HttpRequest) -> HttpResponse:
    """Show fifty rows by the primary key."""
    rows = HiddenDanger.unscoped("the bare floor of a bench").order_by("-pk")
    shown = rows.values("number", "description", "state", "opened_at")[:ROWS]
    return HttpResponse(loader.render_to_string("floor.html", {"rows": shown}))


urlpatterns = [path("floor", fifty), path("healthz", lambda request: HttpResponse("ok"))]
