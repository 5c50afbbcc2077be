"""Django's own commands (`makemigrations`, `shell`, `createsuperuser` …), in the owner's role."""

from __future__ import annotations

import argparse

NAME = "manage"
HELP_ZH = "Django 管理命令，例如 ./anlan manage makemigrations"
HELP_EN = "Django's management commands, for example ./anlan manage makemigrations"
NEEDS = "owner"
PASSES_ARGUMENTS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything after `manage` goes to Django."""
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="Django 命令及参数 / command and arguments")


def run(args: argparse.Namespace) -> int:
    """Hand over to Django."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["anlan manage", *args.rest])
    return 0
