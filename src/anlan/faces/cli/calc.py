"""``./anlan calc <name> < input.json``: a computation of the rule book, without server and without database.

Reads one JSON object from standard input, writes the result as JSON to standard output. Input that cannot
be computed with leaves standard output empty, names the fields at fault on standard error and ends with
status 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, TextIO

from anlan.kernel.rules import InputErrors, RuleFileError, computations, read_json
from anlan.kernel.rules import run as compute
from anlan.kernel.rules.json_reading import MOST_BYTES

NAME = "calc"
HELP_ZH = "按规则库计算：事故等级、期限、隐患等级等（JSON 输入输出，不需要数据库）"
HELP_EN = (
    "Compute by the rule book: accident grade, deadline, hidden danger grade … (JSON in and out, no database)"
)
NEEDS = "nothing"
BAD_INPUT = 2
RULES_UNUSABLE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the name of the computation; without one, the names are listed."""
    parser.add_argument(
        "name", nargs="?", help="计算名称，不填则列出全部 / name of the computation; leave out to list all"
    )
    parser.add_argument(
        "--schema",
        action="store_true",
        help="输出输入格式（JSON Schema）/ print the JSON Schema of the input",
    )


def run(args: argparse.Namespace) -> int:
    """Compute once; returns 0, or 2 for bad input or an unknown name."""
    if args.name is None:
        print(_names())
        return 0
    if args.name not in computations():
        print(f"没有这项计算 / no such computation: {args.name!r}\n{_names()}", file=sys.stderr)
        return BAD_INPUT
    if args.schema:
        _write(computations()[args.name].schema(), sys.stdout)
        return 0
    try:
        result = compute(args.name, read_json(sys.stdin.buffer.read(MOST_BYTES + 1)))
    except InputErrors as error:
        _write(error.as_json(), sys.stderr)
        return BAD_INPUT
    except RuleFileError as error:
        print(f"规则文件有误，未计算 / a rule file is wrong, nothing was computed: {error}", file=sys.stderr)
        return RULES_UNUSABLE
    _write(result, sys.stdout)
    return 0


def _names() -> str:
    lines = (f"  {name:<22}{found.zh}\n  {'':<22}{found.en}" for name, found in computations().items())
    return "\n".join(lines)


def _write(content: dict[str, Any], stream: TextIO) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2), file=stream)
