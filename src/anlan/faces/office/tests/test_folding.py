"""Templates folded once for each language: the same page to the letter, and never anything of a person, a row or a request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template, engines
from django.template.base import TextNode
from django.test import Client
from django.utils import translation

from anlan.faces.office import assets
from anlan.faces.office.folding import Loader, fold
from anlan.kernel.identity.models import Account

MADE = """{% load office i18n %}<b>{% translate "今日" %}</b>
{% if yes %}{% icon "x" %}{% at "today" %}{% else %}{% translate "待办" %}{% endif %}
{% for one in many %}{% url 'office:list' 'enterprises' %}{{ one }}{% translate "通知" %}{% endfor %}
{% translate word %}{% translate "地图" as map %}{{ map }}
{% icon name %}{% at "list" slug %}{% with x=1 %}{% translate "任务" %}{% endwith %}"""
VALUES = {"yes": True, "many": ["<a>", "b"], "word": "任务", "name": "bell", "slug": "enterprises"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("yes", [True, False])
def test_a_folded_template_draws_the_same_to_the_letter(language: str, yes: bool) -> None:
    plain, folded = _template(), _template()
    with translation.override(language):
        fold(folded.nodelist)
        values = {**VALUES, "yes": yes}
        assert folded.render(Context(values)) == plain.render(Context(values))
    assert len(folded.nodelist) < len(plain.nodelist)
    assert isinstance(folded.nodelist[0], TextNode)


def test_what_hangs_on_values_is_drawn_each_time() -> None:
    folded = _template()
    fold(folded.nodelist)
    assert "待办" in folded.render(Context({**VALUES, "yes": False}))
    drawn = folded.render(Context({**VALUES, "slug": "hidden-dangers", "word": "待办"}))
    assert "/hidden-dangers/" in drawn
    assert "待办" in drawn


def test_an_address_that_is_not_there_is_left_to_the_page() -> None:
    template = engines["django"].engine.from_string("{% if yes %}{% url 'no-such' %}{% endif %}")
    fold(template.nodelist)
    assert template.render(Context({"yes": False})) == ""


def test_each_language_has_a_page_of_its_own(client: Client, city: Any) -> None:
    Account.objects.update(is_demo=True)
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    pages = {
        language: client.get("/hidden-dangers/", headers={"accept-language": language}).content.decode()
        for language in ("zh-hans", "en", "zh-hans")
    }
    assert "待办" in pages["zh-hans"]
    assert "Help" not in pages["zh-hans"]
    assert "待办" not in pages["en"]


def test_islands_built_anew_are_named_by_the_next_page(
    tmp_path: Path, settings: Any, monkeypatch: Any
) -> None:
    settings.ANLAN_FRONTEND, now = tmp_path, [0.0]
    monkeypatch.setattr(assets.time, "monotonic", lambda: now[0])
    texts = {"a.html": '{% load office %}{% icon "x" %}{% asset "main.ts" %}'}
    loader = Loader(engines["django"].engine, [("django.template.loaders.locmem.Loader", texts)])
    seen = []
    for second, name in enumerate(("one", "two")):
        manifest = f'{{"icons.svg": {{"file": "{name}.svg"}}, "src/main.ts": {{"file": "{name}.js"}}}}'
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
        os.utime(tmp_path / "manifest.json", (second + 1, second + 1))
        now[0] += 1000 + second
        seen += [loader.get_template("a.html").render(Context()) for _ in range(2)]
    assert [name for name in ("one.svg", "one.js") if name not in seen[0]] == []
    assert [name for name in ("two.svg", "two.js") if name not in seen[2]] == []
    assert (seen[0], seen[2]) == (seen[1], seen[3])


def test_the_side_order_of_one_post_is_never_shown_to_another(client: Client, city: Any) -> None:
    Account.objects.update(is_demo=True)
    pages = {}
    for _ in range(2):
        for who in (city.officer, city.safety_officer, city.grid_inspector):
            client.force_login(Account.objects.get(pk=who.account_id))
            body = client.get("/enterprises/").content.decode()
            side = body[body.index('id="side"') : body.index('class="stage"')]
            assert pages.setdefault(who.post_kind, side) == side
    assert len(set(pages.values())) == len(pages)
    assert all(side.count('aria-current="page"') == 1 for side in pages.values())
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    other = client.get("/hidden-dangers/").content.decode()
    at = other.index('aria-current="page"')
    assert "/hidden-dangers/" in other[at - 80 : at]


def test_the_code_for_paper_is_a_picture_of_the_very_page(client: Client, city: Any) -> None:
    Account.objects.update(is_demo=True)
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    body = client.get("/enterprises/?scale=micro&q=%E5%8E%82").content.decode()
    at = body.index('src="/code?of=') + 5
    address = body[at : body.index('"', at)].replace("&amp;", "&")
    assert 'loading="lazy"' in body[at : at + 300]
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert answer.content.startswith(b"<svg")
    assert answer.content != client.get("/code?of=/enterprises/").content
    for wrong in ("", "//evil.example/", "/\\evil.example", "https://evil.example/", "/" + "a" * 1200):
        assert client.get("/code", {"of": wrong}).status_code == 404


def _template() -> Template:
    return engines["django"].engine.from_string(MADE)
