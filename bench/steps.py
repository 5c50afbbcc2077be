"""Complete steps through the engine by two workers at once: form, guards, matter, ledger, timers, duties, evidence, events.

A matter goes from its report to its closing (report, grade, rectify with a photo, accept with a photo), each step with the
answers as a browser sends them and a key of its own. The photographs lie in the store already, as they do when a step is
sent. The floor writes the very rows that the engine has just written, by plain SQL, one transaction a step, into the same
tables; they are taken out again afterwards.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random
from typing import Any

from bench.figures import Figure, Floor
from bench.place import Place
from bench.steps_floor import lay_plainly, take_out

NEEDS_CITY = True
NEEDS_PAGES = False
WORKERS = 2
SECONDS = 12.0
WARM_MATTERS = 4
LEAST_A_SECOND, MOST_MILLISECONDS, LEAST_OF_FLOOR = 150, 40, 0.25


@dataclass
class Walked:
    """What one worker did: milliseconds of each step, by step; how long it took; which matters."""

    milliseconds: list[float]
    steps: list[str]
    seconds: float
    matters: list[uuid.UUID]


def run(place: Place) -> Iterator[Figure]:
    """Yield steps a second, milliseconds a step, and the same by kind of step."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn"), _begin) as pool:
        seeds = [f"{place.size.seed}/{time.time_ns()}/{worker}" for worker in range(WORKERS)]
        walked = list(pool.map(_walk, seeds, [SECONDS] * WORKERS))
        laid = list(pool.map(lay_plainly, [one.matters for one in walked]))
    take_out(place, [pk for _, made in laid for pk in made])
    floor_rate = sum(len(times) / (sum(times) / 1000) for times, _ in laid)
    rate = sum(len(one.milliseconds) / one.seconds for one in walked)
    yield Figure("steps", "complete steps, two workers", "steps/s", [rate], at_least=LEAST_A_SECOND,
                 floor=Floor("the same rows by plain SQL, one transaction a step", floor_rate,
                             ratio_at_least=LEAST_OF_FLOOR))  # fmt: skip
    times = [value for one in walked for value in one.milliseconds]
    yield Figure("steps", "one step, two workers", "ms", times, judged="p95", at_most=MOST_MILLISECONDS,
                 floor=Floor("the same rows", sorted(t for ts, _ in laid for t in ts)[len(laid[0][0])]))  # fmt: skip
    for name in STEPS:
        own = [
            ms for one in walked for ms, step in zip(one.milliseconds, one.steps, strict=True) if step == name
        ]
        yield Figure("steps", f"step {name}", "ms", own)


STEPS = ("open", "grade", "rectify", "accept")


def _begin() -> None:
    import django

    from anlan.site.collecting import settle

    django.setup()
    settle()  # as a process of the web does once all is loaded


def _walk(seed: str, seconds: float) -> Walked:
    """Take matters from report to closing for some seconds; the first few only warm the caches."""
    from anlan.kernel.ids import new_id

    random = Random(seed)
    firms = list(_firms(random))
    photos = _Photos()
    walked = Walked([], [], 0.0, [])
    for warm in (True, False):
        limit = time.perf_counter() + seconds
        count, spent = 0, 0.0
        while (count < WARM_MATTERS) if warm else (time.perf_counter() < limit):
            count += 1
            firm = random.choice(firms)
            shots = [photos.taken_by(firm.safety, AFTER), photos.taken_by(firm.officer, VERIFIED)]
            matter: Any = None
            for name in STEPS:
                started = time.perf_counter()
                matter = _step(name, firm, matter, shots, new_id())
                took = time.perf_counter() - started
                if not warm:
                    spent += took
                    walked.milliseconds.append(took * 1000)
                    walked.steps.append(name)
            if not warm:
                walked.matters.append(matter.pk)
        walked.seconds = spent
    return walked


@dataclass
class _Firm:
    pk: str
    inspector: Any
    officer: Any
    safety: Any


def _firms(random: Random, count: int = 60) -> Iterator[_Firm]:
    from anlan.domains.enterprises.models import Enterprise
    from anlan.kernel import clock
    from anlan.kernel.scope.responsibility import responsibility
    from bench.place import account_of, actor_of

    rows = Enterprise.unscoped("the bench reads its own enterprises").filter(archived_at=None)
    keys = sorted(rows.values_list("pk", flat=True))
    for row in rows.filter(pk__in=random.sample(keys, min(count, len(keys)))).select_related("territory"):
        regulator = responsibility(row.territory, row.industry, clock.today()).regulator
        kinds = ("county_officer", "industry_officer", "city_officer", "township_officer")
        officers = [account_of(kind, party=regulator.party_id) for kind in kinds if regulator]
        officer = next((account for account in officers if account is not None), None)
        safety = account_of("safety_officer", party=row.holder_id)
        if officer is not None and safety is not None:
            yield _Firm(str(row.pk), actor_of(officer), actor_of(officer), actor_of(safety))


AFTER, VERIFIED = 0, 1


class _Photos:
    """Photographs as they lie in the store when a step is sent; two pictures serve as models, for a matter takes none twice."""

    def __init__(self) -> None:
        from anlan.kernel import evidence
        from anlan.site import demo_pictures

        pictures = list(demo_pictures.pictures().values())[:2]
        self.models: list[Any] = [
            evidence.receive([content], f"bench-{n}.jpg", "image/jpeg", account_id=None, is_demo=True)
            for n, content in enumerate(pictures)
        ]

    def taken_by(self, actor: Any, which: int) -> Any:
        """Return a photo of this person's own."""
        from anlan.kernel import clock
        from anlan.kernel.evidence.models import Evidence

        one = self.models[which]
        return Evidence._base_manager.create(
            path="", sha256=one.sha256, sm3=one.sm3, size=one.size, media_type=one.media_type, name=one.name,
            width=one.width, height=one.height, uploaded_by=actor.account_id, received_at=clock.now(), is_demo=True,
        )  # fmt: skip


def _step(name: str, firm: _Firm, matter: Any, shots: list[Any], key: uuid.UUID) -> Any:
    """Take one step as a request does: the matter read for the person who acts, then the engine."""
    from datetime import timedelta

    from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
    from anlan.domains.hidden_dangers.models import HiddenDanger
    from anlan.kernel import clock
    from anlan.kernel.loops import open_matter, take

    today = clock.today()
    if name == "open":
        data = {"enterprise": firm.pk, "topic": "electrical", "found_on": today.isoformat(), "location": "1号车间",
                "description": f"配电箱门未关，接线裸露（{key.hex[-6:]}）"}  # fmt: skip
        entry = open_matter(HiddenDangerLoop, firm.inspector, data, key=key, is_demo=True)
        return HiddenDanger(pk=entry.chain)
    data, evidence, actor = {
        "grade": ({"rectify_by": (today + timedelta(days=9)).isoformat(), "measures": "由持证电工整改并复测"}, {}, firm.officer),
        "rectify": ({"what_was_done": "已整改并复测", "cost_yuan": "320"}, {"after": [shots[0].pk]}, firm.safety),
        "accept": ({}, {"verified": [shots[1].pk]}, firm.officer),
    }[name]  # fmt: skip
    take(name, matter, actor, data, key=key, evidence=evidence)
    return matter
