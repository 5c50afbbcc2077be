"""Pages that domains bring themselves, mounted below their registers: this door asks, draws and words refusals."""

from __future__ import annotations

import importlib
import importlib.util
import uuid
from collections.abc import Callable, Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header

from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import evidence_of_any_purpose, key_of, new_key
from anlan.faces.office.shell import looked_at, page
from anlan.faces.office.subjects import subject_of_model
from anlan.kernel.registers.pages import Asked, DomainPage, Done, Given, OpenPage, OwnPage, Received
from anlan.kernel.scope import Actor

LONGEST = 2000


def urls(domains: tuple[str, ...]) -> Iterator[URLPattern]:
    """Yield the addresses of the pages that the domains declare, named ``<slug>-<verb>`` or ``<slug>``."""
    for domain in domains:
        if importlib.util.find_spec(f"{domain}.pages") is None:
            continue
        for declared in importlib.import_module(f"{domain}.pages").pages:
            if isinstance(declared, OwnPage):
                yield path(f"{declared.slug}/", _view(declared), name=declared.slug)
                continue
            if isinstance(declared, OpenPage):
                continue  # the public face mounts it
            route, name = f"{declared.slug}/<uuid:pk>/{declared.verb}", f"{declared.slug}-{declared.verb}"
            yield path(route, _view(declared), name=name)


def _view(declared: DomainPage | OwnPage) -> Callable[..., HttpResponseBase]:
    @signed_in
    def answered(request: HttpRequest, actor: Actor, pk: uuid.UUID | None = None) -> HttpResponseBase:
        is_sent = request.method == "POST"
        filled = request.POST if is_sent else request.GET
        longest = getattr(declared, "longest", LONGEST)
        values = {name: str(filled[name])[:longest] for name in filled}
        asked = Asked(
            actor, pk, values, is_sent, key_of(request) if is_sent else None, looked_at(request, actor),
            evidence_of_any_purpose(request, actor) if is_sent else {},
            files={name: file for name, file in request.FILES.items() if not isinstance(file, list)},
        )  # fmt: skip
        answer = declared.answer(asked)
        if isinstance(answer, Received):
            return redirect("office:import", answer.pk)
        if isinstance(answer, Done):
            messages.success(request, str(answer.words))
            if answer.stays:
                return redirect(request.path)
            subject = subject_of_model(type(answer.row))
            if answer.page:
                return redirect(f"office:{subject.slug}-{answer.page}", answer.row.pk)
            return redirect(subject.url(answer.row))
        if isinstance(answer, Given):
            return as_file(answer)
        context = {**answer.context, "new_key": values.get("key") or new_key()}
        return page(request, answer.template, context, here=declared.slug, status=answer.status)

    return answered


def as_file(file: Given) -> HttpResponse:
    """Return a file to take along."""
    answer = HttpResponse(file.content, content_type=file.media_type)
    answer["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer
