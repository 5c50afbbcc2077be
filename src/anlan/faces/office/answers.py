"""What a browser form brings: scalars for the kernel's form, the idempotency key, the version read, evidence by purpose.

Files sent without scripts are received here and become evidence like any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from anlan.kernel import evidence
from anlan.kernel.ids import new_id
from anlan.kernel.loops.declaration import Need, photo
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

MOST_FILES = 30


def answers(request: HttpRequest, names: Iterable[str]) -> dict[str, Any]:
    """Return what was filled in for the named fields; an unticked box counts as no."""
    return {name: request.POST[name] for name in names if name in request.POST}


def with_flags(data: dict[str, Any], form_fields: dict[str, Any]) -> dict[str, Any]:
    """Add the boxes a browser leaves out when they are not ticked."""
    from django import forms

    for name, field in form_fields.items():
        if isinstance(field, forms.BooleanField) and name not in data:
            data[name] = ""
    return data


def key_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the idempotency key of the form; a malformed one is a fault, a missing one is none."""
    text = request.POST.get("key", "").strip()
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid(
            {"key": [Words("提交编号无效。", "The key of this submission is not valid.")]}
        ) from None


def version_of(request: HttpRequest) -> int | None:
    """Return the version of the row the person had before their eyes."""
    text = request.POST.get("version", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def new_key() -> str:
    """Return a fresh key to write into a form."""
    return str(new_id())


def evidence_given(request: HttpRequest, needs: Sequence[Need], actor: Actor) -> dict[str, list[uuid.UUID]]:
    """Return evidence ids by purpose: those uploaded before, and files that came with the form itself."""
    given: dict[str, list[uuid.UUID]] = {}
    for need in needs:
        name = evidence_field(need.purpose)
        ids = [_id(text, need.purpose) for text in request.POST.getlist(name)[:MOST_FILES] if text]
        for file in request.FILES.getlist(f"{name}_files")[:MOST_FILES]:
            taken = evidence.receive(file, file.name or "", file.content_type or "", account_id=actor.account_id,
                                     is_demo=actor.is_demo)  # fmt: skip
            ids.append(taken.id)
        if ids:
            given[need.purpose] = ids
    return given


def evidence_of_any_purpose(request: HttpRequest, actor: Actor) -> dict[str, list[uuid.UUID]]:
    """Return the evidence ids a form brings, by whatever purposes its fields name."""
    start, end = evidence_field(""), "_files"
    names = {*request.POST, *(name.removesuffix(end) for name in request.FILES)}
    purposes = sorted(name.removeprefix(start) for name in names if name.startswith(start))[:MOST_FILES]
    return evidence_given(request, [photo(one, "照片", "Photo") for one in purposes], actor)


def evidence_field(purpose: str) -> str:
    """Return the name of the form field that carries evidence of a purpose."""
    return f"evidence_{purpose}"


def _id(text: str, purpose: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid({purpose: [Words("材料编号无效。", "This is no evidence.")]}) from None


def claimed_at(request: HttpRequest) -> datetime | None:
    """Return the instant a phone says the act happened, if it says so in an aware form."""
    text = request.POST.get("at", "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid({"at": [Words("时间格式不对。", "This is no time.")]}) from None
    return found if found.tzinfo else None


def show_faults(form: Any, refusal: Invalid) -> dict[str, list[str]]:
    """Write the kernel's reasons into the form at their fields; return those that belong to no field."""
    loose: dict[str, list[str]] = {}
    if form.is_bound:
        form.is_valid()
    for name, reasons in refusal.errors.items():
        words = [str(reason) for reason in reasons]
        if name in form.fields:
            known = [str(known) for known in form.errors.get(name, [])]
            for word in words:
                if word not in known:
                    form.add_error(name, word)
        else:
            loose[name] = words
    return loose
