"""Rows as JSON: codes stay codes, exact numbers are decimal strings, instants are UTC, a reference is its id and name.

Personal fields leave only to those who maintain the row or regulate it, and each time a line is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_cache_control

from anlan.faces.api.subjects import ApiSubject
from anlan.kernel.registers import FieldSpec
from anlan.kernel.registers.fields import plain
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actor import PERSONAL
from anlan.kernel.scope.models import Party, Post, Territory
from anlan.kernel.scope.posts import OFFICERS

personal_log = logging.getLogger("anlan.personal")


def answer(data: Any, status: int = 200, *, version: int | None = None) -> HttpResponse:
    """Answer JSON; it is for this reader alone and kept nowhere."""
    response = JsonResponse(data, status=status, safe=False, json_dumps_params={"ensure_ascii": False})
    if version is not None:
        response["ETag"] = f'"{version}"'
    patch_cache_control(response, private=True, no_store=True)
    return response


def value_of(row: Any, name: str) -> Any:
    """Return one field of a row as JSON."""
    value = getattr(row, name)
    if isinstance(value, Territory):
        return {"id": str(value.pk), "name": value.name, "code": value.code}
    if isinstance(value, Party | Post):
        return {"id": str(value.pk), "name": str(value)}
    if isinstance(value, datetime):
        return instant(value)
    return plain(value)


def instant(value: datetime | None) -> str | None:
    """Return an instant in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def page_of(subject: ApiSubject, row: Any) -> str:
    """Return the address of the row's page in the office, empty if this installation has none."""
    try:
        return reverse("office:detail", args=[subject.slug, row.pk])
    except NoReverseMatch:
        return ""


def item(subject: ApiSubject, row: Any) -> dict[str, Any]:
    """Return a row as an item of its list."""
    found = _head(subject, row)
    found.update({spec.name: value_of(row, spec.name) for spec in subject.list_specs})
    return found


def likeness_item(subject: ApiSubject, one: Any) -> dict[str, Any]:
    """Return a likely duplicate; of one outside the caller's scope only that it exists."""
    row = one.row
    return {
        "id": str(row.pk) if row is not None else None,
        "label": subject.label(row) if row is not None else None,
        "page": page_of(subject, row) if row is not None else None,
        "score": one.score,
        "reasons": [words.both() for words in one.reasons],
    }


def _head(subject: ApiSubject, row: Any) -> dict[str, Any]:
    head = {
        "id": str(row.pk),
        "kind": subject.slug,
        "label": subject.label(row),
        "page": page_of(subject, row),
        "version": row.version,
        "is_demo": row.is_demo,
    }
    if subject.loop:
        head["state_words"] = row.state_words.both()
        head["is_late"] = row.is_late
    return head


def detail(subject: ApiSubject, row: Any, actor: Actor) -> dict[str, Any]:
    """Return every field of a row that this actor may read; ``withheld`` names the others."""
    found = _head(subject, row)
    withheld = []
    for spec in subject.detail_specs:
        if may_read(spec, row, actor):
            found[spec.name] = value_of(row, spec.name)
            _note_access(spec, row, actor, found[spec.name])
        else:
            found[spec.name] = None
            withheld.append(spec.name)
    return {**found, "withheld": withheld}


def may_read(spec: FieldSpec, row: Any, actor: Actor) -> bool:
    """Say whether the actor may read a field of a row: a personal one only as its maintainer or its regulator."""
    if spec.sensitivity < PERSONAL:
        return True
    domain = row._meta.app_label
    if actor.post_kind in OFFICERS:
        return any(grant.covers(row, domain) and grant.ceiling >= spec.sensitivity for grant in actor.grants)
    kept = getattr(row, "kept", None)
    return spec.sensitivity == PERSONAL and kept is not None and kept.writers.allows(actor, row, domain)


def _note_access(spec: FieldSpec, row: Any, actor: Actor, value: Any) -> None:
    if spec.sensitivity >= PERSONAL and value:
        personal_log.info(
            "personal field opened: %s %s %s by account %s in post %s",
            row._meta.label, row.pk, spec.name, actor.account_id, actor.post_id,
        )  # fmt: skip


def entries(found: Iterable[Any], subject: ApiSubject) -> list[dict[str, Any]]:
    """Return ledger entries as JSON; what was sealed beside the chain is not in them."""
    loop = subject.loop
    return [
        {
            "seq": entry.seq,
            "act": entry.act,
            "words": _act_words(entry.act, loop),
            "from_state": entry.from_state,
            "to_state": entry.to_state,
            "at": instant(entry.at),
            "received_at": instant(entry.received_at),
            "actor": {
                "kind": entry.actor_kind,
                "name": entry.actor_name,
                "post": str(entry.actor_post) if entry.actor_post else None,
                "party": str(entry.actor_party) if entry.actor_party else None,
            },
            "data": entry.data,
            "rules": entry.rules,
            "evidence": entry.evidence,
            "sha256": entry.sha256,
            "sm3": entry.sm3,
        }
        for entry in found
    ]


def _act_words(act: str, loop: Any) -> dict[str, str] | None:
    if loop is None:
        return None
    if act == "opened" and loop.opening is not None:
        return dict(loop.opening.words.both())
    return dict(loop.steps[act].words.both()) if act in loop.steps else None
