"""What the bench's city holds whatever its size: dangers standing at two desks, listings of a township.

So pages of the same desk, and of the same township, can be compared in a small city and in a large one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg

from anlan.domains.hidden_dangers.demo import Act, Plan, Site, Year, planned
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from bench.city.dangers import Batch, Numbers, Story, tell_acts
from bench.city.firms_read import Firm, Surroundings

WAITING_FOR_THE_LISTER = frozenset({"delisting", "to_publish"})
LEADS_THERE = frozenset({"apply_delisting", "delist"})
PLANS_A_LISTING = 1500  # more than it takes: few dangers are major, and the city lists one in five of these
PLANS_LISTED = 400  # more than it takes: three of a hundred dangers are listed
LATELY, LONG_AGO = (0, 2), (20, 60)  # days since the last act


def stand(
    to: psycopg.Connection[Any], firms: Sequence[Firm], around: Surroundings, random: Random, year: Year,
    numbers: Numbers, most: int,
) -> dict[str, int]:  # fmt: skip
    """Let dangers happen at some enterprises that nobody brings to an end, until ``most`` stand open there; write them."""
    batch, until = Batch(numbers), year.last.astimezone(UTC)
    missing = most - sum(firm.open for firm in firms)
    for plan in planned(random, _sites(firms), year, max(0, missing)) if firms else ():
        story = Story(firms[plan.site], around, random, numbers)
        acts = [act for act in plan.acts if act.on != "listing"]
        last = next((n for n, act in enumerate(acts) if _ends(act)), len(acts))
        tell_acts(story, acts[: random.randint(1, max(1, last))], until)
        batch.add(story)
    batch.write(to)
    return batch.written


def stand_at_the_city(
    to: psycopg.Connection[Any], firms: Sequence[Firm], around: Surroundings, random: Random, year: Year,
    numbers: Numbers, most: int,
) -> dict[str, int]:  # fmt: skip
    """Let major dangers happen until ``most`` that the city has listed wait for its bureau, half of them late; write them."""
    batch, waiting = Batch(numbers), 0
    for plan in _listed_by_the_city(random, firms, year, most * PLANS_A_LISTING):
        if waiting == most:
            break
        story = Story(firms[plan.site], around, random, numbers)
        ago = random.randint(*(LATELY if waiting % 2 else LONG_AGO))
        tell_acts(story, _up_to_waiting(plan, random, year, ago), year.last.astimezone(UTC))
        batch.add(story)
        waiting += story.listing is not None and story.listing.row.state in WAITING_FOR_THE_LISTER
    batch.write(to)
    return batch.written


def listed_in(
    to: psycopg.Connection[Any], firms: Sequence[Firm], around: Surroundings, random: Random, year: Year,
    numbers: Numbers, most: int,
) -> dict[str, int]:  # fmt: skip
    """Let major dangers run their course until ``most`` of these enterprises were listed once; write them."""
    batch = Batch(numbers)
    found = to.execute(
        "SELECT count(*) FROM hidden_dangers_listedsupervision l JOIN hidden_dangers_hiddendanger d ON d.id = l.danger_id"
        " WHERE d.enterprise_id = ANY(%s::uuid[])",
        [[firm.id for firm in firms]],
    ).fetchone()
    missing = most - int(found[0] if found else 0)
    for plan in planned(random, _sites(firms), year, max(0, missing) * PLANS_LISTED) if firms else ():
        if missing <= 0:
            break
        if all(act.on != "listing" for act in plan.acts):
            continue
        story = Story(firms[plan.site], around, random, numbers)
        tell_acts(story, plan.acts, year.last.astimezone(UTC))
        batch.add(story)
        missing -= story.listing is not None
    batch.write(to)
    return batch.written


def _sites(firms: Sequence[Firm]) -> list[Site]:
    return [Site(place, firm.industry, firm.flags, firm.weight) for place, firm in enumerate(firms)]


def _listed_by_the_city(random: Random, firms: Sequence[Firm], year: Year, count: int) -> Iterator[Plan]:
    for plan in planned(random, _sites(firms), year, count) if firms else ():
        steps = {act.step for act in plan.acts}
        if steps >= LEADS_THERE and any(act.data.get("level") == "city" for act in plan.acts):
            yield plan


def _up_to_waiting(plan: Plan, random: Random, year: Year, ago: int) -> list[Act]:
    """Return the acts up to one after which the listing waits, all moved so that this one was so many days ago."""
    last = random.choice([n for n, act in enumerate(plan.acts) if act.step in LEADS_THERE])
    by = timedelta(days=(year.last - plan.acts[last].at).days - ago)
    return [replace(act, at=act.at + by, data=_moved(act.data, by)) for act in plan.acts[: last + 1]]


def _moved(data: dict[str, Any], by: timedelta) -> dict[str, Any]:
    return {
        name: value + by if isinstance(value, date) and not isinstance(value, datetime) else value
        for name, value in data.items()
    }


def _ends(act: Act) -> bool:
    step = HiddenDangerLoop.steps.get(act.step)
    return step is not None and step.to is not None and step.to.final
