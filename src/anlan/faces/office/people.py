"""People and posts, administered in the browser: who fills which post, what a department is called and regulates.

A door only: every act is one of ``kernel.people``. A form that was refused comes back with its reasons and what was filled in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import key_of, new_key
from anlan.faces.office.shell import page
from anlan.faces.office.wording import moments_of
from anlan.kernel import clock, ledger
from anlan.kernel.people import parties, posts, standing
from anlan.kernel.people.authority import (
    administers,
    kinds_given,
    managed_party,
    may_keep_accounts,
    may_manage,
    may_see,
    seen_parties,
)
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Membership, Party, Person, Post, Remit
from anlan.kernel.scope.parties import REMIT_ROLES, in_force
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.words import Words

HERE = "people"
PAGE_SIZE = 50
MOST_CHOICES = 200


@signed_in
def index(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """List the bodies whose posts and people this person administers; with one only, go straight there."""
    words = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    after = request.GET.get("after", "")[:200].replace("\x00", "")
    rows = Party.objects.filter(seen_parties(actor), valid_to=None).select_related("territory")
    rows = rows.filter(name__icontains=words) if words else rows
    if not words and not after and rows.count() == 1:
        return redirect("office:people-of", rows.get().pk)
    if not rows.exists() and not words:
        raise NotAllowed(
            Words("您的岗位不管理人员与岗位。", "Your post does not administer people and posts.")
        )
    ordered = rows.filter(name__gt=after).order_by("name", "pk")
    found = list(ordered[: PAGE_SIZE + 1])
    more = found[PAGE_SIZE - 1].name if len(found) > PAGE_SIZE else ""
    context = {"parties": found[:PAGE_SIZE], "query": words, "after": more}
    return page(request, "office/people/index.html", context, here=HERE)


@signed_in
def party(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Show posts and people of one body, and what may be changed there."""
    found = managed_party(actor, pk)
    tried = Tried()
    if request.method == "POST":
        tried = tried_of(request, lambda given, key: _change_party(actor, found, given, key))
        if tried.done:
            return redirect("office:people-of", pk)
    return page(
        request,
        "office/people/party.html",
        _party_context(actor, found, tried),
        here=HERE,
        status=tried.status,
    )


class Tried:
    """What became of a form: done, or refused with its reasons and what was filled in."""

    def __init__(self, act: str = "", given: Mapping[str, str] | None = None) -> None:
        """Take which form was sent and what was filled in."""
        self.act, self.given = act, dict(given or {})
        self.faults: list[str] = []
        self.done: Any = None

    @property
    def status(self) -> int:
        """Return the status of the page that shows it."""
        return 422 if self.faults else 200

    @property
    def key(self) -> str:
        """Return the key to write into the forms of the page."""
        return new_key()


def tried_of(request: HttpRequest, act: Callable[[dict[str, str], uuid.UUID | None], Any]) -> Tried:
    """Try what a form asks; reasons against it are kept for the page, other refusals go on."""
    given = {name: str(request.POST[name])[:1000] for name in request.POST}
    tried = Tried(given.get("act", ""), given)
    try:
        tried.done = act(given, key_of(request)) or True
        messages.success(request, _("已完成，已记入存证账本。"))
    except Invalid as refusal:
        tried.faults = [str(reason) for reasons in refusal.errors.values() for reason in reasons]
    return tried


def _change_party(actor: Actor, found: Party, given: dict[str, str], key: uuid.UUID | None) -> Any:
    def field(name: str) -> str:
        return given.get(name, "")

    if given.get("act") == "open_post":
        place = field("territory").strip()
        return posts.open_post(actor, found.pk, field("kind"), field("title"), territory=place, key=key)
    if given.get("act") == "rename":
        return parties.rename(actor, found.pk, field("name"), field("on"), source=field("source"), key=key)
    if given.get("act") == "merge":
        return parties.merge_parties(actor, found.pk, field("into"), field("on"), field("reason"), key=key)
    if given.get("act") == "add_remit":
        return parties.add_remit(
            actor, found.pk, role=field("role"), since=field("since"), citation=field("citation"), sector=field("sector"),
            industry=field("industry").strip().upper(), subject=field("subject").strip(), key=key,
        )  # fmt: skip
    if given.get("act") == "end_remit":
        return parties.end_remit(actor, field("remit"), field("on"), field("reason"), key=key)
    raise _unknown()


def _unknown() -> Invalid:
    return Invalid({"act": [Words("没有这项操作。", "There is no such act.")]})


def _party_context(actor: Actor, found: Party, tried: Tried) -> dict[str, Any]:
    is_department = administers(actor, found) and found.kind != "enterprise"
    kinds = sorted(kinds_given(actor, found), key=list(POST_KINDS).index)
    context: dict[str, Any] = {
        "party": found,
        "posts": _posts_of(found),
        "kinds": [(kind, POST_KINDS[kind].words) for kind in kinds],
        "tried": tried,
        "is_department": is_department,
        "today": clock.today(),
        "names": list(found.names.order_by("valid_from")),
    }
    if is_department:
        context |= {
            "remits": Remit.objects.filter(party=found)
            .select_related("territory")
            .order_by("-valid_to", "role", "industry"),
            "roles": REMIT_ROLES,
            "sectors": SECTORS.items(),
            "others": Party.objects.filter(
                seen_parties(actor), level=found.level, kind=found.kind, valid_to=None
            )
            .exclude(pk=found.pk)
            .order_by("name")[:MOST_CHOICES],
            "moments": moments_of(ledger.history(found.pk), Party, {}),
        }
    return context


def _posts_of(found: Party) -> list[dict[str, Any]]:
    """Return the open posts with who fills each today, then the closed ones."""
    today = clock.today()
    rows = Post.objects.filter(party=found).select_related("territory").order_by("closed_on", "kind", "title")
    seats: dict[uuid.UUID, list[Membership]] = {}
    for seat in Membership.objects.filter(in_force(today), post__party=found).select_related(
        "person__account"
    ):
        seats.setdefault(seat.post_id, []).append(seat)
    open_ones = [{"post": row, "seats": seats.get(row.pk, [])} for row in rows if row.closed_on is None]
    return open_ones + [{"post": row, "seats": []} for row in rows if row.closed_on is not None]


@signed_in
def post(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Show one post: who fills it and filled it, appointing, closing."""
    found = Post.objects.filter(pk=pk).select_related("party__territory", "territory").first()
    if found is None or not may_see(actor, found.party):
        raise NotSeen
    if not may_manage(actor, found.party):
        raise NotAllowed(Words("这个岗位不由您管理。", "This post is not yours to administer."))
    tried = Tried()
    if request.method == "POST":
        tried = tried_of(request, lambda given, key: _change_post(actor, found, given, key))
        if tried.done:
            return redirect("office:people-of", found.party_id)
    context = {
        "post": found,
        "seats": found.memberships.select_related("person").order_by("-valid_from"),
        "may_fill": found.kind in kinds_given(actor, found.party) and found.closed_on is None,
        "people": _people_of(actor, found),
        "moments": moments_of(ledger.history(found.pk), Post, {}),
        "today": clock.today(),
        "tried": tried,
    }
    return page(request, "office/people/post.html", context, here=HERE, status=tried.status)


def _change_post(actor: Actor, found: Post, given: dict[str, str], key: uuid.UUID | None) -> Any:
    if given.get("act") == "appoint":
        person, since = given.get("person", ""), given.get("since", "")
        if not person:
            return posts.appoint_new(
                actor, found.pk, given.get("name", ""), given.get("phone", ""), since, key=key
            )
        return posts.appoint(actor, found.pk, person, since, key=key)
    if given.get("act") == "close":
        return posts.close_post(actor, found.pk, given.get("on", ""), given.get("reason", ""), key=key)
    raise _unknown()


def _people_of(actor: Actor, found: Post) -> list[Person]:
    """Return people of the same body who may be appointed: everybody who was ever in a post there."""
    ids = Membership.objects.filter(post__party=found.party).values("person_id")
    people = Person.objects.filter(pk__in=ids).order_by("name")[:MOST_CHOICES]
    return [one for one in people if one.pk != actor.person_id]


@signed_in
def seat(request: HttpRequest, actor: Actor, pk: int) -> HttpResponseBase:
    """Show one person in one post: since when, moving, leaving, telephone, account."""
    found = (
        Membership.objects.filter(pk=min(pk, 2**62)).select_related("post__party", "person__account").first()
    )
    if found is None or not may_see(actor, found.post.party):
        raise NotSeen
    if not may_manage(actor, found.post.party):
        raise NotAllowed(Words("这个岗位不由您管理。", "This post is not yours to administer."))
    tried = Tried()
    if request.method == "POST":
        tried = tried_of(request, lambda given, key: _change_seat(actor, found, given, key))
        if tried.done:
            return redirect("office:people-of", found.post.party_id)
    return page(
        request, "office/people/seat.html", _seat_context(actor, found, tried), here=HERE, status=tried.status
    )


def _change_seat(actor: Actor, found: Membership, given: dict[str, str], key: uuid.UUID | None) -> Any:
    if given.get("act") == "leave":
        return posts.leave(actor, found.pk, given.get("on", ""), given.get("reason", ""), key=key)
    if given.get("act") == "move":
        return posts.move(actor, found.pk, given.get("to_post", ""), given.get("on", ""), key=key)
    if given.get("act") == "phone":
        return posts.set_phone(actor, found.person_id, given.get("phone", ""))
    if given.get("act") == "away":
        return standing.arrange(
            actor, found, given.get("substitute", ""), given.get("since", ""), given.get("until", ""),
            given.get("reason", ""),
        )  # fmt: skip
    if given.get("act") == "back":
        return standing.end_arranged(actor, found, given.get("absence", ""), given.get("reason", ""))
    raise _unknown()


def _seat_context(actor: Actor, found: Membership, tried: Tried) -> dict[str, Any]:
    past = found.person.memberships.select_related("post__party").order_by("-valid_from")
    kinds = kinds_given(actor, found.post.party)
    targets = Post.objects.filter(party=found.post.party, closed_on=None, kind__in=kinds).exclude(
        pk=found.post_id
    )
    return {
        "seat": found,
        "is_over": found.valid_to is not None and found.valid_to < clock.today(),
        "past": [one for one in past if may_see(actor, one.post.party)],
        "targets": targets.order_by("kind", "title")[:MOST_CHOICES],
        "may_keep_accounts": may_keep_accounts(actor, found.post.party),
        "account_url": reverse("office:account-of", args=[found.person_id]),
        "may_arrange": standing.may_arrange(actor, found),
        "absences": standing.absences_of(found),
        "substitutes": standing.substitutes_for(found)[:MOST_CHOICES],
        "today": clock.today(),
        "tried": tried,
    }
