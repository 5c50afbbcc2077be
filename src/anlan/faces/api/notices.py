"""Notices over the API: what I am told, how much of it is new, marking it as read."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api import schemas
from anlan.faces.api.bodies import body_of, only
from anlan.faces.api.declared import query, taking
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder, Id
from anlan.faces.api.registers import params_of
from anlan.faces.api.shapes import answer, instant
from anlan.kernel.loops.told_list import told_list
from anlan.kernel.notices import mark_read, unread_count
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.listing import PAGE_SIZES
from anlan.kernel.words import Words

UNREAD_WORDS = "只看未读：1 近30天，older 更早 / Unread alone: 1 of the last 30 days, older of before"
MOST_IDS = 500
_IDS = Words("应为通知编号的列表，或 all 为 true。", "A list of ids of notices, or all as true.")


class NoticeOut(BaseModel):
    """A notice: what it says in both languages, and the matter it names (which may no longer be mine to see)."""

    id: Id
    kind: str
    kind_words: schemas.Bilingual
    words: schemas.Bilingual
    loop: str
    matter: Id | None
    number: str
    due_at: str | None
    made_at: str
    is_read: bool
    is_demo: bool


class NoticesOut(BaseModel):
    """One page of notices, the latest first."""

    items: list[NoticeOut]
    next: str
    previous: str
    count: int
    count_is_exact: bool


class NewOut(BaseModel):
    """How much is new, counted up to a hundred."""

    unread: int


class MarkIn(schemas.Closed):
    """要标为已读的通知，或全部。 / The notices to mark as read, or all of them."""

    ids: list[Id] | None = Field(None, max_length=MOST_IDS)
    all: bool = False


class MarkedOut(BaseModel):
    """How many became read."""

    marked: int


def router() -> Router:
    """Return the router of notices."""
    found = Router(tags=["notices"])
    add = Adder(found, "notices")
    day = {"type": "string", "format": "date"}
    text = {"type": "string", "maxLength": 8000}
    parameters = [
        query("q", {"type": "string", "maxLength": 200}, "检索词 / Words"),
        query("kind", {"type": "string", "enum": list(KINDS)}, "类别 / Kind"),
        query("unread", {"type": "string", "enum": ["0", "1", "older"]}, UNREAD_WORDS),
        query("made_at_from", day, "从这一天 / From this day"),
        query("made_at_to", day, "到这一天 / To this day"),
        query("due_at_from", day, "期限从 / Due from"),
        query("due_at_to", day, "期限至 / Due to"),
        query(
            "sort", {"type": "string", "enum": ["-made_at", "made_at", "due_at", "-due_at"]}, "排序 / Order"
        ),
        query("size", {"type": "integer", "enum": list(PAGE_SIZES)}, "每页条数 / Rows a page"),
        query("after", text, "上一页给出的 next / The next of the page before"),
        query("before", text, "下一页给出的 previous / The previous of the page after"),
    ]
    add.get("", index, NoticesOut, "通知 / What I am told", taking(None, parameters))
    add.get("/new", new, NewOut, "未读数 / How much is new")
    add.post("/read", read, MarkedOut, "标为已读 / Mark as read", taking(MarkIn))
    return found


def index(request: HttpRequest) -> HttpResponse:
    """Answer one page of what I am told."""
    page = told_list(actor_of(request)).page(params_of(request))
    return answer(
        {
            "items": [_item(row) for row in page.rows],
            "next": page.after,
            "previous": page.before,
            "count": page.count,
            "count_is_exact": page.count_is_exact,
        }
    )


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "kind_words": KINDS[row.kind].words.both(),
        "words": row.words.both(),
        "loop": row.loop,
        "matter": str(row.matter_id) if row.matter_id else None,
        "number": row.number,
        "due_at": instant(row.due_at),
        "made_at": instant(row.made_at),
        "is_read": row.is_read,
        "is_demo": row.is_demo,
    }


def new(request: HttpRequest) -> HttpResponse:
    """Answer how much is new."""
    return answer({"unread": unread_count(actor_of(request))})


def read(request: HttpRequest) -> HttpResponse:
    """Mark notices as read; those that are not mine are passed over."""
    given = body_of(request)
    only(given, ("ids", "all"))
    ids, everything = given.get("ids"), given.get("all", False)
    if everything is True and ids is None:
        return answer({"marked": mark_read(actor_of(request))})
    if everything is not False or not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise Invalid({"ids": [_IDS]})
    return answer({"marked": mark_read(actor_of(request), [_id(one) for one in ids])})


def _id(given: Any) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except (ValueError, AttributeError, TypeError):
        raise Invalid({"ids": [_IDS]}) from None
