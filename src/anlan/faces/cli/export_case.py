"""``./anlan export-case ID``: one matter as a signed bundle that anyone can check without us.

Without personal data unless it is asked for; evidence above a sensitivity is withheld (its hash stays).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

NAME = "export-case"
HELP_ZH = "导出案卷：经过、证据原件和证明，打成任何人都能核验的文件包"
HELP_EN = "Export a case: history, evidence and proofs in a bundle that anyone can check"
PERSONAL = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which matter, where to, and whether with personal data."""
    parser.add_argument("id", help="编号或标识 / number or id of the matter")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="输出文件 / file to write (case-<number>.zip)"
    )
    parser.add_argument(
        "--with-private",
        action="store_true",
        help="包含个人信息与保密材料（仅限有权的人）/ with personal data and confidential evidence",
    )


def run(args: argparse.Namespace) -> int:
    """Write one bundle; returns 1 when there is no such case or the file cannot be written."""
    from anlan.faces.cli._cases import find_row, told_of
    from anlan.kernel.evidence.attaching import attachments_of
    from anlan.kernel.ledger import LedgerError, export_case
    from anlan.kernel.words import Words

    row = find_row(args.id.strip())
    if row is None:
        print(f"没有这个案卷 / no such case: {args.id}", file=sys.stderr)
        return 1
    name = str(getattr(row, "number", "") or row.pk)
    out = args.out or Path(f"case-{''.join(c if c.isalnum() or c in '-_' else '_' for c in name)}.zip")
    title = Words(f"案卷 {row}", f"Case {row}")
    try:
        export_case(
            row.pk,
            title,
            lambda entry: told_of(entry, type(row)),
            out,
            attachments=attachments_of(row.pk, None if args.with_private else _open_to_all_parties),
            private=args.with_private,
        )
    except (LedgerError, OSError) as trouble:
        print(f"导出失败 / export failed: {trouble}", file=sys.stderr)
        return 1
    print(out)
    return 0


def _open_to_all_parties(piece: Any) -> bool:
    return int(piece.sensitivity) < PERSONAL
