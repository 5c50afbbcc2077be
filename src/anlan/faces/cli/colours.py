"""``./anlan colours``: the colours of the whole city computed anew (recompute) or compared with their facts (verify)."""

from __future__ import annotations

import argparse
import sys
import time

NAME = "colours"
HELP_ZH = "四色：全市重新计算（recompute）、与事实核对（verify）"
HELP_EN = "colours: compute the whole city anew (recompute), compare it with the facts (verify)"
NEEDS = "database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    parser.add_argument("what", choices=("recompute", "verify"))


def run(args: argparse.Namespace) -> int:
    """Do it; returns 1 where a colour is wrong."""
    from anlan.domains.colours import painting

    if args.what == "recompute":
        started = time.monotonic()
        changed = painting.recompute()
        print(
            f"已重新计算，改动 {changed} 家，用时 {time.monotonic() - started:.1f} 秒 / {changed} enterprises changed"
        )
        return 0
    wrong = painting.verify()
    if wrong:
        print(f"颜色与事实不符：{wrong}\nA colour differs from its facts: {wrong}", file=sys.stderr)
        return 1
    print("颜色与事实一致 / every colour is what the facts say")
    return 0
