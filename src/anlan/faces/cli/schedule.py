"""``./anlan schedule run``: makes the check tasks of a day from the measures of every post.

The background work does it by itself, asked every hour. By hand it is for a day that should be made at once: repeated, it makes
what is missing and nothing twice; stopped half way, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import Any

NAME = "schedule"
HELP_ZH = "按管控措施的排查周期生成检查任务（默认今天）；重复运行不会重复生成"
HELP_EN = "Make the check tasks of a day from the measures (default: today); repeating makes nothing twice"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and for which day."""
    parser.add_argument("act", choices=["run"], help="run：生成 / make them")
    parser.add_argument("--day", type=date.fromisoformat, help="日期 YYYY-MM-DD / day YYYY-MM-DD")
    parser.add_argument(
        "--anew", action="store_true", help="已生成过的日子再过一遍 / go through a day that is whole again"
    )


def run(args: argparse.Namespace) -> int:
    """Make one day, or those that should be there by now; returns 1 when an enterprise was refused."""
    from anlan.domains.checks import planning

    days = [args.day] if args.day else planning.due_days()
    refused = 0
    for day in days:
        made = planning.make(day, anew=args.anew, told=_progress)
        print(f"{day}: {made.tasks} 项任务，{made.lines} 项检查 / {made.tasks} tasks, {made.lines} lines")
        for firm, lines in made.refused.items():
            words = planning.TooMany(lines, planning.most_lines(day)).words
            print(f"{firm}: {words.zh}\n{firm}: {words.en}", file=sys.stderr)
        refused += len(made.refused)
    return int(refused > 0)


def _progress(made: Any) -> None:
    if sys.stderr.isatty():
        print(f"\r{made.lines}", end="", file=sys.stderr, flush=True)
