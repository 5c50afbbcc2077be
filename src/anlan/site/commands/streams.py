"""`./anlan streams`: the ingest of readings alone, for installations whose processes a service manager runs."""

from __future__ import annotations

import argparse
import asyncio

NAME = "streams"
HELP_ZH = "只运行数据接入（传感器数据接收、入库、报警判定），由服务管理器使用"
HELP_EN = "run the ingest of readings alone (receive, commit, evaluate), for a service manager"
NEEDS = "database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the database's options."""


def run(args: argparse.Namespace) -> int:
    """Receive until told to stop."""
    from anlan.site import telling
    from anlan.streams.serving import serve

    asyncio.run(serve(telling.ask))
    return 0
