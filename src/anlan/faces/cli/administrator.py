"""``./anlan administrator``: appoint the first administrator of a city, who then appoints everybody else in the office."""

from __future__ import annotations

import argparse
import sys

NAME = "administrator"
HELP_ZH = "任命本市的第一位平台管理员，给出一次性密码"
HELP_EN = "appoint the city's first administrator and print a one-time password"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, and the name to sign in with."""
    parser.add_argument("name", help="姓名 / the person's name")
    parser.add_argument("username", help="登录用户名 / the name to sign in with")


def run(args: argparse.Namespace) -> int:
    """Appoint once; returns 0, or 1 with the reason."""
    from anlan.kernel.people.first import appoint_administrator
    from anlan.kernel.registers.errors import Invalid
    from anlan.kernel.words import Words

    try:
        account, password = appoint_administrator(args.name, args.username)
    except Invalid as refusal:
        for reasons in refusal.errors.values():
            for words in reasons:
                print(f"{words.zh} / {words.en}" if isinstance(words, Words) else words, file=sys.stderr)
        return 1
    print(f"用户名 / user name: {account.username}")
    print(f"一次性密码 / one-time password: {password}")
    print("三天内登录并更换密码，然后启用第二道验证。")
    print("Sign in within three days, replace it, then enrol the second factor.")
    return 0
