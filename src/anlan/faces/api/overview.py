"""What crosses all kinds: who I am, what is awaited from me, and search over everything in my scope."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from anlan.faces.api import schemas
from anlan.faces.api.declared import query, taking
from anlan.faces.api.doors import actor_of, caller_of
from anlan.faces.api.matters import duty_of
from anlan.faces.api.operations import Adder
from anlan.faces.api.shapes import answer, instant, item
from anlan.faces.api.subjects import refer, subjects
from anlan.kernel import clock, finding
from anlan.kernel.loops import inbox
from anlan.kernel.loops.awaiting import counts
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope.actors import posts_of
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.words import Words

FOUND_EACH = 20
_NO_WORDS = Words("写明要找什么。", "Say what to look for.")
_NO_KIND = Words("没有这一类。", "There is no such kind.")


class PostOut(BaseModel):
    """A post the person fills."""

    id: str
    title: str
    kind: str
    kind_words: schemas.Bilingual
    party: schemas.Reference
    is_current: bool


class GrantOut(BaseModel):
    """One grant of the current post."""

    path: str
    sector: str | None
    domain: str | None
    ceiling: int
    act: bool


class MeOut(BaseModel):
    """Who is calling, in which post, with which reach."""

    account: str
    username: str
    name: str
    language: str
    has_second_factor: bool
    is_demo: bool
    by_token: bool
    read_only: bool
    posts: list[PostOut]
    grants: list[GrantOut]


class CardOut(BaseModel):
    """One card of the inbox."""

    group: str
    share_left: float
    duty: schemas.DutyOut
    matter: dict[str, Any]


class InboxOut(BaseModel):
    """What is awaited from me, the most urgent first."""

    items: list[CardOut]
    as_of: str


class CountsOut(BaseModel):
    """How many duties are overdue, due today, due this week, and later."""

    overdue: int
    today: int
    week: int
    later: int


class KindFound(BaseModel):
    """What was found of one kind."""

    kind: str
    words: schemas.Bilingual
    items: list[dict[str, Any]]
    has_more: bool
    next: str
    count: int
    count_is_exact: bool


class FoundOut(BaseModel):
    """What was found, kind by kind; kinds without a hit are left out. ``words`` is what the question is made of."""

    q: str
    words: list[str]
    kinds: list[KindFound]


def router() -> Router:
    """Return the router."""
    found = Router(tags=["overview"])
    add = Adder(found, "overview")
    add.get("/me", me, MeOut, "我是谁 / Who I am")
    add.get("/inbox", waiting, InboxOut, "待办 / My inbox")
    add.get("/inbox/counts", waiting_counts, CountsOut, "待办数量 / How much waits")
    words = query("q", {"type": "string", "minLength": 1, "maxLength": 200}, "检索词 / Words", required=True)
    kind = query("kind", {"type": "string"}, "只查一类 / One kind alone")
    after = query(
        "after",
        {"type": "string"},
        "上一页的 next，须同时给出 kind / The ``next`` of the page before; with a kind",
    )
    add.get("/search", search, FoundOut, "检索一切 / Search everything", taking(None, [words, kind, after]))
    return found


def me(request: HttpRequest) -> HttpResponse:
    """Answer who is calling."""
    caller = caller_of(request)
    account, actor = caller.account, caller.actor
    posts = posts_of(account.person, clock.today())
    if caller.token is not None:
        posts = [post for post in posts if post.pk == actor.post_id]
    return answer(
        {
            "account": str(account.pk),
            "username": account.username,
            "name": actor.name,
            "language": account.language,
            "has_second_factor": account.has_second_factor,
            "is_demo": account.is_demo,
            "by_token": caller.token is not None,
            "read_only": bool(caller.token and caller.token.read_only),
            "posts": [
                {
                    "id": str(post.pk),
                    "title": post.title,
                    "kind": post.kind,
                    "kind_words": POST_KINDS[post.kind].words.both(),
                    "party": {"id": str(post.party_id), "name": post.party.name_on(clock.today())},
                    "is_current": post.pk == actor.post_id,
                }
                for post in posts
            ],
            "grants": [
                {"path": g.path, "sector": g.sector, "domain": g.domain, "ceiling": g.ceiling, "act": g.act}
                for g in actor.grants
            ],
        }
    )


def waiting(request: HttpRequest) -> HttpResponse:
    """Answer the inbox over all kinds."""
    found = inbox(actor_of(request))
    known = {subject.slug: subject for subject in subjects() if subject.loop}
    models.prefetch_related_objects([card.duty for card in found], "party", "post__party")
    for slug, subject in known.items():
        refer(subject, [card.matter for card in found if card.duty.loop == slug])
    cards = [
        {
            "group": card.group,
            "share_left": round(card.share_left, 3),
            "duty": duty_of(card.duty, known[card.duty.loop].loop),
            "matter": item(known[card.duty.loop], card.matter),
        }
        for card in found
        if card.duty.loop in known
    ]
    return answer({"items": cards, "as_of": instant(clock.now())})


def waiting_counts(request: HttpRequest) -> HttpResponse:
    """Answer how many duties wait, by statutory clock."""
    return answer(counts(actor_of(request)))


def search(request: HttpRequest) -> HttpResponse:
    """Answer what the words find among everything in scope: exact runs first, then rows that hold all the words."""
    question = finding.understood(request.GET.get("q", ""))
    if not question:
        raise Invalid({"q": [_NO_WORDS]})
    kind, after = request.GET.get("kind", ""), request.GET.get("after", "")
    known = {subject.slug: subject for subject in subjects()}
    if kind and kind not in known:
        raise Invalid({"kind": [_NO_KIND]})
    wanted, actor = [known[kind]] if kind else list(known.values()), actor_of(request)
    listings = {subject.slug: subject.listing(actor) for subject in wanted}
    every = finding.find_all(listings, question, finding.Narrowed(), FOUND_EACH, after=after if kind else "")
    kinds = []
    for subject in wanted:
        found = every[subject.slug]
        refer(subject, found.rows)
        if found.rows:
            kinds.append(
                {
                    "kind": subject.slug,
                    "words": subject.words.both(),
                    "items": [item(subject, row) for row in found.rows],
                    "has_more": bool(found.more),
                    "next": found.more,
                    "count": found.count,
                    "count_is_exact": found.count_is_exact,
                }
            )
    return answer({"q": question.text, "words": list(question.words), "kinds": kinds})
