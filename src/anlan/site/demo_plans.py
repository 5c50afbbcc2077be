"""The demonstration's neighbours and floor plan: a few joint prevention groups, and one plan with its units drawn on it."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from random import Random
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw

from anlan.domains.colours import actions
from anlan.domains.colours.models import FloorPlan, JointGroup, JointMember, SharedRisk
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import RiskObject, RiskUnit
from anlan.kernel import clock, evidence
from anlan.kernel.registers.keeping import create
from anlan.kernel.scope.models import Post
from anlan.site.demo_people import Cast

GROUPS, MEMBERS = 4, 5
WIDTH, HEIGHT = 1600, 1000
DUTY_NUMBER = "0431-8888 {n:04d}"
AGREED = "一家报警，全组支援：先关阀断电，再到东门集合点名；危化品泄漏向上风向撤。"
# Rooms of the plan as shares of its width and height: left, top, right, bottom.
ROOMS = (
    (0.05, 0.08, 0.38, 0.48), (0.42, 0.08, 0.68, 0.48), (0.72, 0.08, 0.95, 0.48), (0.05, 0.56, 0.3, 0.92),
    (0.34, 0.56, 0.62, 0.92), (0.66, 0.56, 0.95, 0.92),
)  # fmt: skip


def make(seed: int, offices: dict[str, Any]) -> None:
    """Make groups and plan unless they are there; ``offices`` are the township offices by path."""
    if JointGroup.unscoped("the demonstration reads its own enterprises").filter(is_demo=True).exists():
        return
    cast = Cast.read(Random(f"{seed}/plans"), clock.today())  # noqa: S311 (a demonstration)
    with transaction.atomic():
        _groups(cast, offices)
        _plan(cast)


def _groups(cast: Cast, offices: dict[str, Any]) -> None:
    near: dict[str, list[Enterprise]] = defaultdict(list)
    rows = (
        Enterprise.unscoped("the demonstration reads its own enterprises")
        .filter(is_demo=True, archived_at=None)
        .select_related("territory", "holder")
    )
    for row in rows.defer("search").order_by("credit_code"):
        near[row.path.rsplit("/", 2)[0] + "/"].append(row)
    largest = sorted((path for path in near if path in offices), key=lambda path: (-len(near[path]), path))
    for number, path in enumerate(largest[:GROUPS]):
        _group(cast, offices[path], near[path][:MEMBERS], number)


def _group(cast: Cast, office: Any, firms: list[Enterprise], number: int) -> None:
    clerk = cast.actor(cast.of(office.pk, "township_officer")[0])
    group = create(JointGroup, clerk, {
        "name": f"{office.territory.name}第一联防组", "territory": str(office.territory_id), "leader": str(firms[0].pk),
        "duty_phone": DUTY_NUMBER.format(n=number * 100), "about": AGREED,
    }, is_demo=True)  # fmt: skip
    for place, firm in enumerate(firms):
        phone = DUTY_NUMBER.format(n=number * 100 + place + 1)
        create(
            JointMember,
            clerk,
            {"group": str(group.pk), "enterprise": str(firm.pk), "duty_phone": phone},
            is_demo=True,
        )
        things = (
            RiskObject.unscoped("the demonstration reads its own enterprises")
            .filter(enterprise=firm, archived_at=None)
            .defer("search")
        )
        gravest = things.order_by("-risk_level", "name").first()
        posts = cast.of(firm.holder_id, "safety_officer")
        if gravest is not None and posts:
            data = {"group": str(group.pk), "risk_object": str(gravest.pk), "emergency_phone": phone}
            create(SharedRisk, cast.actor(posts[0]), data, is_demo=True)


def _plan(cast: Cast) -> None:
    """Draw the plan of the enterprise whose safety officer has a named account, so that a visitor finds it at once."""
    post = Post.objects.filter(
        kind="safety_officer", is_demo=True, memberships__person__account__preferred_post__isnull=False
    )
    seat = post.select_related("party").order_by("pk").first()
    firm = (
        Enterprise.unscoped("the demonstration reads its own enterprises").filter(holder=seat.party).first()
        if seat
        else None
    )
    if seat is None or firm is None:
        return
    actor = cast.actor(seat)
    plan = create(FloorPlan, actor, {"enterprise": str(firm.pk), "name": "一层平面图"}, is_demo=True)
    piece = evidence.receive([_picture()], "plan.png", "image/png", account_id=actor.account_id, is_demo=True)
    actions.hang(plan.pk, actor, piece.pk)
    units = (
        RiskUnit.unscoped("the demonstration reads its own enterprises")
        .filter(enterprise=firm, archived_at=None)
        .defer("search")
        .order_by("-risk_level", "name")
    )
    drawn = [
        {"unit": str(unit.pk), "ring": [[left, top], [right, top], [right, bottom], [left, bottom]]}
        for unit, (left, top, right, bottom) in zip(units, ROOMS, strict=False)
    ]
    actions.draw(plan.pk, actor, json.dumps(drawn))


def _picture() -> bytes:
    sheet = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((30, 30, WIDTH - 30, HEIGHT - 30), outline="black", width=8)
    for left, top, right, bottom in ROOMS:
        box = (left * WIDTH, top * HEIGHT, right * WIDTH, bottom * HEIGHT)
        pen.rectangle(box, outline="#444444", width=5)
        door = (left + right) / 2 * WIDTH
        pen.line((door - 40, bottom * HEIGHT, door + 40, bottom * HEIGHT), fill="white", width=7)
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()
