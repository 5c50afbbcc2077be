"""``./anlan replay <number>``: a matter's past recomputed from its ledger entries and compared with the row.

Prints each step with the rules it stood on; ends with status 1 when something does not come out as written. Changes nothing.
"""

from __future__ import annotations

import argparse
import sys

NAME = "replay"
HELP_ZH = "由账本重算一件事项的经过，与现状比对（编号或标识）"
HELP_EN = "recompute the past of a matter from its ledger and compare it with the row (number or id)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which matter."""
    parser.add_argument("matter", help="编号或标识，例如 YH-2026-000001 / number or id")


def run(args: argparse.Namespace) -> int:
    """Replay once; returns 0 when it agrees, 1 when it does not, 2 for an unknown matter."""
    from anlan.faces.cli._cases import find_row
    from anlan.kernel import clock
    from anlan.kernel.loops.recomputing import duty_faults
    from anlan.kernel.loops.replaying import replay

    row = find_row(args.matter)
    if row is None or not hasattr(row, "loop"):
        print(f"没有这件事项 / no such matter: {args.matter}", file=sys.stderr)
        return 2
    found = replay(row)
    for step in found.steps:
        moved = f" {step.from_state or '·'} → {step.to_state}" if step.from_state != step.to_state else ""
        print(f"{step.seq:>4}  {step.at.astimezone(clock.CHINA):%Y-%m-%d %H:%M:%S}  {step.act}{moved}")
        for line in step.rules:
            print(f"        {line}")
        for line in step.differences:
            print(f"      ✗ {line}")
    differences = [*found.differences, *duty_faults(row)]
    for line in differences:
        print(f"✗ {line}")
    agrees = found.agrees and not differences
    print(
        "✓ 与现状一致 / it comes out as it stands"
        if agrees
        else "✗ 与现状不符 / it does not come out as it stands"
    )
    return 0 if agrees else 1
