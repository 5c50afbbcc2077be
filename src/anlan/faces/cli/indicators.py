"""``./anlan indicators``: the declared figures; their roll-up counted anew (recompute) or compared with the rows (verify)."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date

NAME = "indicators"
HELP_ZH = "指标：列出（list）、按天重新汇总（recompute）、与原始记录核对（verify）"
HELP_EN = "indicators: list them, count the roll-up anew (recompute), compare it with the rows (verify)"
NEEDS = "database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, over which days."""
    parser.add_argument("what", nargs="?", default="list", choices=("list", "recompute", "verify"))
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="自这天起 / from this day on")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="至这天止 / up to this day")


def run(args: argparse.Namespace) -> int:
    """Do it; returns 1 where the roll-up is wrong."""
    return {"list": _list, "recompute": _recompute, "verify": _verify}[args.what](args)


def _list(args: argparse.Namespace) -> int:
    from anlan.kernel.indicators import indicators

    for one in indicators():
        print(f"{one.slug:<24} {one.serves:<7} {one.words.zh} / {one.words.en}")
    return 0


def _recompute(args: argparse.Namespace) -> int:
    from anlan.kernel.indicators import rolling

    started = time.monotonic()
    changed = rolling.recompute(args.first, args.last)
    print(
        f"已重新汇总，改动 {changed} 格，用时 {time.monotonic() - started:.1f} 秒 / {changed} cells changed"
    )
    return 0


def _verify(args: argparse.Namespace) -> int:
    from anlan.kernel.indicators import rolling

    wrong = rolling.verify()
    if wrong:
        print(f"汇总与记录不符：{wrong}\nThe roll-up differs from the rows: {wrong}", file=sys.stderr)
        return 1
    print("汇总与记录一致 / the roll-up is what the rows say")
    return 0
