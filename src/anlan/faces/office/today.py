"""Home: what must I do today, by statutory clock; the inbox; the number on the bell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.matters import duty_words
from anlan.faces.office.measuring import figure_of
from anlan.faces.office.shapes import Card, Figure, Lead
from anlan.faces.office.shell import looked_at, narrowed, page
from anlan.faces.office.subjects import level_of, row_title, subject_named, subject_of_model
from anlan.faces.office.wording import clock_of, named
from anlan.kernel import clock
from anlan.kernel.clock.periods import month
from anlan.kernel.indicators import figures, indicators
from anlan.kernel.loops import loop_named, loops
from anlan.kernel.loops.around import look_around
from anlan.kernel.loops.awaiting import Awaiting, counts, first_of_each, loops_of, stretch
from anlan.kernel.loops.offering import may_open, offers
from anlan.kernel.loops.urgency import URGENCIES
from anlan.kernel.scope import Actor

TODAY = ("overdue", "today", "week")  # the groups of the home page
SHOWN = 20  # of each group; the rest stands behind them in the list of duties
SHOWN_IN_INBOX = 50
VERBS_LOOKED_UP = 20  # beyond these a card leads to its matter, where every verb stands


@signed_in
def home(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show the three groups: overdue, due today, due this week."""
    if settings.ANLAN_PROVINCE and actor.post_kind == "province_officer":
        return redirect("office:province")
    counted = counts(actor)
    groups = grouped(first_of_each(actor, dict.fromkeys(TODAY, SHOWN)), actor, counted)
    context = {
        "groups": groups,
        "later": counted["later"],
        "openings": [loop for loop in loops() if may_open(loop, actor)],
        "could_enrol": could_enrol(request, actor),
        "figures": figures_of(request, actor) if actor.grants else [],
    }
    names = "office/today_part.html" if request.headers.get("HX-Request") == "true" else "office/today.html"
    return page(request, names, context, here="today")


def figures_of(request: HttpRequest, actor: Actor) -> list[Figure]:
    """Return what stands open and late in the place looked at; each opens its rows."""
    place = looked_at(request, actor)
    wanted = [one for one in indicators() if one.is_whole and one.is_at_a_day and loop_named(one.rows.of)]
    found = figures(wanted, actor, month(clock.today()), place)
    return [figure_of(found[one.slug]) for one in wanted]


def could_enrol(request: HttpRequest, actor: Actor) -> bool:
    """Say whether this person should be reminded of the second factor."""
    account: Any = request.user
    return bool(account.must_use_second_factor(actor.post_kind)) and not account.has_second_factor


@signed_in
def inbox(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show everything awaited from this post, the most urgent first; ``group`` shows one of its groups, page after page."""
    counted = counts(actor)
    if request.GET.get("group") in counted:
        return one_group(request, actor, request.GET["group"], counted)
    cards = first_of_each(actor, dict.fromkeys((*TODAY, "later"), SHOWN_IN_INBOX))
    context = {"groups": grouped(cards, actor, counted), "total": sum(counted.values()), "leads": True}
    names = "office/today_part.html" if request.headers.get("HX-Request") == "true" else "office/inbox.html"
    return page(request, names, context, here="inbox")


def one_group(request: HttpRequest, actor: Actor, group: str, counted: Mapping[str, int]) -> HttpResponseBase:
    """Show one group of the inbox, a page of it after the cursor ``after``."""
    after = request.GET.get("after", "")
    cards, more = stretch(actor, group, SHOWN_IN_INBOX, after)
    if after and not cards:  # the last ones have been done meanwhile: what is left stands before them
        after, (cards, more) = "", stretch(actor, group, SHOWN_IN_INBOX)
    # Late since the page was asked for, or just done: what is shown belongs to the group that was asked for.
    groups = grouped([replace(card, group=group) for card in cards], actor, counted)
    pager = {"first": urlencode({"group": group}) if after else "",
             "next": urlencode({"group": group, "after": more}) if more else ""}  # fmt: skip
    part = request.headers.get("HX-Request") == "true"
    names = "office/today_part.html" if part else "office/inbox.html"
    context = {
        "groups": groups,
        "pager": pager,
        "group": group,
        "lists": [] if part else lists_of(request, actor, group),
    }
    return page(request, names, context, here="inbox")


def lists_of(request: HttpRequest, actor: Actor, group: str) -> list[Lead]:
    """Return the lists of the kinds of matter in a group, narrowed to it: there it is searched, sorted and exported."""
    found = []
    for slug in loops_of(actor, group):
        subject, asked = subject_named(slug), {"awaiting_term": [group]}
        listing = subject.listing(actor, narrowed(request, actor))
        number, is_exact = listing.counted(asked, listing.filtered(asked))
        url = f"{reverse('office:list', args=[slug])}?{urlencode(asked, doseq=True)}"
        if number:
            count = number if is_exact else _("约 %(n)s") % {"n": number}
            found.append(Lead(url, subject.words, count))
    return found


@signed_in
def bell(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show the number on the bell."""
    return page(request, "components/bell.html")


def grouped(cards: Sequence[Awaiting], actor: Actor, counted: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the groups that hold cards, each with how many it holds in all."""
    by_group = {key: [card for card in cards if card.group == key] for key in URGENCIES}
    drawn = (card.matter for mine in by_group.values() for card in mine[:VERBS_LOOKED_UP])
    look_around({matter.pk: matter for matter in drawn}.values())
    return [
        {
            "key": key,
            "title": URGENCIES[key],
            "count": max(counted[key], len(mine)),
            "cards": [card_of(card, actor, place < VERBS_LOOKED_UP) for place, card in enumerate(mine)],
        }
        for key, mine in by_group.items()
        if mine
    ]


def card_of(card: Awaiting, actor: Actor, look_up_verb: bool) -> Card:
    """Return a duty as a card with its one primary verb."""
    row, duty = card.matter, card.duty
    subject = subject_of_model(type(row))
    url = subject.url(row)
    steps = [offer.step for offer in offers(row, actor, only_main=True)] if look_up_verb else []
    verb = (steps[0].words if len(steps) == 1 else _("办理")) if steps else None
    left = clock_of(duty.due_at, duty.opened_at, paused=duty.paused_at is not None)
    where = " · ".join(named(part) for part in (row.holder, row.territory) if part)
    return Card(
        title=row_title(subject, row),
        url=url,
        clock=left,  # type: ignore[arg-type]
        where=where,
        awaited=duty_words(row.loop, duty),
        verb=verb or _("查看"),
        verb_url=f"{url}#next" if verb else url,
        level=level_of(row),
        kind=subject.words,
        is_demo=row.is_demo,
    )
