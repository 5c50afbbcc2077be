"""The demonstration: a year of a city's work from one seed, marked as such in every row, and its removal.

``make`` fills departments, enterprises and hidden dangers through the same doors people use; ``clear`` takes exactly
that away again; ``accounts`` names one account per role with its password, made anew for each installation.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction

from anlan.domains.accidents.demo import accidents
from anlan.domains.accidents.models import AccidentRecord
from anlan.domains.enterprises.demo import DemoEnterprise, DemoPlace, enterprises
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.demo import Plan, Site, Year, plans
from anlan.domains.hidden_dangers.demo_showcase import showcase
from anlan.domains.inspections.demo import visits
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import Duty
from anlan.kernel.registers.keeping import create
from anlan.kernel.scope.models import Party, Post, Territory, ZoneMember
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.scope.responsibility import responsibility
from anlan.site import demo_cases, demo_clear, demo_colours, demo_plans, demo_sharing
from anlan.site.demo_checks import keep_checks
from anlan.site.demo_hazards import keep_hazards
from anlan.site.demo_people import Cast, add_services, fill_departments
from anlan.site.demo_risks import keep_risks
from anlan.site.demo_sensors import keep_sensors
from anlan.site.demo_work import Task, in_processes
from anlan.site.demo_year import Firm, Happening, read_pictures, receive_pictures

SEED = 20171122  # the day of the policy this platform serves
ENTERPRISES = 400
DANGERS = 1600
WORKERS = 2
BUSY = {"large": 5.0, "medium": 3.0, "small": 1.6, "micro": 0.8}
REGISTERS = 2  # enterprises with a risk register for each template
ACCOUNTS_FILE = "demo-accounts.json"


NO_GROUND = (
    "这个城市包还没有村（社区），不能生成演示数据；补充后再运行 ./anlan demo make。\n"
    "This pack has no villages yet, so that no demonstration can be made; add them, then run ./anlan demo make."
)


def make(
    *, seed: int = SEED, firms: int = ENTERPRISES, dangers: int = DANGERS, workers: int | None = None
) -> dict[str, Any]:
    """Make the demonstration year up to now; returns counts. Does nothing when it is there; begins anew after a crash.

    ``workers`` processes share the enterprises of the year, each in one transaction (1: this process alone).
    """
    if is_whole():
        return {"counts": {}, "refused": {}}
    if not has_ground():
        raise ValueError(NO_GROUND)
    if Account.objects.filter(is_demo=True).exists():
        demo_clear.clear()
    now = clock.now()
    workers = workers or (1 if settings.TESTING else min(WORKERS, os.cpu_count() or 1))
    tasks = [Task(seed, now.isoformat(), firms, dangers // workers, part, workers) for part in range(workers)]
    if workers == 1:
        settle(tasks[0])
        done = [live(tasks[0])]
    else:
        done = in_processes(tasks)
    _remember_accidents(seed)
    _keep_risks(seed, each=REGISTERS if firms >= ENTERPRISES else 1)
    _keep_checks(seed)
    _keep_hazards(seed)
    _keep_sensors(seed)
    _name_roles()
    demo_colours.make(seed)
    demo_plans.make(seed, township_offices())
    demo_cases.make(seed)
    demo_sharing.make(seed)
    counts, refused = Counter[str](), Counter[str]()
    for one in done:
        counts.update(one["counts"])
        refused.update(one["refused"])
    return {"counts": dict(counts), "refused": dict(refused)}


def has_ground() -> bool:
    """Say whether the pack has what the demonstration plays on: villages, under townships."""
    return Territory.objects.filter(level="village", parent__level="township").exists()


def is_whole() -> bool:
    """Say whether a demonstration is there from its beginning to its end."""
    return Account.objects.filter(is_demo=True, preferred_post__isnull=False).exists()


def _last(task: Task) -> datetime:
    return datetime.fromisoformat(task.until).astimezone(clock.CHINA)


def _first(task: Task) -> datetime:
    """Return the first morning of the year."""
    return datetime.combine((_last(task) - timedelta(days=365)).date(), time(7), clock.CHINA)


def settle(task: Task) -> None:
    """Fill the departments, found the enterprises, store the pictures: what the year begins with."""
    random = Random(task.seed)  # noqa: S311 (a demonstration, not a secret)
    with transaction.atomic(), clock.travel(_first(task)):
        cast = Cast(random, _first(task).date())
        fill_departments(cast)
        add_services(cast, Party.objects.select_related("territory").get(key=f"{_root()}:government"))
        cast.write()
        _found(random, cast, task.firms)
        cast.write()
        receive_pictures()


def live(task: Task) -> dict[str, Any]:
    """Let the year happen at one share of the enterprises."""
    random = Random(f"{task.seed}/{task.part}/{task.parts}")  # noqa: S311
    year = Year(_first(task).date(), _last(task), clock.working_calendar().is_working)
    with transaction.atomic(), clock.travel(_first(task)) as travel:
        cast = Cast.read(random, _first(task).date())
        firms = _firms(cast)[task.part :: task.parts]
        happening = Happening(cast, firms, random, shots=read_pictures())
        happening.city_bureau = Party.objects.get(key=f"{_root()}:emergency")
        planned = _plans(random, firms, year, task.dangers)
        happening.run(
            [*planned, *(_on_the_desks(firms, year) if task.part == 0 else ())], _last(task), travel
        )
    return {"counts": dict(happening.done), "refused": dict(happening.refused)}


def clear() -> dict[str, int]:
    """Take the demonstration away again; returns how many rows of each table. Needs the owner's role."""
    removed = demo_clear.clear()
    _accounts_file().unlink(missing_ok=True)
    return removed


def accounts() -> list[dict[str, str]]:
    """Return one account per role: username, password, what it is in both languages."""
    path = _accounts_file()
    if not path.exists() and Account.objects.filter(is_demo=True).exists():
        _name_roles()
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def _root() -> str:
    from anlan.kernel.scope import pack
    from anlan.site import city

    return str(pack.about(city.folder(settings.ANLAN_CITY))["root"])


def _found(random: Random, cast: Cast, count: int) -> None:
    """Create the enterprises through their register, entered by their township, and put people into them."""
    villages = {
        t.code: t for t in Territory.objects.filter(level="village", valid_to=None, longitude__isnull=False)
    }
    offices, committees = township_offices(), village_committees()
    inspected: set[str] = set()
    for made in enterprises(random, list(places_to_stand(villages)), count):
        village = villages[made.place.code]
        row = _enter(cast, made, village, offices[township_of(village.path)])
        _staff(cast, row, made)
        if village.path not in inspected and village.path in committees:
            inspected.add(village.path)
            cast.add(committees[village.path], "grid_inspector", "网格员")


def _remember_accidents(seed: int) -> None:
    """Enter the few invented accidents through their register, each by the township of the enterprise."""
    random = Random(f"{seed}/accidents")  # noqa: S311
    with transaction.atomic():
        cast = Cast.read(random, clock.today())
        firms = [firm for firm in _firms(cast) if firm.township is not None]
        for index, answers in accidents(random, [firm.row.industry for firm in firms], clock.today()):
            firm = firms[index]
            clerk = cast.actor(cast.of(firm.township.pk if firm.township else None, "township_officer")[0])
            data = {
                **answers, "territory": str(firm.row.territory_id), "address": firm.row.address,
                "longitude": str(firm.row.longitude), "latitude": str(firm.row.latitude),
                "enterprise": str(firm.row.pk), "sector": firm.row.sector,
            }  # fmt: skip
            create(AccidentRecord, clerk, data, is_demo=True)


def _keep_risks(seed: int, *, each: int) -> None:
    """Let some enterprises keep their risks, as they stand today."""
    cast = Cast.read(Random(f"{seed}/risks"), clock.today())  # noqa: S311
    keep_risks(seed, cast, _firms(cast), each=each)


def _keep_checks(seed: int) -> None:
    """Let the enterprises that keep their risks check them, up to today; call it once the risks are there."""
    cast = Cast.read(Random(f"{seed}/checks"), clock.today())  # noqa: S311
    keep_checks(seed, cast, _firms(cast))


def _keep_hazards(seed: int) -> None:
    """Let the enterprises with hazardous chemicals keep their major hazards, as they stand today."""
    cast = Cast.read(Random(f"{seed}/hazards"), clock.today())  # noqa: S311
    keep_hazards(seed, cast, _firms(cast))


def _keep_sensors(seed: int) -> None:
    """Let the major hazards be watched by sensors; call it once the hazards are there."""
    cast = Cast.read(Random(f"{seed}/sensors"), clock.today())  # noqa: S311
    desks = _desks()
    centre = max(_posts("safety_officer"), key=lambda post: desks.shown(post), default=None)
    keep_sensors(cast, _firms(cast), centre.party_id if centre else None)


def _firms(cast: Cast) -> list[Firm]:
    """Return the enterprises with who works in and over them."""
    offices, committees = township_offices(), village_committees()
    firms = []
    rows = Enterprise.unscoped("the demonstration reads its own enterprises").filter(is_demo=True)
    for row in rows.select_related("territory", "holder").order_by("credit_code"):
        answer = responsibility(row.territory, row.industry, clock.today())
        committee = committees.get(row.path)
        firms.append(Firm(
            row,
            {post.kind: post for post in cast.by_party[row.holder_id]} if row.holder_id else {},
            next(iter(cast.of(committee.pk, "grid_inspector")), None) if committee else None,
            offices.get(township_of(row.path)),
            answer.regulator.party_id if answer.regulator else None,
        ))  # fmt: skip
    return firms


def township_offices() -> dict[str, Party]:
    """Return the office of each township by the township's path."""
    rows = Party.objects.filter(level="township", kind="department", valid_to=None)
    return {row.path: row for row in rows.select_related("territory")}


def village_committees() -> dict[str, Party]:
    """Return the committee of each village by the village's path."""
    return {row.path: row for row in Party.objects.filter(kind="village").select_related("territory")}


def township_of(village: str) -> str:
    """Return the path of the township of a village's path."""
    return village.rsplit("/", 2)[0] + "/"


def _enter(cast: Cast, made: DemoEnterprise, village: Territory, office: Party) -> Enterprise:
    clerk = cast.actor(cast.of(office.pk, "township_officer")[0])
    data = {
        "territory": str(village.pk), "legal_representative": made.main_person, "safety_phone": made.phone,
        "operation": "operating", **dict.fromkeys(made.flags, True),
        **{k: v for k, v in asdict(made).items() if k in Enterprise.kept.asks},
    }  # fmt: skip
    return create(Enterprise, clerk, data, is_demo=True)


def _staff(cast: Cast, row: Enterprise, made: DemoEnterprise) -> None:
    if row.holder is None:
        raise ValueError(f"{row.name} has no party")
    cast.add(row.holder, "main_person", "总经理", made.main_person)
    cast.add(row.holder, "safety_officer", "安全员", made.safety_officer)
    cast.add(row.holder, "worker", "班组长")


def places_to_stand(villages: dict[str, Territory]) -> Iterator[DemoPlace]:
    """Yield every real village and community as a place an enterprise may stand at."""
    above = {t.path: t for t in Territory.objects.filter(level__in=("county", "township"))}
    zones = set(ZoneMember.objects.filter(valid_to=None).values_list("territory__path", flat=True))
    city = Territory.objects.get(segment=_root()).name
    for village in sorted(villages.values(), key=lambda t: t.path):
        township = township_of(village.path)
        county = above[township_of(township)]
        urban = above[township].kind == "street" and not village.name.endswith("村委会")
        ground = "zone" if township in zones else "city" if urban else "town"
        yield DemoPlace(
            village.code, village.name, county.code, county.name, ground,
            float(village.longitude or 0), float(village.latitude or 0), city,
        )  # fmt: skip


def _plans(random: Random, firms: list[Firm], year: Year, count: int) -> list[Plan]:
    sites = [
        Site(
            index, firm.row.industry, frozenset(n for n in Enterprise.KEY_FLAGS if getattr(firm.row, n)),
            BUSY[firm.row.scale] * random.uniform(0.3, 2.2),
        )
        for index, firm in enumerate(firms)
    ]  # fmt: skip
    return [*plans(random, sites, year, count), *visits(random, sites, year)]


def _on_the_desks(firms: list[Firm], year: Year) -> list[Plan]:
    """Return what everybody is to find today, at an enterprise of the work safety bureau and one of a department."""
    keys: dict[Any, str | None] = dict(
        Party.objects.filter(kind="department", level="county").values_list("pk", "key")
    )
    regulated = [(index, str(keys.get(firm.regulator, ""))) for index, firm in enumerate(firms)]
    bureau = next((index for index, key in regulated if key.endswith(":emergency")), None)
    industry = next((index for index, key in regulated if key and not key.endswith(":emergency")), None)
    if bureau is None or industry is None:
        return []
    return showcase(bureau, industry, year.last.date())


def _name_roles() -> None:
    """Give one account of each kind of post a name and a password of this installation, and write them down."""
    desks = _desks()
    centre = max(_posts("safety_officer"), key=lambda post: desks.shown(post), default=None)
    around = centre.party.path if centre else ""
    found = []
    for kind, words in ((kind.key, kind.words) for kind in POST_KINDS.values()):
        # All stand around one enterprise, so that a visitor can follow one matter through every role.
        post = max(
            _posts(kind), key=lambda post: (_nearness(post, centre, around), desks.shown(post)), default=None
        )
        if post is not None:
            found.append({
                "role": kind, **_let_in(post, kind),
                "zh": f"{words.zh}（{post.party.name} {post.title}）",
                "en": f"{words.en} ({post.party.name_en or post.party.name})",
            })  # fmt: skip
    path = _accounts_file()
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def _let_in(post: Post, kind: str) -> dict[str, str]:
    """Let the person of a post sign in under a name with a fresh password, and return both."""
    username = f"demo-{kind}" if Account.objects.filter(username=kind, is_demo=False).exists() else kind
    for former in Account.objects.filter(username=username):
        former.username, former.preferred_post = f"demo-{former.pk}", None
        former.set_unusable_password()
        former.save()
    account = Account.objects.get(person__memberships__post=post, is_demo=True)
    password = secrets.token_urlsafe(9)
    account.username, account.preferred_post = username, post
    account.set_password(password)
    account.save()
    return {"username": username, "password": password}


def _posts(kind: str) -> list[Post]:
    return list(Post.objects.filter(kind=kind, is_demo=True).select_related("party").order_by("id"))


def _nearness(post: Post, centre: Post | None, around: str) -> int:
    """Return how near a post stands to the enterprise at the centre: in it, over it, elsewhere."""
    if centre is not None and post.party_id == centre.party_id:
        return 2
    # Another department's officer need not stand over it: their desk is filled at another enterprise.
    return int(post.kind != "industry_officer" and around.startswith(post.party.path or "/-/"))


@dataclass(slots=True)
class _Desks:
    """How many duties of which urgency lie on each desk: -1 late, 0 today, 1 this week, 2 later."""

    waiting: dict[Any, Counter[int]]

    def shown(self, post: Post) -> tuple[int, int, str]:
        desk = self.waiting[post.id] + self.waiting[post.party_id, post.kind]
        return (len({-1, 0, 1} & set(desk)), desk.total(), str(post.id))


def _desks() -> _Desks:
    now = clock.now()
    waiting: dict[Any, Counter[int]] = defaultdict(Counter)
    for duty in Duty.objects.filter(done_at=None, is_demo=True).only(
        "party_id", "post_id", "kinds", "due_at"
    ):
        days = 99 if duty.due_at is None else (duty.due_at - now).days
        group = -1 if days < 0 else 0 if days == 0 else 1 if days < 7 else 2
        for key in [duty.post_id] if duty.post_id else [(duty.party_id, one) for one in duty.kinds]:
            waiting[key][group] += 1
    return _Desks(waiting)


def _accounts_file() -> Path:
    return Path(os.fspath(settings.ANLAN_DATA)) / ACCOUNTS_FILE
