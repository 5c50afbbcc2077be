"""The catalogue of data sets, and the door for subscriptions: their token opens these addresses and no others.

The catalogue also speaks DCAT (JSON-LD), which data portals read. Rows of a subscription come from ``kernel.sharing``: this
door only turns a request into a call and a refusal into a problem.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from ninja import Router
from pydantic import BaseModel

from anlan.faces.api import schemas
from anlan.faces.api.bodies import id_of
from anlan.faces.api.declared import query, taking
from anlan.faces.api.doors import BEARER, actor_of
from anlan.faces.api.operations import Adder, Id
from anlan.faces.api.problems import Refused
from anlan.faces.api.shapes import answer, instant
from anlan.kernel import sharing
from anlan.kernel.identity.sessions import address_of
from anlan.kernel.registers import FieldSpec
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.sharing.catalogue import DataSet, figure_sets, is_masked, mask_reason, owner_of
from anlan.kernel.sharing.filing import fetched, files_of
from anlan.kernel.sharing.models import Delivery
from anlan.kernel.sharing.pacing import XLSX
from anlan.kernel.sharing.serving import SIZES, Call
from anlan.kernel.sharing.watching import may_read_catalogue
from anlan.kernel.spreadsheets import csvs, xlsx
from anlan.kernel.words import Words

LINKED = "application/ld+json"
_CLOSED = Words(
    "数据目录供政府部门和平台管理员使用。", "The catalogue is for government bodies and administrators."
)


class FieldOut(BaseModel):
    """A field of a data set: its name, meaning, kind, unit, and how it is given (clear or masked)."""

    name: str
    words: schemas.Bilingual
    kind: str
    unit: schemas.Bilingual | None
    sensitivity: int
    given: str
    reason: schemas.Bilingual | None
    choices: list[dict[str, Any]]


class DataSetOut(BaseModel):
    """A data set as the catalogue describes it; ``count`` is of the rows this reader sees."""

    slug: str
    words: schemas.Bilingual
    kind: str
    owner: str | None
    updates: str
    updated_at: str | None
    count: int
    count_is_exact: bool
    filters: list[str]
    fields: list[FieldOut]


class FigureOut(BaseModel):
    """A figure as the catalogue names it."""

    slug: str
    words: schemas.Bilingual
    unit: schemas.Bilingual


class CatalogueOut(BaseModel):
    """Every data set and every figure."""

    items: list[DataSetOut]
    figures: list[FigureOut]


class SharedOut(BaseModel):
    """What the token of a subscription gives, and until when."""

    subscription: str
    data_set: str
    receiver: str
    fields: list[FieldOut]
    condition: str
    channel: str
    frequency: str
    valid_until: str


class SharedFileOut(BaseModel):
    """A file that lies ready; ``sha256`` is of its content."""

    id: str
    name: str
    due_at: str
    rows: int
    size: int
    sha256: str
    expires_at: str
    url: str


class SharedFilesOut(BaseModel):
    """The files of a subscription, the newest first."""

    subscription: str
    items: list[SharedFileOut]


class SharedRowsOut(BaseModel):
    """Rows changed since ``after``, the longest unchanged first; go on with ``after=<next>``.

    Changes are given as of ``as_of``; more may come from ``next_at`` on. ``masked`` says which fields are, and why.
    """

    subscription: str
    data_set: str
    items: list[dict[str, Any]]
    masked: dict[str, schemas.Bilingual]
    next: str
    has_more: bool
    as_of: str
    next_at: str


class SharedDoor:
    """Authenticates by the token of a subscription alone."""

    openapi_security_schema: ClassVar[dict[str, str]] = {"type": "http", "scheme": "bearer"}

    def __call__(self, request: HttpRequest) -> sharing.Subscription:
        """Return the subscription that calls, or raise the refusal."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        try:
            return sharing.Door().enter(secret.strip() if kind.lower() == "bearer" else "", call_of(request))
        except sharing.Refusal as refusal:
            headers = dict(BEARER) if refusal.status == 401 else {"Retry-After": str(refusal.wait)}
            raise Refused(refusal.status, refusal.code, refusal.words, headers) from None


def router() -> Router:
    """Return the router."""
    found = Router(tags=["sharing"])
    add = Adder(found, "sharing")
    add.get("/catalogue", catalogue, CatalogueOut, "数据目录 / The catalogue of data sets")
    # JSON-LD has a media type and a vocabulary of its own: no schema of ours describes it.
    add.get("/catalogue/dcat", dcat, None, "数据目录（DCAT） / The catalogue in DCAT, JSON-LD")
    add.get("/shared", about, SharedOut, "订阅说明 / What this subscription gives", auth=SharedDoor())
    paging = [
        query("after", {"type": "string"}, "上次的 next / The ``next`` of the call before"),
        query("size", {"type": "integer", "enum": list(SIZES)}, "每页行数 / Rows a page"),
    ]
    add.get(
        "/shared/rows",
        rows,
        SharedRowsOut,
        "读取共享数据 / Read shared rows",
        taking(None, paging),
        auth=SharedDoor(),
    )
    add.get("/shared/files", files, SharedFilesOut, "定期文件 / Files made on a schedule", auth=SharedDoor())
    # A file, not JSON: no schema of ours describes it.
    add.get("/shared/files/{id}", one_file, None, "领取文件 / Fetch a file", auth=SharedDoor())
    return found


def call_of(request: HttpRequest) -> Call:
    """Return the call a request is."""
    params = {name[:60]: [str(value)[:8000] for value in values] for name, values in request.GET.lists()}
    return Call(address_of(request), str(getattr(request, "anlan_request_id", "")), params)


def catalogue(request: HttpRequest) -> HttpResponse:
    """Answer every data set and figure."""
    actor = _reader(request)
    owner = _owner()
    return answer(
        {
            "items": [_data_set(one, actor, owner) for one in sharing.data_sets()],
            "figures": [
                {"slug": one.slug, "words": one.words.both(), "unit": one.unit.both()}
                for one in figure_sets()
            ],
        }
    )


def dcat(request: HttpRequest) -> HttpResponse:
    """Answer the catalogue as data portals read it."""
    actor = _reader(request)
    base = request.build_absolute_uri("/")
    owner = _owner()
    body = {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{base}data/",
        "@type": "dcat:Catalog",
        "dct:title": _said(Words("安澜数据目录", "Anlan data catalogue")),
        "dcat:dataset": [_linked(one, actor, owner, base) for one in sharing.data_sets()],
    }
    found = answer(body)
    found["Content-Type"] = LINKED
    return found


def about(request: HttpRequest) -> HttpResponse:
    """Answer what the subscription gives."""
    row = _subscription(request)
    data_set = sharing.data_set_named(row.data_set)
    specs = [data_set.field(name) for name in row.field_names] if data_set else []
    clear = set(row.clear_names)
    return answer(
        {
            "subscription": row.number,
            "data_set": row.data_set,
            "receiver": row.receiver,
            "fields": [_field(spec, clear) for spec in specs if spec is not None],
            "condition": row.condition,
            "channel": row.channel,
            "frequency": row.frequency,
            "valid_until": row.valid_until.isoformat(),
        }
    )


def rows(request: HttpRequest) -> HttpResponse:
    """Answer rows changed since a cursor."""
    try:
        text = sharing.answer(_subscription(request), call_of(request))
    except sharing.Refusal as refusal:
        raise Refused(refusal.status, refusal.code, refusal.words) from None
    found = HttpResponse(text, content_type="application/json")
    patch_cache_control(found, private=True, no_store=True)
    return found


def files(request: HttpRequest) -> HttpResponse:
    """Answer the files that lie ready."""
    row = _subscription(request)
    try:
        found = files_of(row, call_of(request))
    except sharing.Refusal as refusal:
        raise Refused(refusal.status, refusal.code, refusal.words) from None
    return answer({"subscription": row.number, "items": [_file(request, one) for one in found]})


def _file(request: HttpRequest, one: Delivery) -> dict[str, Any]:
    return {
        "id": str(one.pk), "name": one.file_name, "due_at": instant(one.due_at), "rows": one.rows, "size": one.size,
        "sha256": one.digest, "expires_at": instant(one.expires_at),
        "url": request.build_absolute_uri(reverse("api:sharing_one_file", args=[one.pk])),
    }  # fmt: skip


def one_file(request: HttpRequest, id: Id) -> HttpResponseBase:  # noqa: A002 (the name in the address)
    """Give one file."""
    try:
        found, path = fetched(_subscription(request), id_of(id), call_of(request))
    except sharing.Refusal as refusal:
        raise Refused(refusal.status, refusal.code, refusal.words) from None
    media = xlsx.MEDIA_TYPE if found.channel == XLSX else f"{csvs.MEDIA_TYPE}; charset=utf-8"
    given = FileResponse(path.open("rb"), as_attachment=True, filename=found.file_name, content_type=media)
    patch_cache_control(given, private=True, no_store=True)
    return given


def _subscription(request: HttpRequest) -> sharing.Subscription:
    found: sharing.Subscription = request.auth  # type: ignore[attr-defined]
    return found


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not may_read_catalogue(actor):
        raise Refused(403, "not_allowed", _CLOSED)
    return actor


def _owner() -> str | None:
    root = Territory.objects.filter(level="city").order_by("path").first()
    owner = owner_of(root) if root else None
    return owner.name if owner else None


def _data_set(one: DataSet, actor: Actor, owner: str | None) -> dict[str, Any]:
    count, is_exact = one.count(actor)
    return {
        "slug": one.slug,
        "words": one.words.both(),
        "kind": "matter" if one.is_matter else "register",
        "owner": owner,
        "updates": "live",
        "updated_at": instant(one.updated_at(actor)),
        "count": count,
        "count_is_exact": is_exact,
        "filters": [
            name for name in one.facets if (spec := one.field(name)) is not None and not is_masked(spec)
        ],
        "fields": [_field(spec) for spec in one.fields],
    }


def _field(spec: FieldSpec, clear: Collection[str] = ()) -> dict[str, Any]:
    why = None if spec.name in clear else mask_reason(spec)
    return {
        "name": spec.name,
        "words": spec.label.both(),
        "kind": spec.kind,
        "unit": spec.unit.both() if spec.unit else None,
        "sensitivity": spec.sensitivity,
        "given": "clear" if why is None else "masked",
        "reason": why.both() if why else None,
        "choices": [{"value": value, "words": words.both()} for value, words in spec.choices],
    }


def _linked(one: DataSet, actor: Actor, owner: str | None, base: str) -> dict[str, Any]:
    changed = one.updated_at(actor)
    found: dict[str, Any] = {
        "@id": f"{base}data/{one.slug}/",
        "@type": "dcat:Dataset",
        "dct:identifier": one.slug,
        "dct:title": _said(one.words),
        "dct:accrualPeriodicity": {
            "@id": "http://publications.europa.eu/resource/authority/frequency/UPDATE_CONT"
        },
        "dct:accessRights": {
            "@id": "http://publications.europa.eu/resource/authority/access-right/RESTRICTED"
        },
        "dcat:keyword": [spec.label.zh for spec in one.fields],
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:accessURL": {"@id": f"{base}api/v1/shared/rows"},
                "dcat:mediaType": "application/json",
            }
        ],
    }
    if owner:
        found["dct:publisher"] = {"@type": "foaf:Organization", "foaf:name": owner}
    if changed:
        found["dct:modified"] = {"@type": "xsd:dateTime", "@value": instant(changed)}
    return found


def _said(words: Words) -> list[dict[str, str]]:
    return [{"@language": "zh", "@value": words.zh}, {"@language": "en", "@value": words.en}]
