"""What a hundredfold of matters costs: other benches on 10,000 dangers and on the whole city, and how much each figure grew.

Both cities have the same enterprises and people, and the same matters at the desks that are looked at: what differs is how many
matters there are. Times may grow 1.3 times at most, rates may fall to 1/1.3. Each city is measured by a command of its own,
one after the other on the same machine; pages twice in turns, and of each figure the better reading counts, for both cities:
a machine that is slower for some minutes would else be told as growth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anlan.site.environment import ROOT
from bench.figures import ROUNDS, Figure, Floor
from bench.place import Place

NEEDS_CITY = True
NEEDS_PAGES = True
SMALL = 10_000
MOST_GROWTH = 1.3
# Rounds: the 95th percentile of forty calls of ten milliseconds is else mostly that of the machine.
EACH_CALL = 3
PAGES = ("lists", "inbox", "search", "dashboard", "map")
DEEDS = ("steps", "import", "export", "verify")

Key = tuple[str, str]
Reading = dict[Key, dict[str, Any]]


def run(place: Place) -> Iterator[Figure]:
    """Yield for each figure how many times it grew from the small city to this one."""
    small = place.folder.parent / f"{place.folder.name}-{SMALL}"
    few, many = Reading(), Reading()
    for benches in (PAGES, PAGES, DEEDS):
        _better(few, _figures(benches, small, place.size.enterprises, SMALL, place.size.seed))
        _better(
            many, _figures(benches, place.folder, place.size.enterprises, place.size.dangers, place.size.seed)
        )
    for key, figure in many.items():
        if key not in few:
            continue
        growth = _cost(figure) / _cost(few[key])
        # Held to it is what is held to something; the rest (single zooms, the leader's page by itself …) is told beside it.
        most = MOST_GROWTH if figure["target"] else None
        yield Figure("growth", f"{key[0]}: {key[1]}", "times", [growth], at_most=most,
                     floor=Floor(f"{SMALL} matters, {figure['unit']}", few[key][_judged(figure)]))  # fmt: skip


def _better(known: Reading, reading: Reading) -> None:
    """Keep of each figure the better of what is known and a new reading."""
    for key, figure in reading.items():
        if key not in known or _cost(figure) < _cost(known[key]):
            known[key] = figure


def _judged(figure: dict[str, Any]) -> str:
    return "p95" if str(figure["target"]).startswith("p95") else "median"


def _cost(figure: dict[str, Any]) -> float:
    """Return what a figure costs: a time as it is, of a rate its inverse."""
    value = float(figure[_judged(figure)])
    return 1 / value if "/s" in figure["unit"] else value


def _figures(benches: Sequence[str], folder: Path, enterprises: int, dangers: int, seed: int) -> Reading:
    command = [sys.executable, "-m", "anlan.site.main", "bench", *benches, "--data", str(folder)]
    command += ["--enterprises", str(enterprises), "--dangers", str(dangers), "--seed", str(seed)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANLAN_")}
    own |= {"PYTHONPATH": str(ROOT / "src"), ROUNDS: str(EACH_CALL)}
    done = subprocess.run(command, env=own, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    # What is compared is told as well: nobody has to measure it again to see it.
    print("\n".join(lines), flush=True)
    found = [json.loads(line) for line in lines]
    return {(one["bench"], one["figure"]): one for one in found}
