"""Serving a subscription: its own actor, its own fields, every call noted, refused or not.

The actor of a subscription has one way to rows, ``seen_by``. A filter or an order by a field that is masked or was not
approved would tell it piece by piece; so rows come in the order of their last change, and only clear fields narrow them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.fields import FieldSpec, plain
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actor import PERSONAL
from anlan.kernel.sharing import pacing
from anlan.kernel.sharing.catalogue import DataSet, data_set_named, is_masked, mask_reason
from anlan.kernel.sharing.checks import filters_of, grants_of, params_of
from anlan.kernel.sharing.masking import WITHHELD, masked
from anlan.kernel.sharing.models import SharedCall, Subscription
from anlan.kernel.sharing.tokens import holder_of
from anlan.kernel.words import Words

A_MINUTE = 60  # calls
SIZES = (20, 100, 500, 1000)
ENCODER = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))
_TOKEN = Words("令牌无效、已停用或已过期。", "The token is unknown, revoked or expired.")
_MANY = Words("调用太频繁，稍后再试。", "Too many calls; try again later.")
_CHANNEL = Words(
    "这个订阅获批的方式不是接口拉取。", "This subscription was approved for another channel than the API."
)
_WRONG = Words(
    "不能按此筛选：字段未获批、要脱敏或不是筛选项。", "No filter by this: not approved, masked, or no filter."
)
_SIZE = Words("每页行数只能是 20、100、500、1000。", "A page has 20, 100, 500 or 1000 rows.")


class Refusal(Exception):
    """A call that is not served: its status, its code, its words."""

    def __init__(self, status: int, code: str, words: Words, wait: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.words, self.wait = status, code, words, wait


@dataclass(frozen=True)
class Call:
    """One call: whence, with which identity, asking what."""

    address: str
    request_id: str
    params: Mapping[str, Sequence[str]]


class Door:
    """Opens with the secret of a subscription, or raises Refusal; what it refuses to a known one is noted too."""

    def enter(self, secret: str, call: Call) -> Subscription:
        """Return the valid subscription of a secret."""
        found = holder_of(secret)
        if found is None:
            raise Refusal(401, "unauthenticated", _TOKEN)
        if not found.is_valid:
            note(found, call, 401, 0, 0, 0.0)
            raise Refusal(401, "unauthenticated", _TOKEN)
        since = clock.now() - timedelta(minutes=1)
        if (
            SharedCall.objects.filter(subscription=found, at__gt=since).exclude(status=429).count()
            >= A_MINUTE
        ):
            note(found, call, 429, 0, 0, 0.0)
            raise Refusal(429, "too_many", _MANY, wait=60)
        return found


def actor_of(subscription: Subscription) -> Actor:
    """Return as whom a subscription reads: no person, no body, its grants alone."""
    return Actor(
        name=f"{subscription.number} {subscription.receiver}",
        kind="subscription",
        home_path=subscription.territory.path,
        grants=tuple(grants_of(subscription)),
        is_demo=subscription.is_demo,
    )


def answer(subscription: Subscription, call: Call) -> str:
    """Return one page of rows as JSON, and note the call. Raises Invalid or Refusal, which are noted too."""
    started = time.perf_counter()
    if subscription.channel != pacing.PULL:
        note(subscription, call, 403, 0, 0, started)
        raise Refusal(403, "other_channel", _CHANNEL)
    try:
        found = page(subscription, call.params)
    except Invalid:
        note(subscription, call, 422, 0, 0, started)
        raise
    text = ENCODER.encode(found)
    note(subscription, call, 200, len(found["items"]), len(text.encode()), started)
    return text


@dataclass(frozen=True)
class Stretch:
    """Some rows of a subscription in the order of their change, as they are given, and the cursor to go on from."""

    items: list[dict[str, Any]]
    next: str
    has_more: bool
    last: Any = None


def page(subscription: Subscription, params: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return rows changed since a cursor, the longest unchanged first, and the cursor to go on from."""
    data_set = data_set_of(subscription)
    asked = {name: list(values) for name, values in params.items() if name not in {"after", "size"}}
    strange = [name for name in asked if name not in filters_of(data_set, subscription)]
    if strange:
        raise Invalid({name[:60]: [_WRONG] for name in strange[:10]})
    narrowed = data_set.listing(actor_of(subscription)).condition(asked)
    found = stretch(subscription, (params.get("after") or [""])[-1], _size(params), narrowed)
    return body_of(subscription, found)


def stretch(subscription: Subscription, after: str, size: int, narrowed: Q | None = None) -> Stretch:
    """Return so many rows after a cursor, as of what the frequency of the subscription shows by now."""
    data_set = data_set_of(subscription)
    listing = listing_of(subscription, data_set)
    until = pacing.as_of(subscription.frequency, clock.now())
    listing.base &= Q(updated_at__lt=until) & (narrowed or Q())
    rows, more = listing.stretch(size, after)
    specs = specs_of(subscription, data_set)
    following = more or (listing.cursor_after(rows[-1]) if rows else after)
    items = [item(subscription, row, specs) for row in rows]
    return Stretch(items, following, bool(more), rows[-1] if rows else None)


def body_of(subscription: Subscription, found: Stretch) -> dict[str, Any]:
    """Return a stretch in the form in which it is answered or pushed."""
    now = clock.now()
    data_set = data_set_of(subscription)
    return {
        "subscription": subscription.number,
        "data_set": data_set.slug,
        "items": found.items,
        "masked": masked_of(subscription, data_set),
        "next": found.next,
        "has_more": found.has_more,
        "as_of": pacing.as_of(subscription.frequency, now).isoformat(),
        "next_at": pacing.next_at(subscription.frequency, now).isoformat(),
    }


def data_set_of(subscription: Subscription) -> DataSet:
    """Return the data set of a subscription; raises Invalid where it is gone."""
    found = data_set_named(subscription.data_set)
    if found is None:
        raise Invalid({"": [_WRONG]})
    return found


def listing_of(subscription: Subscription, data_set: DataSet) -> Listing:
    """Return the rows of a subscription: what its actor sees, narrowed by its filter."""
    listing = data_set.listing(actor_of(subscription))
    listing.base = listing.condition(params_of(subscription.condition))
    return listing


def specs_of(subscription: Subscription, data_set: DataSet) -> list[FieldSpec]:
    """Return the approved fields."""
    return [spec for name in subscription.field_names if (spec := data_set.field(name)) is not None]


def masked_of(subscription: Subscription, data_set: DataSet) -> dict[str, dict[str, str]]:
    """Return which of the approved fields are masked, and why, in both languages."""
    clear = set(subscription.clear_names)
    reasons = {spec.name: mask_reason(spec) for spec in specs_of(subscription, data_set)}
    return {name: why.both() for name, why in reasons.items() if why is not None and name not in clear}


def item(subscription: Subscription, row: Any, specs: Sequence[FieldSpec]) -> dict[str, Any]:
    """Return a row as it is given: its id, when it changed, and the approved fields."""
    given = {spec.name: given_value(subscription, row, spec) for spec in specs}
    return {"id": str(row.pk), "updated_at": plain(row.updated_at), **given}


def given_value(subscription: Subscription, row: Any, spec: FieldSpec) -> Any:
    """Return a field as it is given: personal data masked, free text withheld, unless granted in clear."""
    value = value_of(row, spec)
    if not is_masked(spec) or spec.name in subscription.clear_names:
        return value
    if spec.sensitivity < PERSONAL:
        return WITHHELD if value else ""
    return masked(value)


def value_of(row: Any, spec: FieldSpec) -> Any:
    """Return a field as JSON keeps it; a reference as the name of what it refers to."""
    value = getattr(row, spec.name)
    return str(value) if value is not None and spec.target is not None else plain(value)


def note(subscription: Subscription, call: Call, status: int, rows: int, size: int, started: float) -> None:
    """Add one line to the log of calls."""
    asked = "&".join(f"{name}={value}" for name, values in call.params.items() for value in values)
    SharedCall.objects.create(
        subscription=subscription, at=clock.now(), token_hint=subscription.token_hint, address=call.address[:64],
        request_id=call.request_id[:64], asked=asked[:500], rows=rows, size=size, status=status,
        milliseconds=round((time.perf_counter() - started) * 1000) if started else 0,
    )  # fmt: skip


def _size(params: Mapping[str, Sequence[str]]) -> int:
    given = (params.get("size") or ["100"])[-1]
    if given not in {str(size) for size in SIZES}:
        raise Invalid({"size": [_SIZE]})
    return int(given)
