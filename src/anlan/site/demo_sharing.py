"""What leaves the demonstration's city: subscriptions of departments with the calls made by them, mails with their receipts.

Everything goes through the doors that people and programs use, a few days back; only the answers of receivers and of the mail
server are invented, for nothing is sent. In the end nothing waits to be sent, and the webhook is paused.
"""

from __future__ import annotations

import heapq
import json
import time as stopwatch
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from itertools import chain
from random import Random

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import open_matter, take
from anlan.kernel.notices import sending
from anlan.kernel.notices.answering import Answer
from anlan.kernel.notices.leaving import GATHERED, INSTANT, MAIL, Attempt, Outward, OutwardItem
from anlan.kernel.notices.mailing import message_id
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.resending import resend
from anlan.kernel.notices.told import Notice
from anlan.kernel.registers.errors import Invalid, KeepingError
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Post, Territory
from anlan.kernel.sharing import Subscription, pushing, serving
from anlan.kernel.sharing.endpoints import change_endpoint, set_endpoint
from anlan.kernel.sharing.loop import SubscriptionLoop
from anlan.kernel.sharing.tokens import issue
from anlan.site.demo_people import Cast

PULLED = {
    "data_set": "enterprises", "receiver": "商贸流通安全监管系统", "channel": "pull", "frequency": "daily",
    "purpose": "核对本行业企业名单和联系人，安排联合检查。",
    "fields": "enterprises: name credit_code industry scale legal_representative safety_phone updated_at",
}  # fmt: skip
PUSHED = {
    "data_set": "hidden-dangers", "receiver": "消防一张图", "channel": "push", "frequency": "daily",
    "purpose": "在消防一张图上标出未整改的隐患，调度时参考。",
    "fields": "hidden-dangers: number state severity topic description rectify_by updated_at",
}  # fmt: skip
ASKED = {
    "data_set": "enterprises", "receiver": "工程项目监管平台", "channel": "xlsx", "frequency": "weekly",
    "purpose": "比对在建项目参建单位的安全情况。", "fields": "enterprises: name credit_code industry operation",
}  # fmt: skip
VALID = timedelta(days=180)
DAYS_TO_APPROVE = 2
PULL_DAYS, PUSH_DAYS, ASKED_DAYS = 24, 21, 1
CALLER, HOOK = "10.31.4.18", "https://yizhangtu.example/anlan/hook"
RECEIVED, BUSY = Answer(True, "ok", 200, "HTTP 200"), Answer(False, "HTTP 503 maintenance", 503)
NOTHING_LEAVES = "演示数据，不向外推送 / demonstration: nothing is pushed"
TAKEN, FULL = Answer(True, "250", 250), Answer(False, "452 4.2.2 mailbox full", 452)
UNKNOWN = Answer(False, "550 5.1.1 no such user", 550, is_final=True)
ASKED_AGAIN = "收件人已清理邮箱，重发一次"
# To whose mailbox, how many days ago, how many notices, whether gathered, what the server said at each attempt.
MAILS = (
    ("county_officer", 6, 3, GATHERED, (TAKEN,)),
    ("safety_officer", 4, 1, INSTANT, (TAKEN,)),
    ("city_officer", 3, 2, GATHERED, (FULL, TAKEN)),
    ("main_person", 2, 1, INSTANT, (UNKNOWN,)),
    ("county_officer", 1, 2, GATHERED, (TAKEN,)),
)
Course = Iterator[datetime]
REFUSALS = (KeepingError, NoticeRefused, LookupError, ObjectDoesNotExist)


def make(seed: int) -> int:
    """Make subscriptions and messages unless they are there; returns how many. What the rules refuse is left out."""
    if Subscription.unscoped("the demonstration reads its own subscriptions").filter(is_demo=True).exists():
        return 0
    cast = Cast.read(Random(f"{seed}/sharing"), clock.today())  # noqa: S311 (a demonstration, not a secret)
    begun = [one for course in (_pulled, _pushed) if (one := _begun(course(cast))) is not None]
    for _moment in heapq.merge(*begun):  # by turns: the log of calls is written in the order of time
        pass
    acts = [_asked, *(partial(_mail_of, *one) for one in MAILS)]
    return len(begun) + sum(_tried(act, cast) for act in acts)


def _tried(act: Callable[[Cast], bool], cast: Cast) -> bool:
    try:
        with transaction.atomic():
            return act(cast)
    except REFUSALS:
        return False


def _begun(course: Course) -> Course | None:
    """Take the first step of a course and return the course, which says before each step when that is; None if refused."""
    try:
        with transaction.atomic():
            first = next(course)
    except REFUSALS:
        return None
    return chain([first], _rest(course))


def _rest(course: Course) -> Course:
    with suppress(*REFUSALS):
        yield from course


def _pulled(cast: Cast) -> Course:
    """A department reads the enterprises of its county over the API, every few days, and once asks for what is masked."""
    asker = _named(cast, "industry_officer")
    row = _approved(cast, asker, PULLED, PULL_DAYS)
    with clock.travel(_at(PULL_DAYS - DAYS_TO_APPROVE, 15)):
        issue(row, asker)
    row.refresh_from_db()
    after = ""
    for days_ago in range(PULL_DAYS - DAYS_TO_APPROVE - 1, 0, -3):
        yield _at(days_ago, 6)
        with clock.travel(_at(days_ago, 6)):
            after = json.loads(serving.answer(row, _call(size="20", after=after)))["next"]
    yield _at(2, 9)
    with clock.travel(_at(2, 9)), suppress(Invalid):  # refused, and noted in the log of calls
        serving.answer(row, _call(legal_representative="王"))


def _pushed(cast: Cast) -> Course:
    """What changes is pushed to another department's map; once its server is down for a moment. It is paused in the end."""
    officer = _named(cast, "county_officer")
    asker = _neighbour(cast, officer)
    row = _approved(cast, asker, PUSHED, PUSH_DAYS)
    with clock.travel(_at(PUSH_DAYS - DAYS_TO_APPROVE, 15)):
        set_endpoint(row.pk, asker, HOOK)
    for days_ago, answers in ((18, (RECEIVED,)), (11, (RECEIVED,)), (5, (BUSY, RECEIVED)), (1, (RECEIVED,))):
        for number, answer in enumerate(answers):
            moment = _at(days_ago, 7) + timedelta(minutes=2 * number)
            yield moment
            with clock.travel(moment):
                _deliver(row, answer)
    with clock.travel(_at(0, 0)):
        change_endpoint(row.pk, asker, "pause", NOTHING_LEAVES)


def _deliver(row: Subscription, answer: Answer) -> None:
    """Make a portion unless one waits, and let an attempt at it be answered."""
    now = clock.now()
    pushing.make_portion(row.pk, now)
    for delivery in row.deliveries.filter(state__in=pushing.OPEN):
        pushing.begin_attempt(delivery, now, pushing.LEASE)
        ready = pushing.made_ready(delivery)
        if ready is not None:
            pushing.settle(ready, answer, stopwatch.perf_counter())


def _asked(cast: Cast) -> bool:
    """Another department's request waits for the officer's decision."""
    asker = _neighbour(cast, _named(cast, "county_officer"))
    _requested(asker, ASKED, ASKED_DAYS)
    return True


def _approved(cast: Cast, asker: Actor, said: dict[str, str], days_ago: int) -> Subscription:
    row = _requested(asker, said, days_ago)
    officers = cast.of(row.regulator_id, "county_officer", "city_officer")
    with clock.travel(_at(days_ago - DAYS_TO_APPROVE, 10)):
        take("approve", row, cast.actor(officers[0]))
    row.refresh_from_db()
    return row


def _requested(asker: Actor, said: dict[str, str], days_ago: int) -> Subscription:
    county = Territory.objects.get(path=asker.home_path)
    with clock.travel(_at(days_ago, 9)):
        until = (clock.today() + VALID).isoformat()
        entry = open_matter(
            SubscriptionLoop, asker, {**said, "territory": str(county.pk), "valid_until": until}
        )
    return Subscription.unscoped("the demonstration reads what it made").get(pk=entry.chain)


def _mail_of(kind: str, days_ago: int, count: int, sort: str, answers: Sequence[Answer], cast: Cast) -> bool:
    """A message with what the mail server said; one it could not take is sent again by the administrator."""
    keeper, reader = _named(cast, "administrator"), _named(cast, kind)
    notices = _untold(reader, count, _at(days_ago, 8))
    if notices:
        _mail(reader, keeper, notices, sort, _at(days_ago, 8), answers)
    return bool(notices)


def _mail(
    reader: Actor,
    keeper: Actor,
    notices: Sequence[Notice],
    sort: str,
    at: datetime,
    answers: Sequence[Answer],
) -> None:
    with clock.travel(at):
        row = Outward.objects.create(
            channel=MAIL, sort=sort, target=reader.person_id, person_id=reader.person_id, made_at=at, next_at=at, is_demo=True
        )  # fmt: skip
        OutwardItem.objects.bulk_create(
            OutwardItem(outward=row, notice=one, target=reader.person_id, channel=MAIL) for one in notices
        )
    for number, answer in enumerate(answers, start=1):
        moment = at + timedelta(hours=3 * (number - 1))
        with clock.travel(moment):
            if number > 1:
                resend(keeper, row.pk, ASKED_AGAIN)
            row.refresh_from_db()
            row.attempts = number
            row.save(update_fields=["attempts"])
            Attempt.objects.create(outward=row, number=number, began_at=moment)
            receipt = message_id(row.pk) if answer.ok else ""
            sending.settle(sending.Ready(row, number), replace(answer, receipt=receipt))


def _untold(reader: Actor, count: int, before: datetime) -> list[Notice]:
    """Return the latest notices to a reader by then that are in no message yet."""
    told = OutwardItem.objects.filter(target=reader.person_id).values("notice")
    return list(
        Notice.seen_by(reader).filter(made_at__lt=before).exclude(pk__in=told).order_by("-made_at")[:count]
    )


def _named(cast: Cast, kind: str) -> Actor:
    """Return who stands for a role: the account a visitor signs in with."""
    found = Post.objects.filter(
        pk__in=Account.objects.filter(is_demo=True).values("preferred_post"), kind=kind
    ).first()
    if found is None:
        raise LookupError(kind)
    return _actor(cast, found)


def _actor(cast: Cast, post: Post) -> Actor:
    """Return the actor of a post as the cast holds it, with its body and places read along."""
    found = [one for one in cast.by_party[post.party_id] if one.pk == post.pk]
    if not found:
        raise LookupError(post.kind)
    return cast.actor(found[0])


def _neighbour(cast: Cast, officer: Actor) -> Actor:
    """Return an officer of another department of the same county."""
    posts = Post.objects.filter(kind="industry_officer", party__path=officer.home_path, is_demo=True)
    for post in posts.order_by("party__key", "pk"):
        return _actor(cast, post)
    raise LookupError(officer.home_path)


def _call(**params: str) -> serving.Call:
    return serving.Call(CALLER, uuid.uuid4().hex, {name: [value] for name, value in params.items() if value})


def _at(days_ago: int, hour: int) -> datetime:
    return datetime.combine(clock.today() - timedelta(days=days_ago), time(hour), clock.CHINA)
