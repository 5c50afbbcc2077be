"""`doctor` as a listed command; it is normally run before anything is installed, by `bootstrap`."""

from __future__ import annotations

import argparse

from anlan.site import doctor

NAME = "doctor"
HELP_ZH = "检查本机缺少什么、如何获得"
HELP_EN = "say what is missing on this machine and how to get it"
NEEDS = "nothing"
PASSES_ARGUMENTS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its own options are read by `anlan.site.doctor`."""
    parser.add_argument("rest", nargs=argparse.REMAINDER)


def run(args: argparse.Namespace) -> int:
    """Look and tell."""
    return doctor.main(args.rest)
