"""The tables of the ledger: entries in chains, private parts beside them, daily anchors over all chains.

All are append-only: the application's database role may only read and add (``privileges_sql``), and triggers
refuse change as a second wall. Only the private part of an entry may be deleted, by ``erase_private``, which
is an entry too. Rows are written by ``append`` and ``anchor`` alone.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from anlan.kernel.ids import new_id
from anlan.kernel.ledger.canonical import instant
from anlan.kernel.ledger.chain import BODY_VERSION
from anlan.kernel.ledger.digests import Seal
from anlan.kernel.ledger.positions import NextPosition
from anlan.kernel.ledger.sealed import SealedJSON
from anlan.kernel.vault import EncryptedText


class LedgerEntry(models.Model):
    """One act on one matter or register row, hung on the act before it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    position = models.BigIntegerField(unique=True, db_default=NextPosition(), editable=False)
    chain = models.UUIDField()
    seq = models.PositiveIntegerField()
    subject = models.CharField(max_length=100)
    act = models.CharField(max_length=64)
    from_state = models.CharField(max_length=64, blank=True)
    to_state = models.CharField(max_length=64, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_person = models.UUIDField(null=True)
    actor_post = models.UUIDField(null=True)
    actor_party = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200, blank=True)
    data = SealedJSON(default=dict)
    private_digest = models.CharField(max_length=129, blank=True)
    rules = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    key = models.UUIDField(null=True, unique=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)
    previous = models.CharField(max_length=64, blank=True)
    previous_sm3 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_entry"
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="ledger_entry_chain_seq")]

    def __str__(self) -> str:
        return f"{self.subject} {self.chain} #{self.seq} {self.act}"

    @property
    def seal(self) -> Seal:
        """Return the digests written beside the entry."""
        return Seal(self.sha256, self.sm3)

    def body(self) -> dict[str, Any]:
        """Return what the digests cover (see ``chain.FIELDS`` and docs/ledger.md)."""
        return {
            "v": BODY_VERSION,
            "id": str(self.id),
            "chain": str(self.chain),
            "seq": self.seq,
            "subject": self.subject,
            "act": self.act,
            "from_state": self.from_state,
            "to_state": self.to_state,
            "actor": {
                "kind": self.actor_kind,
                "person": _id(self.actor_person),
                "post": _id(self.actor_post),
                "party": _id(self.actor_party),
                "name": self.actor_name,
            },
            "data": self.data,
            "private_digest": self.private_digest,
            "rules": self.rules,
            "evidence": self.evidence,
            "key": _id(self.key),
            "at": instant(self.at),
            "received_at": instant(self.received_at),
            "is_demo": self.is_demo,
            "previous": {"sha256": self.previous, "sm3": self.previous_sm3},
        }


class LedgerPrivate(models.Model):
    """The personal data of an entry, sealed; the chain holds only its salted digest."""

    append_only = False  # erasure deletes a row; `privileges_sql` and a trigger refuse any other change

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, primary_key=True, related_name="private_part")
    salt = models.CharField(max_length=64)
    sealed = EncryptedText()

    class Meta:
        db_table = "ledger_private"


class Anchor(models.Model):
    """The Merkle root over every chain that moved up to the end of a day, hung on the anchor before it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField(unique=True)
    day = models.DateField(unique=True)
    root_sha256 = models.CharField(max_length=64)
    root_sm3 = models.CharField(max_length=64)
    leaves = models.PositiveIntegerField()
    floor = models.BigIntegerField()
    previous = models.CharField(max_length=64, blank=True)
    previous_sm3 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    public_key = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_anchor"

    @property
    def seal(self) -> Seal:
        """Return the digests written beside the anchor."""
        return Seal(self.sha256, self.sm3)

    def body(self) -> dict[str, Any]:
        """Return what the digests and the signature of the anchor cover."""
        return {
            "v": BODY_VERSION,
            "number": self.number,
            "day": self.day.isoformat(),
            "leaves": self.leaves,
            "root": {"sha256": self.root_sha256, "sm3": self.root_sm3},
            "previous": {"sha256": self.previous, "sm3": self.previous_sm3},
        }


class AnchorLeaf(models.Model):
    """One chain's head as an anchor holds it: entry ``seq`` of ``chain`` and its digests."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    anchor = models.ForeignKey(Anchor, models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    chain = models.UUIDField()
    seq = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)
    is_demo = models.BooleanField(default=False)

    class Meta:
        db_table = "ledger_anchor_leaf"
        constraints = [
            models.UniqueConstraint(fields=["anchor", "place"], name="ledger_anchor_leaf_place"),
            models.UniqueConstraint(fields=["chain", "seq"], name="ledger_anchor_leaf_chain_seq"),
        ]

    @property
    def seal(self) -> Seal:
        """Return the digests of the anchored entry."""
        return Seal(self.sha256, self.sm3)


def _id(value: Any) -> str | None:
    return None if value is None else str(value)
