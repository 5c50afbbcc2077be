"""Documents of a matter or a register row, printed on A4: the face draws what the domain declared."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from anlan.faces.office.access import signed_in
from anlan.faces.office.records import row_of
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import subject_named
from anlan.kernel.documents import document_named, documents_of
from anlan.kernel.scope import Actor


def papers_of(slug: str, row: Any) -> list[dict[str, Any]]:
    """Return the papers a row gives, as links."""
    return [
        {"words": one.words(row), "url": reverse("office:document", args=[slug, row.pk, one.key])}
        for one in documents_of(slug, row)
    ]


@signed_in
def show(request: HttpRequest, actor: Actor, slug: str, pk: uuid.UUID, paper: str) -> HttpResponseBase:
    """Show one paper, ready to print."""
    subject, document = subject_named(slug), document_named(slug, paper)
    row = row_of(subject, actor, pk)
    if document is None or not document.when(row):
        raise Http404
    context = {"row": row, "title": document.words(row), "back": subject.url(row), **document.gives(row)}
    return page(request, document.template, context, here=slug)
