"""`./anlan bench`: measures what the platform must reach at a city's load, and prints one line of JSON for each figure.

The benches and the city they run on are in the folder `bench` beside `src`; this is only their door. It works on a data
folder of its own, never on the installation's, and tunes nothing. Ends with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from anlan.site.environment import ROOT

NAME = "bench"
HELP_ZH = "性能测试：在自建的测试城市上测量，每个指标输出一行 JSON"
HELP_EN = "measure on a city of its own at full load; one line of JSON a figure"
NEEDS = "nothing"

BENCHES = (
    "lists", "inbox", "steps", "search", "dashboard", "map", "recolour", "fourcolour", "import", "export", "crowd", "verify",
    "bundle", "field", "visit", "schedule", "grade", "ingest", "meters", "alarm", "storm", "wall", "storage", "latest", "trend",
    "growth", "up",
)  # fmt: skip
# A module cannot be called `import`.
MODULES = {"import": "bench.importing", "export": "bench.exporting"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which benches, on how large a city, and where it is kept."""
    parser.add_argument("which", nargs="*", metavar="BENCH", help=f"{' '.join(BENCHES)}（默认全部 / all）")
    parser.add_argument("--enterprises", type=int, default=50_000, metavar="N", help="企业数 / enterprises")
    parser.add_argument("--dangers", type=int, default=1_000_000, metavar="N", help="隐患数 / hidden dangers")
    parser.add_argument("--seed", type=int, default=20171122, metavar="N", help="随机种子 / seed")
    parser.add_argument(
        "--data", type=Path, metavar="DIR",
        help="测试数据目录，可重复使用 / the bench's own data folder, used again when it holds the same city",
    )  # fmt: skip
    parser.add_argument(
        "--meters", action="store_true",
        help="ingest：两万台计量设备经消息代理接入，每条3个读数 / ingest: 20,000 meters behind a broker, 3 readings a message",
    )  # fmt: skip
    parser.add_argument(
        "--gateway",
        action="store_true",
        help="ingest：网关接入，每条100个读数（默认）/ ingest: gateways (what it is by default)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="保留临时数据目录 / keep the folder made for this run"
    )


def run(args: argparse.Namespace) -> int:
    """Make the city if need be, run the benches, print their figures."""
    unknown = [name for name in args.which if name not in BENCHES]
    if unknown:
        print(f"没有这个测试 / no such bench: {' '.join(unknown)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    asked = ["meters" if name == "ingest" and args.meters else name for name in args.which or BENCHES]
    wanted = [name for name in asked if _exists(name)]
    folder = args.data or Path(tempfile.mkdtemp(prefix="anlan-bench-"))
    try:
        return _measure(args, wanted, Path(folder).expanduser().resolve())
    finally:
        if args.data is None and not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
        elif args.data is None:
            print(f"--data {folder}", file=sys.stderr)


def _measure(args: argparse.Namespace, wanted: list[str], folder: Path) -> int:
    from bench import turns
    from bench.city.making import make, renew
    from bench.place import Place, Size

    turns.wait()
    place = Place(folder, Size(args.enterprises, args.dangers, args.seed))
    if any(_module(name).NEEDS_CITY for name in wanted):
        renew(place) if place.is_made() else make(place)
    missed = 0
    for name in wanted:
        started = time.monotonic()
        with place.opened() if _module(name).NEEDS_CITY else nullcontext():
            for figure in _module(name).run(place):
                missed += figure.is_reached is False
                print(figure.line(place.rows()), flush=True)
        turns.meet()
        print(f"· {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return int(missed > 0)


def _module(name: str) -> Any:
    return importlib.import_module(MODULES.get(name, f"bench.{name}"))


def _exists(name: str) -> bool:
    return importlib.util.find_spec(MODULES.get(name, f"bench.{name}")) is not None
