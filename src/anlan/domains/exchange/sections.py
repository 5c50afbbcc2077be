"""The parts of a channel's page: how many records of each set stand where, what was refused and why."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max

from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange.models import KEEPERS, UploadChannel, UploadItem, UploadSecret
from anlan.domains.exchange.words import ITEM_STATES, SET_NAMES
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


def may_keep(channel: UploadChannel, actor: Actor) -> bool:
    """Say whether the actor sets this channel up and sends by it."""
    return not channel.is_archived and KEEPERS.allows(actor, channel, "exchange")


def of_channel(channel: UploadChannel, actor: Actor) -> list[Section]:
    """Return the state of the outbox of a channel."""
    items = UploadItem.objects.filter(channel=channel)
    counted = items.values_list("data_set", "state").annotate(rows=Count("pk"))
    counts = {(data_set, state): rows for data_set, state, rows in counted}
    lines = [
        {
            "words": one.words,
            "name": one.name,
            "cells": [
                {"state": state, "words": words, "rows": counts.get((one.name, state), 0)}
                for state, words in ITEM_STATES
            ],
        }
        for one in fmt.DATA_SETS
    ]
    context: dict[str, Any] = {
        "channel": channel,
        "lines": lines,
        "states": ITEM_STATES,
        "sets": SET_NAMES,
        "has_secret": UploadSecret.objects.filter(channel=channel).exists(),
        "last": items.aggregate(at=Max("sent_at"))["at"],
        "may_keep": may_keep(channel, actor),
    }
    return [Section(Words("上报情况", "The outbox"), "exchange/outbox.html", context)]
