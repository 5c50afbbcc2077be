"""``./anlan verify-case FILE``: checks a case bundle with no database and no installation behind it.

Tells every check; ends with status 1 when one failed, naming the file or entry at fault.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

NAME = "verify-case"
HELP_ZH = "核验案卷文件包（不需要数据库）"
HELP_EN = "Check a case bundle (no database needed)"
NEEDS = "nothing"
MARKS = {"passed": "✓", "failed": "✗", "open": "○"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which file; which keys and published anchors to trust."""
    parser.add_argument("file", type=Path, help="案卷文件包 / the bundle (.zip)")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="HEX",
        help="信任的公钥 / a public key to trust (repeatable)",
    )
    parser.add_argument(
        "--published",
        type=Path,
        metavar="FILE",
        help="对外公布过的锚定行 / lines of anchors published elsewhere",
    )


def run(args: argparse.Namespace) -> int:
    """Check once and tell; returns 0 when nothing failed, 1 otherwise, 2 for a file that cannot be read."""
    from anlan.kernel.ledger import verify_case
    from anlan.kernel.ledger.published import read_published

    try:
        published = read_published(args.published.read_text("utf-8")) if args.published else None
        report = verify_case(args.file, trusted=[key.lower() for key in args.key], published=published)
    except (OSError, ValueError) as trouble:
        print(f"无法读取 / cannot read: {trouble}", file=sys.stderr)
        return 2
    if report.title:
        print(f"{report.title.get('zh', '')}\n{report.title.get('en', '')}")
    for check in report.checks:
        reason = check.reason_words
        print(f"{MARKS[check.state]} {check.words.zh} / {check.words.en}")
        # Words are worded by hand here: without settings there is no language of the reader.
        if reason is not None or check.where:
            told = f"{reason.zh} / {reason.en}" if reason is not None else ""
            where = f"{check.place.zh} / {check.place.en}" if check.place is not None else ""
            print("    " + " · ".join(part for part in (told, where) if part))
    print("✓ 核验通过 / the case is sound" if report.sound else "✗ 核验不通过 / the case is not sound")
    return 0 if report.sound else 1
