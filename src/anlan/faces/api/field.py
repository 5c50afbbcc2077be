"""The field app's door: the bundle a phone keeps, the visits it sends, the photos that follow.

A batch holds several visits; each is taken or refused by itself, so that one that cannot be taken never holds up the rest.
A batch may come compressed: a village's network is slow.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Router
from pydantic import BaseModel, Field

from anlan.domains.inspections.actions import Received, receive_visits
from anlan.domains.inspections.bringing import bring_photo, give_up_photo
from anlan.domains.inspections.bundle import DIGEST_LENGTH, bundle
from anlan.domains.inspections.documents import ADVICE, ORDER
from anlan.domains.inspections.tenure import Tenure, tenure_of
from anlan.faces.api import schemas
from anlan.faces.api.bodies import body_of, must_be_storable, only
from anlan.faces.api.declared import query, taking
from anlan.faces.api.doors import actor_of, caller_of
from anlan.faces.api.operations import Adder
from anlan.faces.api.problems import Refused
from anlan.faces.api.shapes import answer, instant
from anlan.kernel import clock
from anlan.kernel.documents import documents_of
from anlan.kernel.identity.sessions import owes_second_factor
from anlan.kernel.ledger.device import MOST_RECORDS, unfolded
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed
from anlan.kernel.rules import InputErrors, read_json
from anlan.kernel.scope import Actor
from anlan.kernel.scope.pack import boundaries
from anlan.kernel.scope.pack_files import PackError
from anlan.kernel.scope.posts import INSPECTORS
from anlan.kernel.words import Words

PACKED = "application/vnd.anlan.visits+gzip"
MOST_VISITS = 25
MOST_UNPACKED = 8 * 1024 * 1024
LONGEST_HAVE = 4000
LIST_STAMP = 8
_UNPACKABLE = Words("压缩内容无法解开。", "The compressed content cannot be unpacked.")
_NOT_INSPECTOR = Words(
    "现场检查由网格员和监管干部使用。", "The field app is for grid inspectors and officers."
)
_VISITS = Words("应为检查记录的列表，最多{n}条。", "A list of at most {n} visits is expected.").filled(
    n=MOST_VISITS
)
NOTHING_TO_VISIT: dict[str, Any] = {
    "sites": [], "order": "", "left": {"due": 0, "later": 0}, "lists": None,
}  # fmt: skip
LONGEST_REASON = 300
WHOLE = "whole"  # the phone sends this visit again with every digest, so that the altered record can be named
_DIGESTS = Words(
    "内容与摘要不符，须连同每项摘要重发。", "It does not give its digest; send it again with all digests."
)
_TEXT = Words("应为文字，最多{n}字。", "Text of at most {n} characters is expected.")
_ID = Words("应为编号（UUID）。", "It must be a UUID.")


class Envelope(schemas.Closed):
    """一次检查：编号，逐条封存的采集记录；或者只有采集内容和最后一条的摘要。
    / One visit: its number and its sealed records, or what they captured under the last digest (docs/field-app.md)."""

    series: str = Field(json_schema_extra={"format": "uuid"})
    records: list[dict[str, Any]] | None = Field(default=None, min_length=1, max_length=MOST_RECORDS)
    captured: list[dict[str, Any]] | None = Field(default=None, min_length=1, max_length=MOST_RECORDS)
    head: str | None = Field(default=None, min_length=64, max_length=64)


class VisitsIn(schemas.Closed):
    """一批检查。 / A batch of visits."""

    visits: list[Envelope] = Field(min_length=1, max_length=MOST_VISITS)


class PhotoIn(schemas.Closed):
    """已上传的照片属于哪次检查。 / Which visit an uploaded photo belongs to."""

    series: str = Field(json_schema_extra={"format": "uuid"})
    evidence: str = Field(json_schema_extra={"format": "uuid"})


class GivenUpIn(schemas.Closed):
    """不再上传的照片和原因。 / A photo that will not come, and why."""

    series: str = Field(json_schema_extra={"format": "uuid"})
    sha256: str = Field(min_length=64, max_length=64)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class BundleOut(BaseModel):
    """What the phone lacks."""

    now: str
    csrf: str
    me: dict[str, Any]
    sites: list[dict[str, Any]]
    order: str
    left: dict[str, int]
    lists: dict[str, Any] | None
    map: dict[str, Any] | None


class ReceivedOut(BaseModel):
    """What became of each visit, in the order sent."""

    now: str
    visits: list[dict[str, Any]]


class GivenUpOut(BaseModel):
    """The visit says that the photo will not come."""

    sha256: str


class PhotoOut(BaseModel):
    """The photo hangs where it belongs."""

    evidence: str


def router() -> Router:
    """Return the router."""
    found = Router(tags=["field"])
    add = Adder(found, "field")
    held = {"type": "string", "maxLength": LONGEST_HAVE}
    add.get(
        "/bundle", read_bundle, BundleOut, "离线数据包 / The bundle of a phone",
        taking(None, [
            query("have", held, "已有站点的摘要，相接 / Digests of the sites held, joined"),
            query("lists", {"type": "string", "maxLength": LIST_STAMP}, "已有清单的摘要 / Digest of the lists held"),
            query("map", {"type": "string", "enum": ["1"]}, "需要地图轮廓 / Send the outline of the map"),
        ]),
    )  # fmt: skip
    add.post("/visits", take_visits, ReceivedOut, "接收检查 / Take visits", taking(VisitsIn))
    add.post("/photos", take_photo, PhotoOut, "接收照片 / Take a photo", taking(PhotoIn))
    add.post("/photos/given-up", give_up, GivenUpOut, "放弃一张照片 / Give a photo up", taking(GivenUpIn))
    return found


def read_bundle(request: HttpRequest) -> HttpResponse:
    """Answer what the phone lacks, the time here, and whose phone it is; nothing to visit for who only still sends."""
    acting, inspects = _inspector(request), _inspects(request)
    have = request.GET.get("have", "")[:LONGEST_HAVE]
    held = {have[at : at + DIGEST_LENGTH] for at in range(0, len(have), DIGEST_LENGTH)}
    found = bundle(acting.actor, held, request.GET.get("lists", "")) if inspects else NOTHING_TO_VISIT
    return answer({
        "now": instant(clock.now()),
        "csrf": get_token(request),
        "me": {**_me(request, acting.actor), "inspects": inspects},
        **found,
        "map": _outline(acting.actor) if inspects and request.GET.get("map") else None,
    })  # fmt: skip


def take_visits(request: HttpRequest) -> HttpResponse:
    """Take each visit of a batch by itself; the same batch again gives the same answers."""
    acting, body = _inspector(request), _batch(request)
    only(body, VisitsIn.model_fields)
    sent = body.get("visits")
    if not isinstance(sent, list) or not 0 < len(sent) <= MOST_VISITS:
        raise Invalid({"visits": [_VISITS]})
    return answer({"now": instant(clock.now()), "visits": _taken(acting, sent)})


def take_photo(request: HttpRequest) -> HttpResponse:
    """Hang an uploaded photo where its record says it belongs."""
    acting, body = _inspector(request), body_of(request)
    only(body, PhotoIn.model_fields)
    series, evidence = (_uuid(body, name) for name in ("series", "evidence"))
    bring_photo(acting.actor, series, evidence)
    return answer({"evidence": str(evidence)})


def give_up(request: HttpRequest) -> HttpResponse:
    """Write on the visit that a photo will not come, and why."""
    acting, body = _inspector(request), body_of(request)
    only(body, GivenUpIn.model_fields)
    series, sha256 = _uuid(body, "series"), _text(body, "sha256", 64)
    give_up_photo(acting.actor, series, sha256, _text(body, "reason", LONGEST_REASON))
    return answer({"sha256": sha256})


def _taken(acting: Tenure, sent: Sequence[Any]) -> list[dict[str, Any]]:
    """Return what became of each visit of a batch, in the order sent."""
    whole = [_whole(one) for one in sent]
    visits = [one for one in whole if one is not None]
    outcomes = iter(receive_visits(acting.actor, visits, until=acting.until) if visits else [])
    return [
        _outcome(one, next(outcomes) if found is not None else None)
        for one, found in zip(sent, whole, strict=True)
    ]


def _whole(envelope: Any) -> Mapping[str, Any] | None:
    """Return a visit with all its digests; None where it is none, or where they do not come to the one it came under."""
    if not isinstance(envelope, Mapping) or "captured" not in envelope:
        return envelope if isinstance(envelope, Mapping) else None
    series, head, captured = (envelope.get(name) for name in ("series", "head", "captured"))
    if not (isinstance(series, str) and isinstance(head, str) and isinstance(captured, list)):
        return None
    records = unfolded(series, head, captured) if len(captured) <= MOST_RECORDS else None
    return None if records is None else {"series": series, "records": records}


def _outcome(envelope: Any, found: Received | KeepingError | None) -> dict[str, Any]:
    if not isinstance(envelope, Mapping):
        return {"series": "", "ok": False, "code": "invalid", "reasons": [_VISITS.both()]}
    series = str(envelope.get("series"))[:40]
    if found is None:
        return {"series": series, "ok": False, "code": WHOLE, "reasons": [_DIGESTS.both()]}
    if isinstance(found, Received):
        return {"series": series, "ok": True, **_told(found)}
    errors = found.errors if isinstance(found, Invalid) else {}
    reasons = [reason for some in errors.values() for reason in some] or [found.words]
    return {"series": series, "ok": False, "code": found.code, "reasons": [_both(one) for one in reasons]}


def _told(received: Received) -> dict[str, Any]:
    visit = received.visit
    dangers = {
        item: {"id": str(row.pk), "number": row.number, "known": item in received.known_before}
        for item, row in received.dangers.items()
    }
    papers = [
        {
            "key": one.key,
            "words": one.words(visit).both(),
            "url": f"/site-visits/{visit.pk}/documents/{one.key}",
        }
        for one in documents_of("site-visits", visit)
    ]
    return {
        "id": str(visit.pk),
        "number": visit.number,
        "url": f"/site-visits/{visit.pk}/",
        "repeated": received.is_repeated,
        "dangers": dangers,
        "documents": papers,
        "notes": [words.both() for words in received.notes],
    }


def _both(words: Any) -> dict[str, str]:
    return words.both() if isinstance(words, Words) else {"zh": str(words), "en": str(words)}


def _batch(request: HttpRequest) -> Mapping[str, Any]:
    """Return the body, unpacked where it came compressed."""
    if request.content_type != PACKED:
        return body_of(request)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(request.body, MOST_UNPACKED)
    except zlib.error:
        raise Refused(400, "malformed", _UNPACKABLE) from None
    if unpacker.unconsumed_tail:
        raise Refused(413, "too_large", _UNPACKABLE)
    try:
        found = read_json(content)
    except InputErrors:
        raise Refused(400, "malformed_json", _UNPACKABLE) from None
    must_be_storable(found)
    return found


def _inspects(request: HttpRequest) -> bool:
    return actor_of(request).post_kind in INSPECTORS


def _inspector(request: HttpRequest) -> Tenure:
    """Return as whom visits are taken in: in the post acted in, or in the inspector's post held besides or until lately."""
    if _inspects(request):
        return Tenure(actor_of(request), None)
    caller = caller_of(request)
    found = tenure_of(caller.account) if caller.token is None else None
    if found is None or owes_second_factor(caller.account, found.actor):
        raise NotAllowed(_NOT_INSPECTOR)
    return found


def _me(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    return {
        "account": str(caller_of(request).account.pk),
        "person": str(actor.person_id),
        "name": actor.name,
        "post": actor.post_title,
        "party": actor.party_name,
        "orders": actor.post_kind != "grid_inspector",
        "notice": (ORDER if actor.post_kind != "grid_inspector" else ADVICE).both(),
        "language": actor.language,
    }


def _outline(actor: Actor) -> dict[str, Any] | None:
    """Return the outline of the county in which the actor works, for the small map."""
    folder = Path(settings.ANLAN_CITIES) / settings.ANLAN_CITY
    try:
        shapes, _ = boundaries(folder)
    except PackError:
        return None
    inside = set(actor.home_path.split("/"))
    mine = [one for one in shapes["features"] if str(one["properties"].get("code")) in inside]
    return {"features": [one["geometry"] for one in mine]} if mine else None


def _text(body: Mapping[str, Any], name: str, most: int) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not found.strip() or len(found) > most:
        raise Invalid({name: [_TEXT.filled(n=most)]})
    return found


def _uuid(body: Mapping[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(body.get(name, ""))
    except (TypeError, ValueError, AttributeError):
        raise Invalid({name: [_ID]}) from None
