"""``./anlan verify``: checks the ledger, its anchors, the evidence and the rows of matters; names the first fault.

Ends with status 1 when anything is not as it was written. Reads only; may run beside the working installation.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from pathlib import Path

NAME = "verify"
HELP_ZH = "核验存证账本、每日锚定和证据材料，指出第一条被改动的记录"
HELP_EN = "Check the ledger, its anchors and the evidence; name the first altered entry"
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What was published; whether files are read."""
    parser.add_argument(
        "--published",
        type=Path,
        metavar="FILE",
        help="对外公布过的锚定行 / the lines of anchors published elsewhere",
    )
    parser.add_argument(
        "--no-files", action="store_true", help="不重读证据原件 / do not read the evidence files again"
    )


def run(args: argparse.Namespace) -> int:
    """Check once and tell; returns 0 when everything is sound, 1 otherwise, 2 for an unreadable list."""
    from anlan.kernel.ledger import verify
    from anlan.kernel.ledger.published import read_published
    from anlan.kernel.vault.signing import public_key

    try:
        published = read_published(args.published.read_text("utf-8")) if args.published else None
    except (OSError, ValueError) as trouble:
        print(f"无法读取 / cannot read: {args.published}: {trouble}", file=sys.stderr)
        return 2
    report = verify(describe=_number, published=published, signer=public_key(), most=SHOWN)
    for finding in report.findings:
        print(f"✗ {finding.place.zh}：{finding.words.zh}")
        print(f"  {finding.place.en}: {finding.words.en}")
    if report.faults > len(report.findings):
        print(f"… 另有 {report.faults - len(report.findings)} 处 / and more")
    lost = _evidence(files=not args.no_files)
    strayed = _matters()
    print(
        f"记录 entries {report.entries} · 链 chains {report.chains} · 锚定 anchors {report.anchors}"
        f" · 待锚定 not yet anchored {report.unanchored} · 已删除的个人信息 erased private parts {report.erased}"
        f" · 已清除的演示 removed demonstrations {report.demonstrations_removed}"
    )
    sound = report.sound and not lost and not strayed
    print("✓ 未发现改动 / nothing was altered" if sound else "✗ 发现问题 / there are faults")
    return 0 if sound else 1


def _evidence(*, files: bool) -> int:
    from anlan.kernel.evidence.verifying import verify_evidence

    count = 0
    for finding in verify_evidence(files=files):
        count += 1
        if count <= SHOWN:
            number = _number(finding.chain, finding.subject)
            print(f"✗ {finding.subject} {number} 链 {finding.chain} 第 {finding.seq} 条：{finding.words.zh}")
            print(f"  entry {finding.seq}, {finding.name} {finding.sha256}: {finding.words.en}")
    return count


def _matters() -> int:
    from anlan.kernel.loops.verifying import verify_matters

    count = 0
    for finding in verify_matters():
        count += 1
        if count <= SHOWN:
            print(f"✗ {finding.number} {finding.matter}：{finding.words.zh}")
            print(f"  {finding.loop}: {finding.words.en}")
    return count


def _number(chain: uuid.UUID, subject: str) -> str:
    from anlan.faces.cli._cases import number_of

    return number_of(chain, subject)
