"""Posts and who fills them: open, close, appoint, move, leave. The post keeps the work; the person keeps the history."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.loops import Duty
from anlan.kernel.people.authority import (
    as_uuid,
    kinds_given,
    known_person,
    managed_party,
    may_manage,
    may_see,
)
from anlan.kernel.people.writing import LONGEST_REASON, POST, day, note, text, was_done
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope import touched
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Party, Person, Post, Territory
from anlan.kernel.scope.territory import territory_of_code
from anlan.kernel.words import Words

ONE_DAY = timedelta(days=1)
_SEATED = Words("此人在这段时间已担任该岗位。", "This person fills the post in that time already.")


def open_post(
    actor: Actor, party: Any, kind: str, title: str, *, territory: Any = None, key: uuid.UUID | None = None
) -> Post:
    """Open a post of a kind in a party, at most for the party's territory or a part of it."""
    done = was_done(key, "post_opened")
    if done:
        return Post.objects.get(pk=done)
    found = managed_party(actor, party)
    if kind not in kinds_given(actor, found):
        raise Invalid(
            {"kind": [Words("这个单位不能设此类岗位，或不由您设置。", "No such post here, or not by you.")]}
        )
    place = _place(territory, found)
    with transaction.atomic():
        # Under its lock: an import that made the body may be undone at this moment, and ends it if nothing refers to it.
        ended = Party.objects.select_for_update().get(pk=found.pk).valid_to
        if ended is not None and ended < clock.today():
            raise Invalid({"party": [Words("这个单位已经撤销。", "This body has ended.")]})
        post = Post.objects.create(
            party=found, kind=kind, title=text("title", title, 80), territory=place, is_demo=found.is_demo
        )
        data = {"kind": kind, "title": post.title, "party": found, "territory": place}
        note(post.pk, POST, "post_opened", actor, data, key=key, is_demo=post.is_demo)
    return post


def close_post(actor: Actor, post: Any, on: Any, reason: str, *, key: uuid.UUID | None = None) -> Post:
    """Close a post from a day on; who fills it leaves the day before. Refused while it is awaited for open matters."""
    done = was_done(key, "post_closed")
    if done:
        return Post.objects.get(pk=done)
    since, why = day("on", on), text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        found = _locked(actor, post)
        waiting = Duty.objects.filter(post=found, done_at=None).values("matter_id").distinct().count()
        if waiting:
            words = Words(
                "还有{n}件事项等待该岗位办理，先移交。",
                "{n} open matters await this post; hand them over first.",
            )
            raise Invalid({"": [words.filled(n=waiting)]})
        _must_have_others(found)
        for seat in found.memberships.filter(Q(valid_to=None) | Q(valid_to__gte=since)):
            seat.valid_to = max(since - ONE_DAY, seat.valid_from)
            seat.save(update_fields=["valid_to"])
        found.closed_on = since
        found.save(update_fields=["closed_on"])
        note(found.pk, POST, "post_closed", actor, {"on": since, "reason": why}, key=key)
    return found


def register_person(actor: Actor, party: Any, name: str, phone: str = "") -> Person:
    """Enter a person who is not known yet; they see nothing until they are appointed."""
    found = managed_party(actor, party)
    called = text("name", name, 60)
    return Person.objects.create(name=called, phone=telephone(phone), is_demo=found.is_demo or actor.is_demo)


def appoint(actor: Actor, post: Any, person: Any, since: Any, *, key: uuid.UUID | None = None) -> Membership:
    """Let a person fill a post from a day on."""
    done = was_done(key, "appointed")
    if done:
        return Membership.objects.filter(post_id=done).order_by("-pk")[0]
    first = day("since", since)
    with transaction.atomic():
        found = _locked(actor, post)
        who = _other_than_self(actor, known_person(actor, person))
        seat = _seat(found, who, first)
        data = {"person": who.pk, "since": first}
        note(
            found.pk,
            POST,
            "appointed",
            actor,
            data,
            private={"name": who.name},
            key=key,
            is_demo=found.is_demo,
        )
    return seat


def appoint_new(
    actor: Actor, post: Any, name: str, phone: str, since: Any, *, key: uuid.UUID | None = None
) -> Membership:
    """Enter a person who is not known yet and let them fill a post from a day on, both or neither."""
    done = was_done(key, "appointed")
    if done:
        return Membership.objects.filter(post_id=done).order_by("-pk")[0]
    with transaction.atomic():
        found = _locked(actor, post)
        return appoint(
            actor, found.pk, register_person(actor, found.party_id, name, phone).pk, since, key=key
        )


def move(actor: Actor, membership: Any, to_post: Any, on: Any, *, key: uuid.UUID | None = None) -> Membership:
    """Move a person from one post to another: the last day in the one is the day before the first in the other."""
    done = was_done(key, "moved_in")
    if done:
        return Membership.objects.filter(post_id=done).order_by("-pk")[0]
    first = day("on", on)
    with transaction.atomic():
        seat = _membership(actor, membership)
        posts = {pk: _locked(actor, pk) for pk in sorted({seat.post_id, as_uuid(to_post)})}
        seat = _membership(actor, membership, lock=True)
        target = posts[as_uuid(to_post)]
        if target.pk == seat.post_id:
            raise Invalid({"to_post": [Words("就是原岗位。", "This is the same post.")]})
        who = _other_than_self(actor, seat.person)
        _end(seat, first - ONE_DAY, "on")
        new = _seat(target, who, first)
        private = {"name": who.name}
        note(
            seat.post_id,
            POST,
            "moved_out",
            actor,
            {"person": who.pk, "to": target, "on": first},
            private=private,
        )
        note(
            target.pk,
            POST,
            "moved_in",
            actor,
            {"person": who.pk, "from": seat.post, "on": first},
            private=private,
            key=key,
        )
    return new


def leave(
    actor: Actor, membership: Any, on: Any, reason: str = "", *, key: uuid.UUID | None = None
) -> Membership:
    """End a membership: ``on`` is the last day. The post stays, and its work with it."""
    done = was_done(key, "left")
    if done:
        return Membership.objects.get(pk=membership)
    last, why = day("on", on), text("reason", reason, LONGEST_REASON, required=False)
    with transaction.atomic():
        seat = _membership(actor, membership)
        _locked(actor, seat.post_id)
        seat = _membership(actor, membership, lock=True)
        _end(seat, last, "on")
        data = {"person": seat.person_id, "on": last, "reason": why}
        note(seat.post_id, POST, "left", actor, data, private={"name": seat.person.name}, key=key)
    return seat


def set_phone(actor: Actor, person: Any, phone: str) -> Person:
    """Change a person's telephone; the number never enters the chain."""
    number = telephone(phone)
    with transaction.atomic():
        who = known_person(actor, person)
        now = who.memberships.filter(Q(valid_to=None) | Q(valid_to__gte=clock.today()))
        seats = now.select_related("post__party").order_by("-valid_from")
        seat = next((one for one in seats if may_manage(actor, one.post.party)), None)
        if seat is None:
            raise NotAllowed(
                Words("此人没有由您管理的岗位。", "This person fills no post that you administer.")
            )
        Post.objects.select_for_update().get(pk=seat.post_id)
        who.phone = number
        who.save(update_fields=["phone"])
        note(seat.post_id, POST, "phone_changed", actor, {"person": who.pk})
    return who


def telephone(value: str) -> str:
    """Return a telephone number as it is stored: digits, with + and - where given; raises Invalid."""
    given = text("phone", value, 20, required=False).replace(" ", "")
    if given and not (given.isascii() and given.replace("-", "").lstrip("+").isdigit() and len(given) >= 5):
        raise Invalid({"phone": [Words("电话只能由数字、+ 和 - 组成。", "Digits, + and - only.")]})
    return given


def _place(territory: Any, party: Party) -> Territory | None:
    """Return the post's own territory, which must lie within its party's."""
    if not territory:
        return None
    text_ = str(getattr(territory, "pk", territory))
    if text_.isascii() and text_.isdigit():
        place = territory_of_code(text_)
    else:
        place = Territory.objects.filter(pk=as_uuid(text_)).first()
    home = party.territory
    if place is None or home is None or not any(place.path.startswith(p) for p in home.prefixes()):
        raise Invalid({"territory": [Words("不在该单位的辖区内。", "Outside the territory of this body.")]})
    return place


def _locked(actor: Actor, pk: Any) -> Post:
    post = (
        Post.objects.select_for_update(of=("self",))
        .select_related("party__territory")
        .filter(pk=as_uuid(pk))
        .first()
    )
    if post is None or not may_see(actor, post.party):
        raise NotSeen
    if post.kind not in kinds_given(actor, post.party):
        raise NotAllowed(Words("这个岗位不由您管理。", "This post is not yours to administer."))
    touched.note(post)  # whoever computes from who fills a post learns of it
    return post


def _membership(actor: Actor, pk: Any, *, lock: bool = False) -> Membership:
    """Return a membership in a post the actor administers; its post must be locked first."""
    if not str(pk).isascii() or not str(pk).isdigit() or len(str(pk)) > 18:
        raise NotSeen
    rows = Membership.objects.select_related("post__party", "person").filter(pk=int(str(pk)))
    seat = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if seat is None or not may_see(actor, seat.post.party):
        raise NotSeen
    return seat


def _seat(post: Post, person: Person, first: date) -> Membership:
    if post.closed_on is not None and post.closed_on <= first:
        raise Invalid({"": [Words("岗位已撤销。", "The post is closed.")]})
    if post.closed_on is not None:
        raise Invalid({"": [Words("岗位即将撤销。", "The post is about to be closed.")]})
    overlapping = Membership.objects.filter(post=post, person=person).filter(
        Q(valid_to=None) | Q(valid_to__gte=first)
    )
    if overlapping.exists():
        raise Invalid({"person": [_SEATED]})
    try:
        with transaction.atomic():
            return Membership.objects.create(post=post, person=person, valid_from=first)
    except IntegrityError:
        raise Invalid({"person": [_SEATED]}) from None


def _end(seat: Membership, last: date, name: str) -> None:
    if seat.valid_to is not None and seat.valid_to <= last:
        raise Invalid({name: [Words("任职已在此前结束。", "It ended before that day already.")]})
    if last < seat.valid_from:
        raise Invalid({name: [Words("早于任职开始之日。", "Before the day it began.")]})
    seat.valid_to = last
    seat.save(update_fields=["valid_to"])


def _must_have_others(post: Post) -> None:
    """Keep the last main person of an enterprise and the last administrator: somebody must be awaited."""
    if post.kind not in {"main_person", "administrator"}:
        return
    others = Post.objects.filter(party=post.party, kind=post.kind, closed_on=None).exclude(pk=post.pk)
    if not others.exists():
        raise Invalid(
            {
                "": [
                    Words(
                        "这是最后一个此类岗位，不能撤销。", "This is the last post of its kind; it must stay."
                    )
                ]
            }
        )


def _other_than_self(actor: Actor, person: Person) -> Person:
    if person.pk == actor.person_id:
        raise NotAllowed(Words("不能给自己安排岗位。", "Nobody gives themselves a post."))
    return person
