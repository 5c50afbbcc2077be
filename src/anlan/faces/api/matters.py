"""The operations of every loop: list, read (state, duties, what I may do now, evidence), open, take a step, history.

Opening and stepping go through the engine and nothing else; the answer is the matter as it then stands.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from ninja import Router

from anlan.faces.api import schemas
from anlan.faces.api.bodies import (
    body_of,
    evidence_of,
    id_of,
    instant_of,
    key_of,
    kinds_of,
    only,
    typed,
    version_of,
)
from anlan.faces.api.chains import history_of
from anlan.faces.api.declared import IF_MATCH, KEY_HEADER, list_parameters, taking
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder, Id
from anlan.faces.api.registers import HISTORY, listed, replayed
from anlan.faces.api.shapes import answer, detail, instant
from anlan.faces.api.subjects import ApiSubject
from anlan.kernel import evidence as evidence_store
from anlan.kernel import ledger
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.loops import Duty, open_matter, take
from anlan.kernel.loops.declaration import Opening, Step
from anlan.kernel.loops.engine import duties_of
from anlan.kernel.loops.offering import offers
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

ASKED_KINDS = {"date": "date", "party": "party", "flag": "flag"}
ENVELOPE = ("answers", "evidence", "at", "version")


class MatterOperations:
    """The operations of one loop."""

    def __init__(self, subject: ApiSubject) -> None:
        """Take the loop."""
        self.subject = subject
        self.loop = subject.loop

    def router(self) -> Router:
        """Return the router with every operation."""
        subject, name = self.subject, self.subject.name
        router, words = Router(tags=[subject.slug]), subject.words
        whole = schemas.detail_model(subject)
        add = Adder(router, name)
        add.get(
            "",
            self.index,
            schemas.page_model(subject),
            f"{words.zh}：列表 / {words.en}: list",
            taking(None, list_parameters(subject)),
        )
        if subject.has_opening:
            opening = schemas.step_model(subject, self.loop.opening, f"{name}Opening")
            add.post(
                "",
                self.open,
                whole,
                _said(words, self.loop.opening.words),
                taking(opening, [KEY_HEADER]),
                201,
            )
        add.get("/{id}", self.read, whole, f"{words.zh}：查看 / {words.en}: read")
        add.get(
            "/{id}/history",
            self.history,
            schemas.HistoryOut,
            f"{words.zh}：办理过程 / {words.en}: history",
            taking(None, HISTORY),
        )
        for step in self.loop.steps.values():
            self._add_step(add, step, whole)
        return router

    def _add_step(self, add: Any, step: Step, whole: Any) -> None:
        model = schemas.step_model(self.subject, step, f"{self.subject.name}{_camel(step.name)}")
        needed = any(f.is_required() for f in model.model_fields.values())
        extra = taking(model, [KEY_HEADER, IF_MATCH], required=needed)
        view = self._taker(step)
        add.post(f"/{{id}}/steps/{step.name}", view, whole, _said(self.subject.words, step.words), extra)

    def _taker(self, step: Step) -> Any:
        def taken(request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
            return self._take(request, id_of(id), step)

        taken.__name__, taken.__doc__ = f"step_{step.name}", f"{step.zh} / {step.en}"
        return taken

    def index(self, request: HttpRequest) -> HttpResponse:
        """Answer a page of the list."""
        return listed(self.subject, request)

    def open(self, request: HttpRequest) -> HttpResponse:
        """Open a matter; with an ``Idempotency-Key`` the same request is done once."""
        body, key, actor = body_of(request), key_of(request), actor_of(request)
        only(body, ENVELOPE[:3])
        answers = self._answers(self.loop.opening, body)
        is_repeated = ledger.find_by_key(key) is not None
        entry = open_matter(
            self.loop, actor, answers, at=instant_of(body), key=key, evidence=evidence_of(body)
        )
        response = self._shown(actor, entry.chain, 201)
        response["Location"] = f"{request.path.rstrip('/')}/{entry.chain}"
        return replayed(response, is_repeated)

    def read(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Read a matter: fields, state, who is awaited, what the caller may do now, evidence."""
        return self._shown(actor_of(request), id_of(id))

    def history(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Read the chain of the ledger."""
        return history_of(self.subject, request, id_of(id))

    def _take(self, request: HttpRequest, pk: uuid.UUID, step: Step) -> HttpResponse:
        body, key, actor = body_of(request, may_be_empty=True), key_of(request), actor_of(request)
        only(body, ENVELOPE)
        answers, version = self._answers(step, body), version_of(request, body)
        at, evidence = instant_of(body), evidence_of(body)
        matter = self.subject.row(actor, pk)
        is_repeated = ledger.find_by_key(key) is not None
        take(step.name, matter, actor, answers, at=at, key=key, version=version, evidence=evidence)
        try:
            response = self._shown(actor, pk)
        except NotSeen:  # the step handed the matter to somebody else
            response = HttpResponse(status=204)
        return replayed(response, is_repeated)

    def _answers(self, step: Step | Opening, body: Mapping[str, Any]) -> dict[str, Any]:
        answers = body.get("answers")
        if answers is None:
            return {}
        if not isinstance(answers, dict):
            raise Invalid({"answers": [Words("应为对象。", "An object is expected.")]})
        kinds = kinds_of(self.loop.spec(name) for name in step.field_names())
        extra = step.extra_asks() if isinstance(step, Step) else []
        kinds |= {ask.name: ASKED_KINDS.get(ask.kind, "text") for ask in extra}
        only(answers, kinds)
        typed(answers, kinds)
        return answers

    def _shown(self, actor: Actor, pk: uuid.UUID, status: int = 200) -> HttpResponse:
        row = self.subject.row(actor, pk)
        parent = {"loop": row.parent_loop, "id": str(row.parent_id)} if row.parent_id else None
        whole = {
            **detail(self.subject, row, actor),
            "is_open": row.is_open,
            "parent": parent,
            "duties": [duty_of(duty, self.loop) for duty in duties_of(row)],
            "offers": [_offer(offer) for offer in offers(row, actor)],
            "evidence": _evidence(row, actor),
        }
        return answer(whole, status, version=row.version)


def duty_of(duty: Duty, loop: Any) -> dict[str, Any]:
    """Return an open duty as JSON."""
    sort, _, name = duty.key.partition(":")
    source = loop.lines.get(name) if sort == "line" else loop.states.get(name) or loop.steps.get(name)
    words = source.words if source is not None else Words(duty.key, duty.key)
    return {
        "id": str(duty.pk),
        "key": duty.key,
        "sort": duty.sort,
        "words": words.both(),
        "party": {"id": str(duty.party_id), "name": str(duty.party)} if duty.party else None,
        "post": {"id": str(duty.post_id), "name": str(duty.post)} if duty.post else None,
        "post_kinds": list(duty.kinds),
        "due_at": instant(duty.due_at),
        "paused": duty.paused_at is not None,
        "detail": duty.detail,
    }


def _offer(offer: Any) -> dict[str, Any]:
    step = offer.step
    return {
        "step": step.name,
        "words": step.words.both(),
        "asks": [ask if isinstance(ask, str) else ask.name for ask in step.asks],
        "optional": list(step.optional),
        "needs": [
            {"purpose": n.purpose, "words": n.words.both(), "media": n.media, "required": n.required}
            for n in step.needs
        ],
        "main": step.main,
        "minor": offer.is_minor,
        "dangerous": step.dangerous,
    }


def _evidence(row: Any, actor: Actor) -> list[dict[str, Any]]:
    """Return the evidence of a matter; each piece is under scope by itself."""
    links = evidence_store.evidence_of(row.pk)
    seen = set(
        Evidence.seen_by(actor)
        .filter(pk__in=[link.evidence_id for link in links])
        .values_list("pk", flat=True)
    )
    return [
        {
            "id": str(link.evidence_id),
            "purpose": link.purpose,
            "entry": link.entry.seq,
            "name": link.evidence.name,
            "media_type": link.evidence.media_type,
            "size": link.evidence.size,
            "sha256": link.evidence.sha256,
            "sm3": link.evidence.sm3,
            "captured_at": instant(link.evidence.captured_at),
            "page": _evidence_page(link.evidence_id),
        }
        for link in links
        if link.evidence_id in seen
    ]


def _evidence_page(pk: uuid.UUID) -> str:
    try:
        return reverse("office:evidence", args=[pk, "original"])
    except NoReverseMatch:
        return ""


def _said(subject: Words, act: Words) -> str:
    return f"{subject.zh}：{act.zh} / {subject.en}: {act.en}"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
