"""The order in which entries were written, over all chains: a sequence, outside every digest."""

from __future__ import annotations

from django.db import models

POSITIONS = "ledger_position"


class NextPosition(models.Func):
    """The next number of the writing order."""

    template = f"nextval('{POSITIONS}')"
    output_field = models.BigIntegerField()
