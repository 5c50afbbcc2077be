"""What a hundredfold of matters costs: other benches on 10,000 dangers and on the whole city, and how much each figure grew.

Both cities have the same enterprises and people, and the same matters at the desks that are looked at: what differs is how many
matters there are. Times may grow 1.3 times at most, rates may fall to 1/1.3. Both cities are open at once and measured in
turns, call by call (`bench.turns`): one after the other they would be compared on a machine that is slower for some minutes, or
whose memory the one has filled and the other finds filled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from anlan.site.environment import ROOT
from bench import turns
from bench.figures import ROUNDS, Figure, Floor
from bench.place import Place, Size

NEEDS_CITY = True
NEEDS_PAGES = True
SMALL = 10_000
MOST_GROWTH = 1.3
# Rounds: the 95th percentile of forty calls of ten milliseconds is else mostly that of the machine.
EACH_CALL = 3
# Steps twice: they read and write all over the tables, and meet them first as the benches before have left them.
BENCHES = ("lists", "inbox", "search", "dashboard", "map", "steps", "steps", "verify", "import", "export")

Key = tuple[str, str]
Reading = dict[Key, dict[str, Any]]


def run(place: Place) -> Iterator[Figure]:
    """Yield for each figure how many times it grew from the small city to this one."""
    size = place.size
    small = Place(
        place.folder.parent / f"{place.folder.name}-{SMALL}", Size(size.enterprises, SMALL, size.seed)
    )
    few, many = _in_turns(small, place)
    alone = sorted(": ".join(key) for key in few.keys() ^ many.keys())
    if alone:  # a list too short for its thousandth page; or one of the two commands ended before its time
        print(f"· growth: told by one city alone and not compared: {'; '.join(alone)}", file=sys.stderr)
    for key, figure in many.items():
        if key not in few:
            continue
        growth = _cost(figure) / _cost(few[key])
        # Held to it is what is held to something; the rest (single zooms, the leader's page by itself …) is told beside it.
        most = MOST_GROWTH if figure["target"] else None
        yield Figure("growth", f"{key[0]}: {key[1]}", "times", [growth], at_most=most,
                     floor=Floor(f"{SMALL} matters, {figure['unit']}", few[key][_judged(figure)]))  # fmt: skip


def _better(known: Reading, key: Key, figure: dict[str, Any]) -> None:
    """Keep the better of what is known of a figure and a new reading."""
    if key not in known or _cost(figure) < _cost(known[key]):
        known[key] = figure


def _judged(figure: Mapping[str, Any]) -> str:
    return "p95" if str(figure["target"]).startswith("p95") else "median"


def _cost(figure: Mapping[str, Any]) -> float:
    """Return what a figure costs: a time as it is, of a rate its inverse."""
    value = float(figure[_judged(figure)])
    return 1 / value if "/s" in figure["unit"] else value


def _in_turns(small: Place, large: Place) -> tuple[Reading, Reading]:
    """Return the figures of two cities, measured in turns by a command each."""
    with turns.two() as sides:
        running = [_begun(place, side) for place, side in zip((small, large), sides, strict=True)]
    with ThreadPoolExecutor(len(running)) as readers:
        few, many = readers.map(_figures, running)
    return few, many


def _begun(place: Place, side: tuple[int, int]) -> subprocess.Popen[str]:
    size = place.size
    command = [sys.executable, "-m", "anlan.site.main", "bench", *BENCHES, "--data", str(place.folder)]
    command += ["--enterprises", str(size.enterprises), "--dangers", str(size.dangers), "--seed", str(size.seed)]  # fmt: skip
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANLAN_")}
    own |= {"PYTHONPATH": str(ROOT / "src"), ROUNDS: str(EACH_CALL), **turns.told_to(side)}
    return subprocess.Popen(command, env=own, cwd=ROOT, stdout=subprocess.PIPE, text=True, pass_fds=side)


def _figures(running: subprocess.Popen[str]) -> Reading:
    """Return the figures that a command tells, of each the better reading where it tells it twice."""
    found = Reading()
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("{"):
            # What is compared is told as well: nobody has to measure it again to see it.
            print(line, end="", flush=True)
            figure = json.loads(line)
            _better(found, (figure["bench"], figure["figure"]), figure)
    running.wait()
    return found
