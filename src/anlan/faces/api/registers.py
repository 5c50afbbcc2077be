"""The operations of every register: list, read, create, edit, archive, restore, history, who is responsible.

One set of operations is made per declaration; there is nothing here to add when a register is added.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field, create_model

from anlan.faces.api import schemas
from anlan.faces.api.bodies import body_of, id_of, key_of, kinds_of, only, text_of, typed, version_of
from anlan.faces.api.chains import history_of
from anlan.faces.api.declared import IF_MATCH, KEY_HEADER, list_parameters, query, taking
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder, Id
from anlan.faces.api.places import answered, day_of
from anlan.faces.api.shapes import answer, detail, item, likeness_item
from anlan.faces.api.subjects import ApiSubject
from anlan.kernel import ledger
from anlan.kernel.registers import archive, create, edit, restore
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

BESIDE = ("version", "reason")
ARCHIVED = query(
    "archived", {"type": "string", "enum": ["true", "false"]}, "含已归档 / Include archived rows"
)
DAY = query("on", {"type": "string", "format": "date"}, "哪一天 / On which day")


class Reason(schemas.Closed):
    """原因 / The reason."""

    reason: str = Field(min_length=1, max_length=300)
    version: int | None = Field(None, ge=1, lt=2**31)


def params_of(request: HttpRequest) -> dict[str, list[str]]:
    """Return the query of a request as lists."""
    return {name: [str(value) for value in values] for name, values in request.GET.lists()}


def listed(subject: ApiSubject, request: HttpRequest) -> HttpResponse:
    """Answer one page of a list."""
    archived = request.GET.get("archived", "")
    if archived not in {"", "true", "false"}:
        raise Invalid({"archived": [Words("应为 true 或 false。", "It is true or false.")]})
    page = subject.listing(actor_of(request), with_archived=archived == "true").page(params_of(request))
    return answer(
        {
            "items": [item(subject, row) for row in page.rows],
            "next": page.after,
            "previous": page.before,
            "count": page.count,
            "count_is_exact": page.count_is_exact,
        }
    )


def shown(subject: ApiSubject, row: Any, actor: Actor, status: int = 200) -> HttpResponse:
    """Answer the detail of a row as this actor sees it now."""
    fresh = subject.row(actor, row.pk)
    return answer(detail(subject, fresh, actor), status, version=fresh.version)


class Operations:
    """The operations of one register."""

    def __init__(self, subject: ApiSubject) -> None:
        """Take the register."""
        self.subject = subject
        self.model = subject.model
        self.specs = [spec_of(self.model, name) for name in subject.asks]
        self.kinds = kinds_of(self.specs)

    def router(self) -> Router:
        """Return the router with every operation."""
        subject = self.subject
        router, whole = Router(tags=[subject.slug]), schemas.detail_model(subject)
        add = Adder(router, subject.name)
        found = taking(None, [*list_parameters(subject), ARCHIVED])
        add.get("", self.index, schemas.page_model(subject), self._said("列表", "list"), found)
        # Before "/{id}", which would take the name for an id.
        optional = dict.fromkeys(self.kinds, False)
        fields = schemas.body_model(f"{subject.name}Fields", self.specs, optional, subject.words)
        alike = self._said("可能已登记的相同记录", "likely duplicates, before registering")
        add.post("/likenesses", self.likenesses, schemas.LikenessesOut, alike, taking(fields))
        add.get("/{id}", self.read, whole, self._said("查看", "read"))
        self._add_writes(add, whole, fields)
        entries = taking(None, HISTORY)
        add.get("/{id}/history", self.history, schemas.HistoryOut, self._said("历次变更", "history"), entries)
        if subject.has_industry:
            said, day = self._said("由谁监管", "who regulates it"), taking(None, [DAY])
            add.get("/{id}/responsibility", self.responsibility, schemas.ResponsibilityOut, said, day)
        return router

    def _add_writes(self, add: Adder, whole: type[BaseModel], fields: type[BaseModel]) -> None:
        name, read = self.subject.name, [KEY_HEADER, IF_MATCH]
        made = schemas.body_model(f"{name}New", self.specs, {}, self.subject.words)
        changed = create_model(
            f"{name}Change",
            __base__=fields,
            version=(int | None, Field(None, ge=1, lt=2**31)),
            reason=(str | None, Field(None, max_length=300)),
        )
        add.post("", self.create, whole, self._said("登记", "register"), taking(made, [KEY_HEADER]), 201)
        add.patch("/{id}", self.edit, whole, self._said("修改", "edit"), taking(changed, read))
        add.post("/{id}/archive", self.archive, whole, self._said("归档", "archive"), taking(Reason, read))
        add.post("/{id}/restore", self.restore, whole, self._said("恢复", "restore"), taking(Reason, read))

    def _said(self, zh: str, en: str) -> str:
        return f"{self.subject.words.zh}：{zh} / {self.subject.words.en}: {en}"

    def index(self, request: HttpRequest) -> HttpResponse:
        """Answer a page of the list."""
        return listed(self.subject, request)

    def create(self, request: HttpRequest) -> HttpResponse:
        """Create a row; with an ``Idempotency-Key`` the same request is done once."""
        body, key = body_of(request), key_of(request)
        only(body, self.kinds)
        typed(body, self.kinds)
        is_repeated = ledger.find_by_key(key) is not None
        row = create(self.model, actor_of(request), body, key=key)
        response = shown(self.subject, row, actor_of(request), 201)
        response["Location"] = f"{request.path.rstrip('/')}/{row.pk}"
        return replayed(response, is_repeated)

    def likenesses(self, request: HttpRequest) -> HttpResponse:
        """Say which rows may be the same as what would be registered; nothing is written."""
        body = body_of(request)
        only(body, self.kinds)
        typed(body, self.kinds)
        found = self.model.likenesses(actor_of(request), body)
        return answer({"items": [likeness_item(self.subject, one) for one in found]})

    def read(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002 (the name in the address)
        """Read one row."""
        actor = actor_of(request)
        row = self.subject.row(actor, id_of(id))
        return answer(detail(self.subject, row, actor), version=row.version)

    def edit(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Change the fields given and no others."""
        body, key, actor = body_of(request), key_of(request), actor_of(request)
        only(body, [*self.kinds, *BESIDE])
        typed(body, self.kinds)
        version, reason = version_of(request, body), text_of(body, "reason", most=300)
        fields = {name: value for name, value in body.items() if name not in BESIDE}
        is_repeated = ledger.find_by_key(key) is not None
        row = edit(self.model, id_of(id), actor, fields, version=version, reason=reason, key=key)
        return replayed(shown(self.subject, row, actor), is_repeated)

    def archive(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Archive a row with a reason; nothing is deleted."""
        return self._set_archived(request, id, archive)

    def restore(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Bring an archived row back."""
        return self._set_archived(request, id, restore)

    def _set_archived(self, request: HttpRequest, pk: str, act: Any) -> HttpResponse:
        body, key, actor = body_of(request), key_of(request), actor_of(request)
        only(body, BESIDE)
        version, reason = version_of(request, body), text_of(body, "reason", most=300)
        is_repeated = ledger.find_by_key(key) is not None
        row = act(self.model, id_of(pk), actor, reason, version=version, key=key)
        return replayed(shown(self.subject, row, actor), is_repeated)

    def history(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Read the chain of the ledger."""
        return history_of(self.subject, request, id_of(id))

    def responsibility(self, request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
        """Say who regulates it on a day, and why."""
        row = self.subject.row(actor_of(request), id_of(id))
        return answer(answered(row.territory, row.industry, day_of(request), None))


HISTORY = [
    query("after", {"type": "integer", "minimum": 0}, "从此序号之后 / After this number"),
    query("size", {"type": "integer", "minimum": 1, "maximum": 200}, "条数 / Entries a page"),
]


def replayed(response: HttpResponse, is_repeated: bool) -> HttpResponse:
    """Mark the answer to a request that had been done before."""
    if is_repeated:
        response["Idempotency-Replayed"] = "true"
    return response
