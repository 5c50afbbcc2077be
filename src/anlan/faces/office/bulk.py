"""One step for many matters: chosen in a list, answered once, taken for each through the engine.

Every matter is its own act with its own entry: what one refuses does not stop the others, and is said beside it. Steps that
need evidence stay on the matter's own page, since a picture proves one thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import answers, key_of, new_key, show_faults, with_flags
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import Subject, row_title, state_badge, subject_named
from anlan.kernel.loops import take
from anlan.kernel.loops.admitting import obstacle, step_form
from anlan.kernel.loops.declaration import Step
from anlan.kernel.registers.errors import Changed, Invalid, KeepingError
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

MOST = 100
_GONE = Words("没有找到，或已不在您的管辖范围内。", "Not found, or no longer in your scope.")


@dataclass
class Picked:
    """One chosen matter: what stands against the step, or what came of it."""

    row: Any
    title: str
    number: str
    url: str
    state: Any
    reason: str = ""
    done: bool = False


@signed_in
def bulk(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Show what can be done with the chosen matters, then the form of one step, then what came of it."""
    subject = subject_named(slug)
    if not subject.is_loop:
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    picked = _picked(subject, actor, given.getlist("pick"))
    step = _step_named(subject, given.get("step", ""))
    if step is None:
        return _choices(request, actor, subject, picked)
    for one in picked:
        fault = obstacle(step, one.row, actor)
        one.reason = str(fault.words) if fault is not None else ""
    if request.method == "POST":
        return _take_all(request, actor, subject, step, picked)
    return _form(request, subject, step, picked, step_form(step, subject.model, actor), {})


def may_be_many(step: Step) -> bool:
    """Say whether a step can be taken for many matters at once: it needs no evidence and is no dangerous one."""
    return not step.dangerous and not any(need.required for need in step.needs)


def _picked(subject: Subject, actor: Actor, texts: Sequence[str]) -> list[Picked]:
    ids: dict[uuid.UUID, None] = {}
    for text in texts[:MOST]:
        try:
            ids[uuid.UUID(text)] = None
        except ValueError:
            continue
    rows = subject.model.seen_by(actor).filter(pk__in=list(ids)).defer("search")
    found = {row.pk: row for row in rows.select_related("territory", "holder", "regulator")}
    return [
        Picked(row, row_title(subject, row), row.number, subject.url(row), state_badge(row))
        for pk in ids
        if (row := found.get(pk)) is not None
    ]


def _step_named(subject: Subject, name: str) -> Step | None:
    if not name:
        return None
    step = subject.loop.steps.get(name)
    if step is None or not may_be_many(step):
        raise Http404
    return step


def _choices(request: HttpRequest, actor: Actor, subject: Subject, picked: list[Picked]) -> HttpResponseBase:
    """Show the steps that at least one of the matters takes now, with how many."""
    choices = []
    for step in subject.loop.steps.values():
        if may_be_many(step):
            count = sum(obstacle(step, one.row, actor) is None for one in picked)
            if count:
                choices.append({"step": step, "count": count})
    choices.sort(key=lambda choice: (not choice["step"].main, -choice["count"]))
    return page(
        request,
        "office/bulk.html",
        {"subject": subject, "picked": picked, "choices": choices},
        here=subject.slug,
    )


def _form(
    request: HttpRequest, subject: Subject, step: Step, picked: list[Picked], form: Any, loose: dict[str, Any],
    status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    able = [one for one in picked if not one.reason]
    context = {
        "subject": subject,
        "step": step,
        "picked": able,
        "left": [one for one in picked if one.reason],
        "form": form,
        "loose": loose,
        "key": request.POST.get("key", "") or new_key(),
    }
    return page(request, "office/bulk.html", context, here=subject.slug, status=status)


def _take_all(
    request: HttpRequest, actor: Actor, subject: Subject, step: Step, picked: list[Picked]
) -> HttpResponseBase:
    """Take the step for each matter; answers that fit none are shown at their fields before anything is taken."""
    names = [*step.field_names(), *(ask.name for ask in step.extra_asks())]
    data = with_flags(answers(request, names), step_form(step, subject.model, actor).fields)
    try:
        key = key_of(request)
    except Invalid:
        key = None
    form = step_form(step, subject.model, actor, data)
    if key is None or not form.is_valid():
        return _form(request, subject, step, picked, form, {}, status=422)
    first_refusal: Invalid | None = None
    for one in picked:
        # Found again under the same key, a matter that went through before is not refused for having moved on.
        own = uuid.uuid5(key, str(one.row.pk))
        try:
            take(step.name, one.row, actor, data, key=own, version=_version(request, one.row))
            one.done, one.reason = True, ""
        except Invalid as refusal:
            first_refusal = first_refusal or refusal
            reasons = [str(reason) for reasons in refusal.errors.values() for reason in reasons]
            one.reason = " ".join(reasons) or _("填写的内容不适用。")
        except Changed as refusal:
            one.reason = str(refusal.words)
        except KeepingError as refusal:
            one.reason = str(getattr(refusal, "words", _GONE))
    done = [one for one in picked if one.done]
    if not done and first_refusal is not None:
        return _form(request, subject, step, picked, form, show_faults(form, first_refusal), status=422)
    context = {
        "subject": subject,
        "step": step,
        "done": done,
        "left": [one for one in picked if not one.done],
        "is_over": True,
    }
    return page(request, "office/bulk.html", context, here=subject.slug)


def _version(request: HttpRequest, row: Any) -> int | None:
    text = request.POST.get(f"version_{row.pk}", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
