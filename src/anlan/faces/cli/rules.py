"""``./anlan rules``: what the rule book says and what hangs on a law.

``list`` shows every rule as in force on a date, ``show <key>`` all its versions, ``law <instrument>`` every
value that a repeal of the instrument would touch, ``check`` reads all files and names values that end
without a successor.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date

from anlan.kernel.clock import today, working_calendar
from anlan.kernel.rules import Parameter, RuleFileError, RuleGap, UnknownRule, catalogue, parameter
from anlan.kernel.rules.reading import plain

NAME = "rules"
HELP_ZH = "查看规则库：规则、版本、依据，以及某部法规牵涉的全部规则"
HELP_EN = "Look into the rule book: rules, versions, clauses, and everything that hangs on one law"
NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to show."""
    parser.add_argument("what", choices=("list", "show", "law", "laws", "check"))
    parser.add_argument("key", nargs="?", help="规则编号或法规编号 / key of the rule or the instrument")
    parser.add_argument(
        "--date", type=date.fromisoformat, default=None, help="按该日有效 / as in force on that day"
    )


def run(args: argparse.Namespace) -> int:
    """Show; returns 0, 1 for files that must not be used, 2 for an unknown key."""
    if args.what in ("show", "law") and not args.key:
        print("缺少编号 / a key is needed", file=sys.stderr)
        return 2
    try:
        return _SHOWS[args.what](args)
    except UnknownRule as error:
        print(error, file=sys.stderr)
        return 2
    except RuleFileError as error:
        print(error, file=sys.stderr)
        return 1


def _list(args: argparse.Namespace) -> int:
    on = args.date or today()
    for key in catalogue().names():
        try:
            print(_line(parameter(key, on)))
        except RuleGap:
            print(f"{key}\t-\t{on} 无有效规定 / none in force")
    return 0


def _show(args: argparse.Namespace) -> int:
    for value in catalogue().versions(args.key):
        print(_line(value))
    return 0


def _law(args: argparse.Namespace) -> int:
    instrument = catalogue().instruments.get(args.key)
    for value in catalogue().hanging_on(args.key):
        print(_line(value))
    if instrument is not None:
        life = f"{instrument.in_force_from} – {instrument.in_force_to or ''}"
        print(f"{instrument.title_zh} / {instrument.title_en}: {life}")
    return 0


def _laws(_: argparse.Namespace) -> int:
    for instrument in catalogue().instruments.values():
        life = f"{instrument.in_force_from} – {instrument.in_force_to or ''}"
        print(f"{instrument.key}\t{life}\t{instrument.seen}\t{instrument.title_zh}")
    return 0


def _check(_: argparse.Namespace) -> int:
    """A value whose law has ended and that nothing follows is work for whoever keeps the rules."""
    ending = catalogue().ending_with_their_law()
    for value in ending:
        print(f"无后续规定 / nothing follows: {_line(value)}")
    years = working_calendar().years
    print(f"规则 / rules: {len(catalogue().names())}; 工作日历 / working calendar: {years[0]}–{years[-1]}")
    return 0


def _line(value: Parameter) -> str:
    shown = "…" if isinstance(value.value, list | dict) else _plain(value)
    life = f"{value.effective_from} – {value.effective_to or ''}"
    cited = f"{value.citation.instrument.title_zh} {value.citation.article}".strip()
    return "\t".join([value.key, value.where, shown, value.unit, life, value.confidence, cited])


def _plain(value: Parameter) -> str:
    return str(value.value) if isinstance(value.value, bool | str) else plain(value.value)


_SHOWS = {"list": _list, "show": _show, "law": _law, "laws": _laws, "check": _check}
