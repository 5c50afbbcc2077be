"""Evidence at the office's door, for a signed-in person."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponseBase

from anlan.faces.giving import given
from anlan.faces.office.access import signed_in
from anlan.kernel.scope import Actor


@signed_in
def serve(request: HttpRequest, actor: Actor, pk: uuid.UUID, size: str) -> HttpResponseBase:
    """Answer with ``shown``, ``thumb`` or ``original`` of one piece of evidence."""
    return given(request, actor, pk, size)
