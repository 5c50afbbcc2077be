"""``./anlan loops``: the declared loops as diagrams and as the table of who may do what; keeps docs/loops in step with them.

Needs no database. ``graph`` and ``table`` print, ``write`` renews the pages under docs/loops, ``--check`` compares them and
ends with status 1 when they are not what the declarations say.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

NAME = "loops"
HELP_ZH = "闭环：状态图（graph）、权限表（table）、生成文档（write，--check 比对）"
HELP_EN = "loops: state diagrams (graph), permission table (table), generated pages (write; --check compares)"
NEEDS = "settings"
FOLDER = Path(__file__).resolve().parents[4] / "docs" / "loops"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to show, of which loop."""
    parser.add_argument("what", nargs="?", default="graph", choices=("graph", "table", "write"))
    parser.add_argument("slug", nargs="?", help="闭环标识，不填则全部 / which loop; all if left out")
    parser.add_argument(
        "--check",
        action="store_true",
        help="与 docs/loops 中的文件比对 / compare with the files in docs/loops",
    )


def run(args: argparse.Namespace) -> int:
    """Show, write or compare; returns 0, 1 for pages that differ, 2 for an unknown loop."""
    from anlan.kernel.loops import graphing, loop_named, loops

    if args.check:
        return _check()
    if args.what == "write":
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in graphing.pages().items():
            (FOLDER / name).write_text(text, "utf-8")
        return 0
    chosen = [loop_named(args.slug)] if args.slug else list(loops())
    if None in chosen:
        print(f"没有这个闭环 / no such loop: {args.slug}", file=sys.stderr)
        return 2
    for loop in chosen:
        if loop is not None:
            shown = graphing.state_diagram(loop) if args.what == "graph" else graphing.permission_table(loop)
            print(f"%% {loop.slug}\n{shown}\n" if args.what == "graph" else f"{shown}\n")
    if args.what == "graph" and not args.slug:
        print(graphing.between_loops())
    return 0


def _check() -> int:
    from anlan.kernel.loops import graphing

    wrong = [
        name
        for name, text in graphing.pages().items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != text
    ]
    wrong += [file.name for file in FOLDER.glob("*.md") if file.name not in graphing.pages()]
    for name in wrong:
        print(
            f"docs/loops/{name}: 与声明不符，运行 ./anlan loops write / not what the declarations say",
            file=sys.stderr,
        )
    return int(bool(wrong))
