"""Writing a case bundle: one chain with its proofs, anchors and evidence, signed, checkable by anyone without us.

By default without private data: the digests stay, so the chain is provable all the same. What the person
who asks may see is decided by the caller, who knows the matter; the ledger only writes what it is told to.
"""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.db.models import Max

from anlan.kernel import clock
from anlan.kernel.ledger import merkle
from anlan.kernel.ledger.bundle import EVIDENCE_FOLDER, FORMAT, MANIFEST, PAGE, SIGNATURE
from anlan.kernel.ledger.canonical import canonical, instant
from anlan.kernel.ledger.case_page import Told, case_page
from anlan.kernel.ledger.chain import leaf_body
from anlan.kernel.ledger.digests import seal_bytes
from anlan.kernel.ledger.models import Anchor, AnchorLeaf, LedgerEntry, LedgerPrivate
from anlan.kernel.ledger.reading import history
from anlan.kernel.ledger.writing import LedgerError
from anlan.kernel.vault import sign
from anlan.kernel.vault.signing import public_key
from anlan.kernel.words import Words

PIECE = 1024 * 1024
Describe = Callable[[LedgerEntry], Words | Told]


@dataclass(frozen=True)
class Attachment:
    """One evidence original to be put in; ``open`` is ``None`` when it is withheld."""

    sha256: str
    sm3: str
    size: int
    name: str
    media_type: str
    ending: str
    open: Callable[[], BinaryIO] | None


def export_case(
    chain: uuid.UUID,
    title: Words,
    describe: Describe,
    out: Path,
    *,
    attachments: Iterable[Attachment] = (),
    private: bool = False,
) -> Path:
    """Write the bundle of ``chain`` to ``out`` (whole or not at all) and return where it lies.

    ``describe`` gives the sentence of an entry, or a ``Told`` with what was answered; ``private`` puts
    personal data in (only for who may have it).
    """
    entries = history(chain)
    if not entries:
        raise LedgerError(f"there is no chain {chain}")
    attached = {one.sha256: one for one in attachments}
    manifest = _manifest(chain, title, entries, attached, private)
    page = case_page(manifest, [_told(describe(entry)) for entry in entries]).encode()
    manifest["page_sha256"] = seal_bytes(page).sha256
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
            signature, key = sign(canonical(manifest))
            bundle.writestr(SIGNATURE, json.dumps({"signature": signature, "public_key": key}))
            bundle.writestr(PAGE, page)
            _put_in(bundle, manifest, attached)
        os.replace(draft, out)
    finally:
        draft.unlink(missing_ok=True)
    return out


def _manifest(
    chain: uuid.UUID, title: Words, entries: list[LedgerEntry], attached: dict[str, Attachment], private: bool
) -> dict[str, Any]:
    leaves = list(AnchorLeaf.objects.filter(chain=chain).select_related("anchor").order_by("seq"))
    named = dict.fromkeys(sha256 for entry in entries for sha256 in entry.evidence)
    return {
        "format": FORMAT,
        "title": title.both(),
        "chain": str(chain),
        "subject": entries[0].subject,
        "exported_at": instant(clock.now()),
        "public_key": public_key(),
        "page_sha256": "",
        "entries": _entries(entries, private),
        "proofs": [_proof(leaf) for leaf in leaves],
        "anchors": _anchors(leaves),
        "evidence": [_listed(sha256, attached.get(sha256)) for sha256 in named],
    }


def _told(said: Words | Told) -> Told:
    return said if isinstance(said, Told) else Told(said)


def _entries(entries: list[LedgerEntry], private: bool) -> list[dict[str, Any]]:
    parts = LedgerPrivate.objects.in_bulk([e.pk for e in entries]) if private else {}
    written = []
    for entry in entries:
        item: dict[str, Any] = {"body": entry.body(), "sha256": entry.sha256, "sm3": entry.sm3}
        if entry.pk in parts:
            item |= {"salt": parts[entry.pk].salt, "private": json.loads(parts[entry.pk].sealed)}
        written.append(item)
    return written


def _proof(leaf: AnchorLeaf) -> dict[str, Any]:
    rows = AnchorLeaf.objects.filter(anchor=leaf.anchor_id).order_by("place")
    contents = [
        canonical(leaf_body(*r)) for r in rows.values_list("chain", "seq", "sha256", "sm3", "is_demo")
    ]
    path = {
        name: merkle.proof(merkle.levels(contents, hash_), leaf.place)
        for name, hash_ in merkle.HASHES.items()
    }
    said = leaf_body(leaf.chain, leaf.seq, leaf.sha256, leaf.sm3, leaf.is_demo)
    return {"anchor": leaf.anchor.number, "leaf": said, "path": path}


def _anchors(leaves: list[AnchorLeaf]) -> list[dict[str, Any]]:
    # Every anchor from the first that holds the chain to the newest: the newest published one proves them
    # all.
    if not leaves:
        return []
    newest = Anchor.objects.aggregate(top=Max("number"))["top"]
    rows = Anchor.objects.filter(number__gte=leaves[0].anchor.number, number__lte=newest).order_by("number")
    return [{"body": a.body(), "sha256": a.sha256, "sm3": a.sm3, "signature": a.signature} for a in rows]


def _listed(sha256: str, attachment: Attachment | None) -> dict[str, Any]:
    if attachment is None or attachment.open is None:
        return {"sha256": sha256, "withheld": True}
    return {
        "sha256": sha256,
        "sm3": attachment.sm3,
        "size": attachment.size,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "file": f"{EVIDENCE_FOLDER}{sha256}{attachment.ending}",
    }


def _put_in(bundle: zipfile.ZipFile, manifest: dict[str, Any], attached: dict[str, Attachment]) -> None:
    for item in manifest["evidence"]:
        source = attached[item["sha256"]].open if item["sha256"] in attached else None
        if source is None:
            continue
        member = zipfile.ZipInfo(item["file"], clock.now().timetuple()[:6])
        # Photos and films do not get smaller.
        member.compress_type = zipfile.ZIP_STORED
        with source() as file, bundle.open(member, "w", force_zip64=True) as into:
            for piece in iter(lambda: file.read(PIECE), b""):
                into.write(piece)
