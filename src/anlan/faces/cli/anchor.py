"""``./anlan anchor``: fixes every chain of the ledger by a signed Merkle root; prints the line to publish elsewhere.

The background work does it every night; by hand it is for a day that was missed, and to print what was anchored.
Whoever keeps these lines outside (a gazette, a notary, a second office) can later prove that nothing was rewritten.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date

NAME = "anchor"
HELP_ZH = "锚定存证账本（默认昨天），输出可对外公布的一行"
HELP_EN = "Anchor the ledger (default: yesterday) and print the line to publish"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which day; or print every anchor there is."""
    parser.add_argument("day", nargs="?", type=date.fromisoformat, help="日期 YYYY-MM-DD / day YYYY-MM-DD")
    parser.add_argument("--list", action="store_true", help="列出全部锚定 / print every anchor")


def run(args: argparse.Namespace) -> int:
    """Anchor once; returns 1 when the day cannot be anchored."""
    from anlan.kernel.ledger import LedgerError, anchor
    from anlan.kernel.ledger.models import Anchor
    from anlan.kernel.ledger.published import published_line

    if args.list:
        for made in Anchor.objects.order_by("number").iterator():
            print(published_line(made))
        return 0
    try:
        print(published_line(anchor(args.day)))
    except LedgerError as trouble:
        print(f"无法锚定 / cannot anchor: {trouble}", file=sys.stderr)
        return 1
    return 0
