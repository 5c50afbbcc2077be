"""Gathering: what an enterprise keeps is made into records and laid into the outbox where it differs from what went before.

Repeating it changes nothing; a row changed while its record waited takes the place of the older wording. What does not fit the
format is kept with its reason instead of being sent and refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange.models import UploadChannel, UploadItem
from anlan.domains.exchange.records import records_of
from anlan.domains.exchange.words import UNFIT, WAITING
from anlan.kernel import clock

AT_ONCE = 1000
LONGEST_REASON = 300
CHANGED = ["record", "digest", "state", "reason", "made_at"]


def gather(channel: UploadChannel) -> int:
    """Bring the outbox of a channel up to what its enterprise keeps; returns how many records are new or changed."""
    now, fresh = clock.now(), 0
    with transaction.atomic():
        # Two gatherings of one channel wait for each other.
        UploadChannel.unscoped("the channel is held while its outbox is made").select_for_update().get(
            pk=channel.pk
        )
        standing = {
            (one.data_set, one.source): one.digest
            for one in UploadItem.objects.filter(channel=channel).only("data_set", "source", "digest")
        }
        made: list[UploadItem] = []
        read = UploadItem.objects.filter(channel=channel, data_set=fmt.RECORD).aggregate(at=Max("made_at"))[
            "at"
        ]
        for name, source, record in records_of(channel.enterprise, channel.company_code, read):
            digest = digest_of(record)
            if standing.get((name, source)) != digest:
                made.append(_item(channel, name, source, record, digest, now))
            if len(made) >= AT_ONCE:
                fresh += _lay(made)
                made = []
        return fresh + _lay(made)


def digest_of(record: Any) -> str:
    """Return the digest by which a record is told from its earlier wording."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _item(
    channel: UploadChannel, name: str, source: Any, record: Any, digest: str, now: datetime
) -> UploadItem:
    faults = fmt.faults_of(name, record)
    labels = {field.name: field.words for field in fmt.BY_NAME[name].fields}
    reason = "；".join(f"{labels.get(key, key)}：{fault.zh}" for key, fault in faults.items())
    return UploadItem(
        channel=channel, data_set=name, source=source, record=record, digest=digest, made_at=now,
        state=UNFIT if faults else WAITING, reason=reason[:LONGEST_REASON],
    )  # fmt: skip


def _lay(items: Sequence[UploadItem]) -> int:
    UploadItem.objects.bulk_create(
        items, update_conflicts=True, unique_fields=["channel", "data_set", "source"], update_fields=CHANGED
    )
    return len(items)
