"""``Preference``: where and when a person is told outside the office; ``Absence``: who is away and who stands in.

The address is encrypted at rest and used only once a code sent to it came back. A substitute is told what the absent person
is told; what they may see stays what their own posts may see.
"""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.notices.timing import DIGEST, DIGEST_TIMES, EACH, QUIET_FROM, QUIET_TO, Hours
from anlan.kernel.scope.models import Person
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

PACES = [
    (DIGEST, Words("定时汇总，有期限的立即发", "In a digest; at once where a clock starts")),
    (EACH, Words("每条立即发", "Each at once")),
]


def digest_times() -> list[str]:
    """Return the times of the day at which digests go out unless a person chose others."""
    return list(DIGEST_TIMES)


class Preference(models.Model):
    """How a person is told by mail. ``code_*`` belong to an address that is not confirmed yet."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="+")
    address = EncryptedText(blank=True, default="")
    hint = models.CharField(max_length=80, blank=True)
    verified_at = models.DateTimeField(null=True)
    code_digest = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    codes_sent = ArrayField(models.DateTimeField(), default=list)
    by_mail = models.BooleanField(Words("发邮件", "By mail"), default=True)
    pace = models.CharField(Words("快慢", "Pace"), max_length=8, choices=PACES, default=DIGEST)
    digest_times = ArrayField(models.CharField(max_length=5), default=digest_times)
    working_days_only = models.BooleanField(Words("只在工作日", "On working days only"), default=True)
    quiet_from = models.TimeField(Words("免打扰从", "Quiet from"), default=QUIET_FROM)
    quiet_to = models.TimeField(Words("免打扰至", "Quiet until"), default=QUIET_TO)
    muted = ArrayField(models.CharField(max_length=16), default=list)

    @property
    def hours(self) -> Hours:
        """Return the chosen hours."""
        quiet_from, quiet_to = _time(self.quiet_from), _time(self.quiet_to)
        return Hours(quiet_from, quiet_to, tuple(self.digest_times), self.working_days_only, self.pace)

    @property
    def takes_mail(self) -> bool:
        """Say whether mails go to this person."""
        return bool(self.by_mail and self.verified_at and self.address)


def _time(value: time | str) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


class Absence(models.Model):
    """A person is away from one day to another (both included); a substitute is told meanwhile."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    substitute = models.ForeignKey(Person, models.CASCADE, related_name="+")
    since = models.DateField()
    until = models.DateField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "until"], name="absence_of", condition=models.Q(ended_at=None)),
            models.Index(
                fields=["substitute", "until"], name="absence_by", condition=models.Q(ended_at=None)
            ),
        ]
