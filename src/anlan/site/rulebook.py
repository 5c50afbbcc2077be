"""Opens the rule book: the domains installed here, the rules and holidays of the city and of the data folder.

Plain Python without Django, so that a calculator answers at once. The city pack may add values for its own
place (``rules/``) and years of the working calendar (``holidays/``); the data folder may do the same, which
is how an operator enters a new notice without a new release.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from anlan.kernel.clock import CalendarError
from anlan.kernel.rules import book
from anlan.site import cities
from anlan.site.domains import DOMAINS
from anlan.site.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def open_book() -> None:
    """Install the rules of this city (``ANLAN_CITY``, ``ANLAN_DATA``); files are read on first use."""
    pack = cities.packs_folder() / (os.environ.get("ANLAN_CITY") or cities.default_city())
    data = Path(os.environ.get("ANLAN_DATA", ROOT / "data"))
    domains = [name for name in DOMAINS if ROOT.joinpath("src", *name.split(".")).is_dir()]
    try:
        book.install(domains, packs=(pack, data), where=_place_of(pack))
    except CalendarError as why:
        raise Trouble(f"放假日历文件有误: {why}", f"A holiday file is wrong: {why}") from None


def _place_of(pack: Path) -> str:
    """Return the place whose rules are looked up by default; the country when the pack does not say."""
    description = pack / "pack.yaml"
    if not description.is_file():
        return "CN"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = yaml.load(description.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe both
    return str(read.get("rules_where", "CN"))
