"""The command line's composition root: finds the commands, lays the environment each one needs, and runs it.

A command is a module of `anlan.faces.cli` or `anlan.site.commands` with `NAME`, `HELP_ZH`, `HELP_EN`,
`add_arguments(parser)` and `run(args) -> int`, and, where the defaults do not fit, `NEEDS` (or `needs(args)`): "nothing"
(no Django), "settings" (Django, no database), "database" (the default: Django over the embedded or the given server, in the
application's role) or "owner" (the same in the owner's role). Modules are imported only when they are asked for, so
that a calculator answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import ModuleType
from typing import TextIO

from anlan.site import environment, rulebook

PLACES = ("anlan.site.commands", "anlan.faces.cli")


def commands() -> dict[str, str]:
    """Every command's name and the module that carries it; the name is the file's, with `-` for `_`."""
    found: dict[str, str] = {}
    for place in PLACES:
        package = importlib.import_module(place)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.ispkg and not module.name.startswith("_"):
                found[module.name.replace("_", "-")] = f"{place}.{module.name}"
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for wrong usage, as argparse has it)."""
    words = list(sys.argv[1:] if words is None else words)
    _speak_utf8()
    known = commands()
    if not words or words[0] in ("-h", "--help", "help"):
        _print_overview(known)
        return 0
    name, rest = words[0], words[1:]
    if name not in known:
        print(f"没有这个命令: {name}\nNo such command: {name}\n", file=sys.stderr)
        _print_overview(known, sys.stderr)
        return 2
    module = importlib.import_module(known[name])
    if getattr(module, "PASSES_ARGUMENTS_ON", False) and rest[:1] not in (["-h"], ["--help"]):
        options = argparse.Namespace(rest=rest, data=None, city=None, database_url=None, cities=None)
    else:
        options = _parser(name, module).parse_args(rest)
    with ExitStack() as stack:
        try:
            environment.lay(_needs(module, options), options, stack)
            if known[name].startswith("anlan.faces.cli"):
                rulebook.open_book()
            return int(module.run(options) or 0)
        except environment.Trouble as trouble:
            print(trouble, file=sys.stderr)
            return 1
        except BrokenPipeError:
            # The reader (head, less) has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


def _needs(module: ModuleType, options: argparse.Namespace) -> str:
    """What the command needs; some need it for one of their words only."""
    return str(module.needs(options) if hasattr(module, "needs") else getattr(module, "NEEDS", "database"))


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says: the words are Chinese, and a bare machine has the C locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _parser(name: str, module: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"anlan {name}",
        description=f"{module.HELP_ZH}\n{module.HELP_EN}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    if getattr(module, "NEEDS", "database") in ("database", "owner"):
        environment.add_arguments(parser)
    return parser


def _print_overview(known: dict[str, str], to: TextIO | None = None) -> None:
    out = to or sys.stdout
    print("安澜 Anlan — ./anlan <command> [--help]\n", file=out)
    for name in sorted(known):
        module = importlib.import_module(known[name])
        print(f"  {name:<14} {module.HELP_ZH}\n  {'':<14} {module.HELP_EN}", file=out)


if __name__ == "__main__":
    sys.exit(main())
