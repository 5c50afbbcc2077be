"""`./anlan demo`: make the demonstration year, take it away again, or tell its accounts."""

from __future__ import annotations

import argparse
import json
import sys

NAME = "demo"
HELP_ZH = "演示数据：make 生成一年，clear 清除，accounts 列出账号"
HELP_EN = "Demonstration: make a year, clear it, list its accounts"
NEEDS = "owner"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do; clearing asks, or takes --yes."""
    parser.add_argument("do", choices=("make", "clear", "accounts"), help="做什么 / what to do")
    parser.add_argument("--yes", action="store_true", help="不再询问 / do not ask")


def run(args: argparse.Namespace) -> int:
    """Do it and print what was done."""
    from anlan.site import demo
    from anlan.site.commands import prepare
    from anlan.site.demo_clear import ClearRefused

    if args.do == "accounts":
        for account in demo.accounts():
            print(f"{account['username']:<20} {account['password']:<16} {account['zh']} / {account['en']}")
        return 0
    if args.do == "clear" and not args.yes and not _agreed():
        print("未作任何改动 / nothing was changed", file=sys.stderr)
        return 1
    try:
        done = demo.make() if args.do == "make" else demo.clear()
    except (ValueError, ClearRefused) as why:
        print(why, file=sys.stderr)
        return 1
    prepare._remember("demo", "made" if args.do == "make" else "cleared")
    print(json.dumps(done, ensure_ascii=False, indent=2))
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        print("加 --yes 确认 / confirm with --yes", file=sys.stderr)
        return False
    said = input("清除全部演示数据？输入 yes / Remove all demonstration data? Type yes: ")
    return said.strip().lower() == "yes"
