"""The tables of imports: the uploaded file with its mapping, what became of each row, and mappings saved by name.

An import is its person's own affair until it has run; what it made is in the registers, with its entries in the ledger.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models

from anlan.kernel.ids import new_id

CREATED, EDITED, RESTORED, SAME, WRONG, ALIKE = "created", "edited", "restored", "same", "wrong", "alike"
MADE = (CREATED, EDITED, RESTORED)


class Import(models.Model):
    """One uploaded table, how its columns are read, and what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=60)
    about = models.UUIDField(null=True)
    person = models.UUIDField()
    post = models.UUIDField()
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    uploaded_at = models.DateTimeField()
    sheets: models.JSONField[Any, Any] = models.JSONField(default=list)
    remarks: models.JSONField[Any, Any] = models.JSONField(default=list)
    sample: models.JSONField[Any, Any] = models.JSONField(default=list)
    rows = models.PositiveIntegerField(default=0)
    plan: models.JSONField[Any, Any] = models.JSONField(default=dict)
    counts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    task = models.UUIDField(null=True)
    undo_task = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    file_gone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sheet_import"
        indexes = [models.Index(fields=["person", "-uploaded_at"], name="sheet_import_person")]

    def __str__(self) -> str:
        return f"{self.slug}: {self.name}"

    @property
    def path(self) -> Path:
        """Return where the uploaded file lies."""
        return imports_folder() / self.id.hex

    @property
    def was_run(self) -> bool:
        """Say whether it was asked to run; its mapping is fixed from then on."""
        return self.task is not None


class ImportedRow(models.Model):
    """What became of one row of the file: ``number`` is its row in the sheet, the first row being 1."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Import, models.CASCADE, related_name="outcomes")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10)
    record = models.UUIDField(null=True)
    version = models.PositiveIntegerField(null=True)
    reasons: models.JSONField[Any, Any] = models.JSONField(default=dict)
    undone: models.JSONField[Any, Any] = models.JSONField(null=True)

    class Meta:
        db_table = "sheet_import_row"
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="sheet_import_row_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"


class Mapping(models.Model):
    """A mapping saved by name, for the next table of the same making; shared within the party."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=60)
    party = models.UUIDField()
    name = models.CharField(max_length=80)
    plan: models.JSONField[Any, Any] = models.JSONField(default=dict)
    saved_at = models.DateTimeField()
    saved_by = models.UUIDField()

    class Meta:
        db_table = "sheet_mapping"
        constraints = [models.UniqueConstraint(fields=["slug", "party", "name"], name="sheet_mapping_name")]

    def __str__(self) -> str:
        return self.name


def imports_folder() -> Path:
    """Return the folder of uploaded tables."""
    place = Path(settings.ANLAN_DATA) / "imports"
    place.mkdir(mode=0o700, exist_ok=True)
    return place
