"""What no page may hold (inline scripts and styles), and what every page needs (its icons, drawn loops)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from anlan.faces.office.diagrams import HEIGHT, WIDTH, diagram_of
from anlan.faces.office.shapes import Clock
from anlan.kernel.loops import loops

SOURCES = Path(settings.PACKAGE)
# A mail is no page: no policy of ours guards it, and programs that show mails read no other style than one inside.
MAIL = SOURCES / "kernel" / "notices" / "templates" / "notices" / "mail.html"
TEMPLATES = sorted(path for path in SOURCES.rglob("templates/**/*.html") if path != MAIL)
ICONS = set(json.loads((settings.ROOT / "frontend" / "src" / "icons.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "<style" not in text
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert "hx-on" not in text
    assert "|safe" not in text


def test_a_mail_runs_nothing_and_fetches_nothing() -> None:
    text = MAIL.read_text(encoding="utf-8")
    assert not re.search(r"<script|<img|<link|@import|url\(|\son[a-z]+=", text)
    assert "|safe" not in text


def test_every_icon_is_in_the_sprite() -> None:
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    }
    used |= {
        name
        for path in SOURCES.rglob("*.py")
        for name in re.findall(r'icon="([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    }
    assert used - ICONS == set()


def test_loops_are_drawn_without_states_over_one_another() -> None:
    for loop in loops():
        drawing = diagram_of(loop)
        places = [(node.x, node.y) for node in drawing.nodes]
        assert len(set(places)) == len(places)
        assert all(
            node.x + WIDTH <= drawing.width and node.y + HEIGHT <= drawing.height for node in drawing.nodes
        )
        assert all(edge.path.startswith("M") for edge in drawing.edges)
        final = next(state.name for state in loop.states.values() if state.final)
        assert "here" in next(node.css for node in diagram_of(loop, final).nodes if node.name == final)


def test_only_a_running_clock_ticks() -> None:
    from anlan.kernel import clock

    assert Clock("剩 1 天", "calm", 50, clock.now()).ticks
    assert not Clock("已办结", "done", 0, clock.now()).ticks
    assert not Clock("没有期限", "calm", 0).ticks


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_style_guide_draws_every_component(city: Any, language: str) -> None:
    client = Client(headers={"accept-language": language})
    answer = client.get("/styleguide/")
    assert answer.status_code == 200
    html = answer.content.decode()
    for css in (
        "ring",
        "mark mark-4",
        "timeline",
        "facts",
        "figure",
        "diagram",
        "pager",
        "photos",
        "map",
        "empty",
    ):
        assert f'class="{css}' in html, css
