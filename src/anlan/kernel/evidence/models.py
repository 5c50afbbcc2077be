"""The tables of evidence: the file as it was received, where it hangs, and uploads under way.

The content is addressed by its SHA-256 and never changes. Time and place of capture are claims, of the
sender and of the camera, kept side by side. Until it is bound to an entry of the ledger, evidence is seen
by its uploader alone; then by whoever sees what it is bound to: the scope columns are copied from there.
"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from anlan.kernel.evidence.media import KINDS, PHOTO
from anlan.kernel.ids import new_id
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import ScopedModel


class Evidence(ScopedModel):
    """One file that proves something."""

    sha256 = models.CharField(max_length=64, db_index=True)
    sm3 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    captured_at = models.DateTimeField(null=True)
    captured_lng = models.FloatField(null=True)
    captured_lat = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    camera_at = models.DateTimeField(null=True)
    camera_lng = models.FloatField(null=True)
    camera_lat = models.FloatField(null=True)
    uploaded_by = models.UUIDField(null=True, db_index=True)
    received_at = models.DateTimeField()
    bound = models.BooleanField(default=False)

    class Meta:
        db_table = "evidence"
        indexes = [models.Index(fields=["path"], name="evidence_path")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """Return photo, document, video or audio."""
        return KINDS.get(self.media_type, "document")

    @property
    def is_photo(self) -> bool:
        """Say whether there are pictures made for show."""
        return self.kind == PHOTO

    @classmethod
    def _reach(cls, actor: Actor, *, act: bool) -> Q:
        reach = super()._reach(actor, act=act) & Q(bound=True)
        if actor.account_id is not None:
            reach |= Q(bound=False, uploaded_by=actor.account_id)
        return reach

    @classmethod
    def _reaches(cls, actor: Actor, row: Self) -> bool:
        if not row.bound:
            return actor.account_id is not None and row.uploaded_by == actor.account_id
        return super()._reaches(actor, row)


class EvidenceLink(models.Model):
    """Where a piece of evidence hangs: the chain, the entry that brought it, and what it is to show."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="links")
    chain = models.UUIDField(db_index=True)
    purpose = models.CharField(max_length=40)
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="evidence_links")

    class Meta:
        db_table = "evidence_link"
        constraints = [models.UniqueConstraint(fields=["evidence", "entry"], name="evidence_link_once")]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.evidence_id}"


class Upload(models.Model):
    """An upload under way; how much has arrived is the length of its file, and nothing else."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.UUIDField(db_index=True)
    length = models.BigIntegerField()
    metadata: models.JSONField[Any, Any] = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    evidence = models.ForeignKey(Evidence, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "evidence_upload"

    def __str__(self) -> str:
        return f"{self.id} ({self.length} bytes)"
