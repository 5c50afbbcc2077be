"""History: the chain of the ledger of one row, page by page, for whoever sees the row."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse

from anlan.faces.api.doors import actor_of
from anlan.faces.api.shapes import answer, entries
from anlan.faces.api.subjects import ApiSubject
from anlan.kernel import ledger
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words

MOST = 200


def history_of(subject: ApiSubject, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Answer a page of the chain, oldest first."""
    actor = actor_of(request)
    row = subject.row(actor, pk)
    after, size = _number(request, "after", 0), _number(request, "size", MOST)
    if not 1 <= size <= MOST:
        raise Invalid({"size": [Words("应在1到200之间。", "It lies between 1 and 200.")]})
    if subject.loop is None and not row.tells_history_to(actor):
        return answer({"items": [], "next": None})
    found = list(ledger.LedgerEntry.objects.filter(chain=row.pk, seq__gt=after).order_by("seq")[: size + 1])
    more = len(found) > size
    found = found[:size]
    return answer({"items": entries(found, subject), "next": found[-1].seq if more else None})


def _number(request: HttpRequest, name: str, otherwise: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid({name: [Words("应为整数。", "A whole number is expected.")]})
    return int(text)
