"""`./anlan translations`: which sentences have no English yet, and the catalogue brought up to date."""

from __future__ import annotations

import argparse
import sys

NAME = "translations"
HELP_ZH = "收集需要翻译的句子；--check 检查英文是否完整"
HELP_EN = "collect the sentences to be translated; --check says whether the English is complete"
NEEDS = "settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Check, or write."""
    parser.add_argument("--check", action="store_true", help="只检查 / only check")


def run(args: argparse.Namespace) -> int:
    """With --check: 1 if a sentence lacks English. Without: write the catalogue and say how many are open."""
    from anlan.site import translations

    if not args.check:
        print(f"{translations.CATALOGUE}: {translations.write()} 未译 / open")
        return 0
    troubles = translations.missing()
    for trouble in troubles:
        print(trouble)
    if troubles:
        print(f"{len(troubles)} 句缺少英文 / sentences without English", file=sys.stderr)
    return int(bool(troubles))
