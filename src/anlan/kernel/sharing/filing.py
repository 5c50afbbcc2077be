"""Files on a schedule: the whole list of a subscription as .xlsx or .csv, made once in each hour, day or week.

Made by the worker, streamed, through scope and masks like everything shared; kept for a while; fetched with the token. A worker
killed on the way leaves a draft nobody sees, and the file is made anew; one time has one file.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.notices.answering import Answer
from anlan.kernel.notices.sending import pause_after
from anlan.kernel.registers import FieldSpec
from anlan.kernel.sharing import pacing
from anlan.kernel.sharing.catalogue import DataSet
from anlan.kernel.sharing.leaving import DROPPED, FAILED, OPEN, SENT, Delivery
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.sharing.pushing import OVER, begin_attempt, end_attempt
from anlan.kernel.sharing.serving import (
    Call,
    Refusal,
    data_set_of,
    given_value,
    listing_of,
    masked_of,
    note,
    specs_of,
)
from anlan.kernel.spreadsheets import csvs, xlsx
from anlan.kernel.words import Words

CHUNK = 2_000
LEASE = timedelta(minutes=2)  # renewed at every chunk
MOST_ATTEMPTS = 5
SHOWN = 50
_WIDTH, _LONG = 18, 60
_ABOUT = "说明"
_GONE = Words("没有这个文件，或已过期删除。", "There is no such file, or it has expired.")
_OTHER = Words(
    "这个订阅获批的方式不是定期文件。", "This subscription was approved for another channel than files."
)
log = logging.getLogger("anlan.sharing")


class _Over(Exception):
    """The subscription ended, or another worker took the file over, while it was written."""


def folder() -> Path:
    """Return the folder of shared files."""
    place = Path(settings.ANLAN_DATA) / "shared" / str(settings.ANLAN_SCHEMA)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(delivery: Delivery) -> Path:
    """Return where a file lies."""
    return folder() / delivery.pk.hex


def make_files() -> int:
    """Make the files whose time has come; returns how many were made."""
    plan()
    made = 0
    while (delivery := _claim()) is not None:
        made += _make(delivery)
    return made


def plan() -> int:
    """Note for each subscription the file of the present hour, day or week, once."""
    now = clock.now()
    rows = Subscription.unscoped("files are made for subscriptions already approved")
    wanted = rows.filter(state="active", channel__in=pacing.FILE_CHANNELS, valid_until__gte=clock.today())
    count = 0
    for row in wanted.defer("search"):
        due = pacing.began(row.frequency, now)
        given = {"channel": row.channel, "made_at": now, "next_at": now, "is_demo": row.is_demo}
        count += Delivery.objects.get_or_create(subscription=row, due_at=due, defaults=given)[1]
    return count


@transaction.atomic
def _claim() -> Delivery | None:
    now = clock.now()
    is_free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Delivery.objects.filter(is_free, channel__in=pacing.FILE_CHANNELS, state__in=OPEN, next_at__lte=now)
    row = due.select_for_update(skip_locked=True).order_by("next_at").first()
    if row is not None:
        begin_attempt(row, now, LEASE)
    return row


def _make(delivery: Delivery) -> int:
    subscription = _subscription_of(delivery)
    if subscription is None:
        Delivery.objects.filter(pk=delivery.pk).update(state=DROPPED, reason=OVER, claimed_until=None)
        return 0
    draft = folder() / f"{delivery.pk.hex}.{delivery.attempts}.part"
    try:
        rows = _write(subscription, delivery, draft)
        return _keep(subscription, delivery, draft, rows)
    except _Over:
        return 0
    except Exception as trouble:
        log.exception("a shared file could not be made", extra={"subscription": subscription.number})
        _settle(delivery, Answer(False, f"{type(trouble).__name__}: {trouble}"))
        return 0
    finally:
        draft.unlink(missing_ok=True)


def _subscription_of(delivery: Delivery) -> Subscription | None:
    rows = Subscription.unscoped("the file belongs to a subscription already approved")
    found = rows.select_related("territory", "holder").defer("search").get(pk=delivery.subscription_id)
    return found if found.is_valid else None


def _write(subscription: Subscription, delivery: Delivery, draft: Path) -> int:
    data_set = data_set_of(subscription)
    specs = specs_of(subscription, data_set)
    rows = _rows(subscription, delivery, data_set, specs)
    if delivery.channel == pacing.XLSX:
        return _write_workbook(subscription, data_set, specs, rows, draft)
    with draft.open("w", encoding="utf-8-sig", errors="replace", newline="") as stream:
        names = ["id", "updated_at", *(spec.name for spec in specs)]
        table, count = csvs.TextTable(stream, names, ["text"] * len(names)), 0
        while chunk := list(islice(rows, CHUNK)):
            table.rows(chunk)
            count += len(chunk)
    return count


def _rows(
    subscription: Subscription, delivery: Delivery, data_set: DataSet, specs: list[FieldSpec]
) -> Iterator[list[Any]]:
    """Yield the rows in one snapshot; at every chunk the subscription must still hold."""
    listing = listing_of(subscription, data_set)
    found = listing.filtered({}).order_by("updated_at", "pk").defer("search")
    links = [spec.name for spec in specs if spec.target is not None]
    found = found.select_related(*links) if links else found
    for number, row in enumerate(found.iterator(chunk_size=CHUNK)):
        if number % CHUNK == 0:
            _still(delivery)
        values = [given_value(subscription, row, spec) for spec in specs]
        yield [str(row.pk), row.updated_at.isoformat(), *("" if v is None else v for v in values)]


def _still(delivery: Delivery) -> None:
    """Renew the claim; raises when it was taken over, or the subscription was ended meanwhile."""
    mine = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state__in=OPEN)
    if not mine.update(claimed_until=clock.now() + LEASE):
        raise _Over
    if _subscription_of(delivery) is None:
        mine.update(state=DROPPED, reason=OVER, claimed_until=None)
        raise _Over


def _write_workbook(
    subscription: Subscription, data_set: DataSet, specs: list[FieldSpec], rows: Iterator[list[Any]], draft: Path
) -> int:  # fmt: skip
    book = xlsx.Workbook(draft)
    heads = ["编号", "更新时间", *(f"{spec.label.zh}" for spec in specs)]
    shape = (heads, [_WIDTH] * len(heads), ["text"] * len(heads))
    sheet, count = book.sheet(data_set.words.zh, *shape), 0
    for row in rows:
        if sheet.is_full:
            sheet = book.sheet(data_set.words.zh, *shape)
        sheet.row(row)
        count += 1
    about = book.sheet(_ABOUT, ["项目", "内容"], [_WIDTH, _LONG], ["text", "text"])
    for label, text in about_of(subscription, data_set, specs, count):
        about.row_in_style([label, text], [0, xlsx.WRAPPED])
    book.close()
    return count


def about_of(
    subscription: Subscription, data_set: DataSet, specs: list[FieldSpec], count: int
) -> list[tuple[str, str]]:
    """Return what a workbook says of itself, in Chinese and with the names programs use."""
    masks = masked_of(subscription, data_set)
    lines = [
        ("订阅", subscription.number), ("数据集", f"{data_set.words.zh} ({data_set.slug})"),
        ("接收系统或部门", subscription.receiver), ("用途", subscription.purpose),
        ("地区", subscription.territory.name), ("筛选条件", subscription.condition or "—"), ("行数", f"{count:,}"),
        ("生成时间", f"{clock.now().astimezone(clock.CHINA):%Y-%m-%d %H:%M} (UTC+8)"),
    ]  # fmt: skip
    for spec in specs:
        why = masks.get(spec.name)
        lines.append((spec.label.zh, f"{spec.name} · {spec.label.en}" + (f" · {why['zh']}" if why else "")))
    return lines


def _keep(subscription: Subscription, delivery: Delivery, draft: Path, rows: int) -> int:
    _still(delivery)
    ending = "xlsx" if delivery.channel == pacing.XLSX else "csv"
    local = (delivery.due_at or delivery.made_at).astimezone(clock.CHINA)
    with draft.open("rb") as held:
        digest = hashlib.file_digest(held, "sha256").hexdigest()
        os.fsync(held.fileno())
    size = draft.stat().st_size
    with transaction.atomic():
        row = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if row.attempts != delivery.attempts or row.state not in OPEN:
            raise _Over
        os.replace(draft, path_of(delivery))
        row.rows, row.size, row.digest = rows, size, digest
        row.file_name = f"{subscription.number}-{local:%Y%m%d-%H%M}.{ending}"
        row.expires_at = clock.now() + pacing.KEPT.get(subscription.frequency, pacing.KEPT[pacing.DAILY])
        row.save()
    _settle(delivery, Answer(True, f"{rows} rows", receipt=digest[:16]))
    return 1


@transaction.atomic
def _settle(delivery: Delivery, answer: Answer) -> None:
    now = clock.now()
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    end_attempt(row, delivery.attempts, answer, now)
    if row.attempts == delivery.attempts and row.state in OPEN:
        row.claimed_until = None
        if answer.ok:
            row.state, row.sent_at, row.receipt, row.reason = SENT, now, answer.receipt, ""
        else:
            row.state = DROPPED if row.attempts >= MOST_ATTEMPTS else FAILED
            row.reason, row.next_at = answer.shown, now + pause_after(row.attempts)
    row.save()


def files_of(subscription: Subscription, call: Call) -> list[Delivery]:
    """Return the files that lie ready, the newest first, and note the call; raises Refusal."""
    _must_be_files(subscription, call)
    found = list(_ready(subscription)[:SHOWN])
    note(subscription, call, 200, len(found), 0, 0.0)
    return found


def fetched(subscription: Subscription, pk: Any, call: Call) -> tuple[Delivery, Path]:
    """Return one file and where it lies, and note the call; raises Refusal."""
    _must_be_files(subscription, call)
    found = _ready(subscription).filter(pk=pk).first()
    if found is None or not path_of(found).exists():
        note(subscription, call, 404, 0, 0, 0.0)
        raise Refusal(404, "not_found", _GONE)
    note(subscription, call, 200, found.rows, found.size, 0.0)
    return found, path_of(found)


def _must_be_files(subscription: Subscription, call: Call) -> None:
    if subscription.channel not in pacing.FILE_CHANNELS:
        note(subscription, call, 403, 0, 0, 0.0)
        raise Refusal(403, "other_channel", _OTHER)


def _ready(subscription: Subscription) -> Any:
    rows = Delivery.objects.filter(subscription=subscription, state=SENT, expires_at__gt=clock.now())
    return rows.exclude(file_name="").order_by("-due_at")


def expire() -> int:
    """Remove files whose time is over, or whose subscription has ended, and drafts that nobody writes any more."""
    now, count = clock.now(), 0
    kept = Q(subscription__state="active", subscription__valid_until__gte=clock.today(), expires_at__gt=now)
    for row in Delivery.objects.filter(due_at__isnull=False, state=SENT).exclude(kept).exclude(file_name=""):
        path_of(row).unlink(missing_ok=True)
        Delivery.objects.filter(pk=row.pk).update(file_name="", reason="")
        count += 1
    under_way, ready = _names(Q(state__in=OPEN)), _names(Q(state=SENT) & ~Q(file_name=""))
    for path in folder().iterdir():
        name, _, draft = path.name.partition(".")
        if name not in (under_way if draft else under_way | ready):
            path.unlink(missing_ok=True)
            count += 1
    return count


def _names(which: Q) -> set[str]:
    rows = Delivery.objects.filter(which, due_at__isnull=False).values_list("pk", flat=True)
    return {pk.hex for pk in rows}
