"""``./anlan simulate``: devices that send readings to a running installation, with faults on request.

Or a recorded series again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anlan.streams.simulating import Plan, Told

NAME = "simulate"
HELP_ZH = "模拟采集设备向平台发送读数，可带故障，也可重放录制的数据"
HELP_EN = "simulate devices that send readings, with faults on request, or replay a recorded series"
SETTLE_SECONDS = 2.0
FAULTS = ("spike", "stuck", "drop", "nan", "late", "duplicate", "clock")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many devices and sensors, how fast, with which faults; or which series."""
    parser.add_argument(
        "--enterprises", type=int, default=3, metavar="N", help="企业（设备）数 / enterprises (3)"
    )
    parser.add_argument(
        "--sensors", type=int, default=20, metavar="M", help="每家传感器数 / sensors of each (20)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=1.0,
        metavar="R",
        help="每个传感器每秒读数 / readings a second of each (1)",
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="持续秒数 / for how long (60)"
    )
    parser.add_argument("--faults", default="", metavar="A,B", help=f"故障 / faults: {','.join(FAULTS)}")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="随机种子 / seed")
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="重放CSV（含时间列），或随附的数据 nab-machine、nab-ambient / replay a CSV with times, or one that is shipped",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=0.0,
        metavar="X",
        help="重放倍速，0为立即补入 / times as fast; 0: all at once",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDR", help="接入地址 / where devices connect (127.0.0.1)"
    )
    parser.add_argument("--port", type=int, default=9000, metavar="N", help="接入端口 / port (9000)")


def run(args: argparse.Namespace) -> int:
    """Write the devices, publish, tell."""
    from anlan.streams import simulating

    faults = {part.strip() for part in args.faults.split(",") if part.strip()}
    unknown = faults - set(FAULTS)
    if unknown or args.enterprises < 1 or args.sensors < 1 or args.rate <= 0:
        print(
            f"没有这种故障或数量不对 / no such fault, or a number is wrong: {' '.join(sorted(unknown))}",
            file=sys.stderr,
        )
        return 2
    try:
        if args.replay:
            told = _replayed(args)
        else:
            plan = simulating.Plan(
                args.host, args.port, args.enterprises, args.sensors, args.rate, args.seconds, frozenset(faults), args.seed,
            )  # fmt: skip
            told = _simulated(plan)
    except (OSError, ValueError) as why:
        print(f"没有发送完 / not all was sent: {why}", file=sys.stderr)
        return 1
    print(
        f"发送 {told.readings} 条，已确认 {told.acknowledged} 条 / {told.readings} sent, {told.acknowledged} acknowledged"
    )
    return 0


def _replayed(args: argparse.Namespace) -> Told:
    from anlan.domains.alarms import simulated
    from anlan.streams import simulating

    file = simulating.shipped(args.replay)
    names, series = simulating.recorded(file)
    if not series:
        raise ValueError(f"{args.replay}: 没有数据 / no rows")
    username = simulating.named(file)
    secret = simulated.lay_recorded(username, names)
    time.sleep(SETTLE_SECONDS)  # a running ingest reads new devices every second
    return asyncio.run(simulating.replay(args.host, args.port, username, secret, series, args.speed))


def _simulated(plan: Plan) -> Told:
    from anlan.domains.alarms import simulated
    from anlan.streams import simulating

    secrets = simulated.lay(plan.enterprises, simulating.tags(plan))
    time.sleep(SETTLE_SECONDS)
    return asyncio.run(simulating.run(plan, secrets))
