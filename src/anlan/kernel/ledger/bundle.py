"""Checking a case bundle: a pure function from a file to a list of checks, each passed, failed or open.

The bundle carries the entries of one chain, the proofs that daily anchors hold its heads, the anchors, and
the evidence files. No database, no Django, no network; any other program that follows docs/ledger.md must
come to the same answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from anlan.kernel.ledger import merkle
from anlan.kernel.ledger.archive import Archive, BadArchive, Limits
from anlan.kernel.ledger.canonical import NotCanonical, canonical
from anlan.kernel.ledger.chain import FIELDS, fault_of, leaf_body, private_digest
from anlan.kernel.ledger.check import FAILED, OPEN, PASSED, CaseReport
from anlan.kernel.ledger.device import fault_in
from anlan.kernel.ledger.digests import NOTHING, Digest, Seal, seal_value
from anlan.kernel.vault.signing import signed_by

FORMAT = "anlan-case/1"
MANIFEST, SIGNATURE, PAGE = "manifest.json", "signature.json", "case.html"
EVIDENCE_FOLDER = "evidence/"


class Malformed(Exception):
    """The manifest does not have the shape of the format; the message says where."""


def verify_case(
    file: BinaryIO | Path | str,
    *,
    trusted: Collection[str] = (),
    published: Mapping[int, str] | None = None,
    limits: Limits | None = None,
) -> CaseReport:
    """Check a bundle and return the report; never raises for what is in the file.

    ``trusted`` are public keys known from elsewhere; without one, the key of the bundle is shown for
    comparison. ``published`` maps numbers of anchors to the SHA-256 that was published.
    """
    report = CaseReport()
    try:
        if isinstance(file, (str, Path)):
            with open(file, "rb") as opened:
                _verify(opened, report, trusted, published or {}, limits or Limits())
        else:
            _verify(file, report, trusted, published or {}, limits or Limits())
    except BadArchive as trouble:
        report.add("archive", FAILED, trouble.code, trouble.detail)
    except Malformed as trouble:
        report.add("manifest", FAILED, "malformed", str(trouble))
    return report


def _verify(
    file: BinaryIO, report: CaseReport, trusted: Collection[str], published: Mapping[int, str], limits: Limits
) -> None:
    archive = Archive(file, limits)
    report.add("archive", PASSED)
    manifest = _shaped(archive.json(MANIFEST))
    report.add("manifest", PASSED)
    report.title = {k: str(v)[:300] for k, v in manifest["title"].items() if k in ("zh", "en")}
    report.chain, report.key = manifest["chain"], manifest["public_key"]
    report.exported_at = manifest["exported_at"]
    _check_signature(archive, manifest, report, trusted)
    heads = _check_entries(manifest, report)
    _check_device(manifest, report)
    _check_private(manifest, report)
    anchors = _check_anchors(manifest, report, published)
    _check_proofs(manifest, heads, anchors, report)
    _check_evidence(archive, manifest, report)
    _check_page(archive, manifest, report)


def _shaped(manifest: Any) -> dict[str, Any]:
    whole = _object(manifest, "manifest")
    if whole.get("format") != FORMAT:
        raise Malformed(f"format is not {FORMAT}")
    for name in ("chain", "exported_at", "public_key", "page_sha256"):
        _text(whole.get(name), name)
    _object(whole.get("title"), "title")
    for name in ("entries", "anchors", "proofs", "evidence"):
        if not isinstance(whole.get(name), list):
            raise Malformed(f"{name} is not a list")
        for place, item in enumerate(whole[name]):
            _object(item, f"{name}[{place}]")
    if not whole["entries"]:
        raise Malformed("no entries")
    return whole


def _check_signature(
    archive: Archive, manifest: dict[str, Any], report: CaseReport, trusted: Collection[str]
) -> None:
    signature = _object(archive.json(SIGNATURE), SIGNATURE)
    try:
        content = canonical(manifest)
    except NotCanonical as trouble:
        raise Malformed(str(trouble)) from trouble
    if not signed_by(content, str(signature.get("signature")), report.key):
        report.add("signature", FAILED, "not_signed")
    elif trusted and report.key not in trusted:
        report.add("signature", FAILED, "unknown_key", report.key)
    else:
        report.add("signature", PASSED if trusted else OPEN, "" if trusted else "compare_key", report.key)


def _check_entries(manifest: dict[str, Any], report: CaseReport) -> dict[int, Seal]:
    heads: dict[int, Seal] = {}
    previous = NOTHING
    for seq, item in enumerate(manifest["entries"], start=1):
        where = f"entry {seq}"
        body, written = _object(item.get("body"), where), _seal(item, where)
        fault = fault_of(body, written, previous, seq)
        if fault is None and (body.get("chain") != manifest["chain"] or set(body) != set(FIELDS)):
            fault = "body"
        if fault:
            report.add("entries", FAILED, fault, where)
            return heads
        heads[seq], previous = written, written
    report.entries = len(heads)
    report.add("entries", PASSED, "", str(len(heads)))
    return heads


def _check_device(manifest: dict[str, Any], report: CaseReport) -> None:
    """Check what devices captured, record by record: the first that was altered is named with what it captured."""
    shown = 0
    for seq, item in enumerate(manifest["entries"], start=1):
        data = _object(item.get("body"), f"entry {seq}").get("data")
        device = data.get("device") if isinstance(data, dict) else None
        if not isinstance(device, dict) or "records" not in device:
            continue
        records = device["records"]
        found = records if isinstance(records, list) else []
        fault = fault_in(found, str(device.get("series")))
        if fault is not None:
            what = " ".join(part for part in (fault.kind, fault.item) if part)
            report.add(
                "device", FAILED, f"device_{fault.code}", f"entry {seq}: record {fault.seq} {what}".strip()
            )
            return
        if found[-1]["sha256"] != device.get("head"):
            report.add("device", FAILED, "device_head", f"entry {seq}")
            return
        shown += len(found)
    if shown:
        report.add("device", PASSED, "", str(shown))


def _check_private(manifest: dict[str, Any], report: CaseReport) -> None:
    shown, withheld = 0, 0
    for seq, item in enumerate(manifest["entries"], start=1):
        digest = _object(item.get("body"), f"entry {seq}").get("private_digest")
        if "private" not in item:
            withheld += bool(digest)
            continue
        private = _object(item["private"], f"entry {seq} private")
        try:
            fits = private_digest(str(item.get("salt")), private) == digest
        except NotCanonical:
            fits = False
        if not fits:
            report.add("private", FAILED, "private", f"entry {seq}")
            return
        shown += 1
    if shown:
        report.add("private", PASSED, "", str(shown))
    elif withheld:
        report.add("private", OPEN, "withheld", str(withheld))


def _check_anchors(
    manifest: dict[str, Any], report: CaseReport, published: Mapping[int, str]
) -> dict[int, Any]:
    found: dict[int, Any] = {}
    before: tuple[int, Seal] | None = None
    for place, item in enumerate(manifest["anchors"]):
        where = f"anchors[{place}]"
        body, written = _object(item.get("body"), where), _seal(item, where)
        number = body.get("number")
        fault = _anchor_fault(body, written, item, before, report.key)
        if isinstance(number, int) and published.get(number, written.sha256) != written.sha256:
            fault = "published"
        if fault or not isinstance(number, int):
            report.add("anchors", FAILED, fault or "anchor", f"{body.get('day', where)}")
            return found
        found[number], before = body, (number, written)
    if found:
        report.add("anchors", PASSED, "", str(len(found)))
    return found


def _anchor_fault(
    body: dict[str, Any], written: Seal, item: dict[str, Any], before: tuple[int, Seal] | None, key: str
) -> str | None:
    try:
        content = canonical(body)
        if seal_value(body) != written:
            return "anchor"
    except NotCanonical:
        return "anchor"
    if before is not None:
        number, seal = before
        if body.get("number") != number + 1 or body.get("previous") != {
            "sha256": seal.sha256,
            "sm3": seal.sm3,
        }:
            return "anchor_missing"
    return None if signed_by(content, str(item.get("signature")), key) else "anchor_signature"


def _check_proofs(
    manifest: dict[str, Any], heads: dict[int, Seal], anchors: dict[int, Any], report: CaseReport
) -> None:
    highest = 0
    for place, item in enumerate(manifest["proofs"]):
        where = f"proofs[{place}]"
        leaf = _object(item.get("leaf"), where)
        seq, number = leaf.get("seq"), item.get("anchor")
        body = anchors.get(number) if isinstance(number, int) else None
        head = heads.get(seq) if isinstance(seq, int) else None
        if head is None or body is None or not _climbs(item, leaf, head, body, manifest["chain"]):
            report.add("proofs", FAILED, "rewritten", f"entry {seq}")
            return
        highest = max(highest, int(str(seq)))
    report.anchored = highest
    if highest == len(manifest["entries"]):
        report.add("proofs", PASSED, "", str(highest))
    else:
        report.add("proofs", OPEN, "not_yet_anchored", f"{highest + 1}–{len(manifest['entries'])}")


def _climbs(
    item: dict[str, Any], leaf: dict[str, Any], head: Seal, anchor: dict[str, Any], chain: str
) -> bool:
    said = leaf_body(chain, leaf["seq"], head.sha256, head.sm3, bool(leaf.get("is_demo")))
    if leaf != said:
        return False
    try:
        content = canonical(leaf)
        roots = {
            name: merkle.climb(content, item["path"][name], hash_) for name, hash_ in merkle.HASHES.items()
        }
    except (ValueError, TypeError, KeyError):
        return False
    return bool(roots == anchor.get("root"))


def _check_evidence(archive: Archive, manifest: dict[str, Any], report: CaseReport) -> None:
    named: dict[str, int] = {}
    for seq, item in enumerate(manifest["entries"], start=1):
        listed = item["body"].get("evidence")
        for sha256 in listed if isinstance(listed, list) else []:
            named.setdefault(str(sha256), seq)
    carried = {str(item.get("sha256")): item for item in manifest["evidence"]}
    for sha256 in [*carried, *(one for one in named if one not in carried)]:
        where = f"entry {named[sha256]}: {sha256}" if sha256 in named else sha256
        if sha256 not in named:
            report.add("evidence", FAILED, "evidence_unnamed", where)
        elif sha256 not in carried or carried[sha256].get("withheld"):
            report.add("evidence", OPEN, "evidence_withheld", where)
        else:
            _check_file(archive, carried[sha256], sha256, where, report)
    if named and not any(check.name == "evidence" for check in report.checks):
        report.add("evidence", PASSED, "", str(len(named)))
    report.evidence = len(named)


def _check_file(archive: Archive, item: dict[str, Any], sha256: str, where: str, report: CaseReport) -> None:
    name = str(item.get("file"))
    digest = Digest()
    try:
        if not name.startswith(EVIDENCE_FOLDER):
            raise BadArchive("missing_member", name)
        for piece in archive.pieces(name):
            digest.update(piece)
    except BadArchive as trouble:
        report.add("evidence", FAILED, trouble.code, f"{where} ({name[:100]})")
        return
    if digest.seal().sha256 != sha256 or digest.seal().sm3 != item.get("sm3"):
        report.add("evidence", FAILED, "evidence_altered", f"{where} ({name[:100]})")


def _check_page(archive: Archive, manifest: dict[str, Any], report: CaseReport) -> None:
    digest = Digest()
    for piece in archive.pieces(PAGE):
        digest.update(piece)
    if digest.seal().sha256 != manifest["page_sha256"]:
        report.add("page", FAILED, "page_altered", PAGE)
    listed = {MANIFEST, SIGNATURE, PAGE, *(str(item.get("file")) for item in manifest["evidence"])}
    strangers = sorted(archive.names - listed)
    if strangers:
        report.add("page", FAILED, "stranger", strangers[0][:100])
    elif not any(check.name == "page" for check in report.checks):
        report.add("page", PASSED)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{where} is not an object")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{where} is not text")
    return value


def _seal(item: dict[str, Any], where: str) -> Seal:
    return Seal(_text(item.get("sha256"), f"{where} sha256"), _text(item.get("sm3"), f"{where} sm3"))
