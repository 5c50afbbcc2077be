"""The components of the office face as template tags; each draws one template in ``components/``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms, template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from anlan.faces.office import assets, codes, drawing
from anlan.faces.office import first_picture as first
from anlan.faces.office.base_map import base_layer
from anlan.faces.office.folding import constant
from anlan.faces.office.shapes import Diagram, EvidenceCard, Fact, Figure, Moment, Pager
from anlan.faces.office.wording import article, named
from anlan.kernel.notices.outcomes import words_of
from anlan.kernel.scope.models import Post, Territory
from anlan.kernel.words import Words
from anlan.policy.catalogue import all_clauses
from anlan.policy.realising import serving
from anlan.policy.responsible import Bodies

register = template.Library()
for drawn in (
    drawing.badge,
    drawing.clock,
    drawing.duties,
    drawing.entries,
    drawing.mark,
    drawing.options,
    drawing.parts,
    drawing.places,
    drawing.rows,
):
    register.simple_tag(drawn)
for unchanging in (drawing.icon, assets.at):
    register.simple_tag(constant(unchanging))
for said in (drawing.moment, drawing.shown, article):
    register.filter(said.__name__, said)

FEW_CHOICES = 6
NEAR = 12


@register.simple_tag
@constant
def asset(name: str) -> SafeString:
    """Return the tags that load a built entry: its stylesheets and its module."""
    sheets, script, shared = assets.entry(name)
    if not script:
        return mark_safe("<!-- the islands are not built -->")
    links = format_html_join("", '<link rel="stylesheet" href="{}">', ((sheet,) for sheet in sheets))
    parts = format_html_join("", '<link rel="modulepreload" href="{}">', ((part,) for part in shared))
    return links + parts + format_html('<script type="module" src="{}"></script>', script)


@register.simple_tag
@constant
def at_once(name: str) -> SafeString:
    """Return the tag of a small script that runs as soon as it is there, while the page is still being read."""
    _sheets, script, _shared = assets.entry(name)
    return format_html('<script type="module" async src="{}"></script>', script) if script else SafeString("")


@register.simple_tag
@constant
def ahead(name: str) -> SafeString:
    """Return the tags that let an island be fetched while the page is still being read, after what the page itself needs."""
    sheets, scripts = assets.ahead(name)
    links = format_html_join(
        "",
        '<link rel="preload" as="style" crossorigin fetchpriority="low" href="{}">',
        ((sheet,) for sheet in sheets),
    )
    return links + format_html_join(
        "", '<link rel="modulepreload" fetchpriority="low" href="{}">', ((script,) for script in scripts)
    )


@register.simple_tag
def asked_first(spot: Any) -> SafeString:
    """Return the tags that let what a map asks first be fetched while the page is still being read."""
    return format_html_join(
        "",
        '<link rel="preload" as="fetch" crossorigin fetchpriority="low" href="{}">',
        ((address,) for address in first.asked_first(spot)),
    )


KIND_WORDS: dict[str, Words] = {
    "text": Words("文字", "Text"), "long_text": Words("长文字", "Long text"), "number": Words("数字", "Number"),
    "whole_number": Words("整数", "Whole number"), "date": Words("日期", "Date"), "instant": Words("时刻", "Time"),
    "flag": Words("是否", "Yes or no"), "choice": Words("选项", "Choice"), "territory": Words("地区", "Place"),
    "party": Words("单位", "Body"), "post": Words("岗位", "Post"), "reference": Words("引用", "Reference"),
    "identifier": Words("编号", "Identifier"),
}  # fmt: skip


@register.simple_tag
def kind_words(kind: str) -> Words | str:
    """Return what kind of value a field holds, in words."""
    return KIND_WORDS.get(kind, kind)


@register.simple_tag
def marked(pieces: Sequence[tuple[str, bool]]) -> SafeString:
    """Return a text whose hits are marked, every piece escaped."""
    return format_html_join("", "{}{}{}", (
        (SafeString("<mark>"), text, SafeString("</mark>")) if is_hit else ("", text, "") for text, is_hit in pieces
    ))  # fmt: skip


@register.inclusion_tag("components/print_head.html", takes_context=True)
def print_head(context: template.Context, title: Any) -> dict[str, Any]:
    """Draw what only paper shows: title, scope, time, and a QR code that leads back to the live page."""
    request = context["request"]
    address = request.build_absolute_uri(request.get_full_path())[: codes.LONGEST]
    return {
        "title": title,
        "shell": context.get("shell"),
        "address": address,
        "code": codes.picture_of(request),
    }


@register.simple_tag(takes_context=True)
def code_of(context: template.Context, address: str) -> SafeString:
    """Return a QR code of one of our own addresses, empty where it is too long to be read from paper."""
    return codes.inline(context["request"].build_absolute_uri(address))


@register.simple_tag
def base_map() -> SafeString:
    """Return what the body tells the maps of the base tiles; nothing where there are none."""
    told = base_layer()
    return format_html_join("", ' data-base-{}="{}"', told.items())


@register.simple_tag(takes_context=True)
def first_picture(context: template.Context, spot: Any) -> first.FirstPicture | None:
    """Return the picture a map begins with, None where it begins empty."""
    return first.first_picture(context["request"], spot)


@register.inclusion_tag("components/timeline.html")
def timeline(moments: Sequence[Moment]) -> dict[str, Any]:
    """Draw the ledger in sentences, newest first."""
    return {"moments": moments}


@register.inclusion_tag("components/evidence.html")
def evidence_strip(cards: Sequence[EvidenceCard], size: str = "") -> dict[str, Any]:
    """Draw a strip of evidence."""
    return {"cards": cards, "size": size}


@register.inclusion_tag("components/facts.html")
def facts(values: Sequence[Fact], form: str = "") -> dict[str, Any]:
    """Draw labelled values; ``form`` is empty (grid) or lines."""
    return {"facts": values, "form": form}


@register.inclusion_tag("components/empty.html")
def empty(
    title: Any, text: Any = "", icon: str = "circle-check", url: str = "", verb: Any = ""
) -> dict[str, Any]:
    """Draw an empty state: why it is empty and what to do."""
    return {"title": title, "text": text, "icon": icon, "url": url, "verb": verb}


@register.inclusion_tag("components/pager.html")
def pager(value: Pager) -> dict[str, Any]:
    """Draw the pager."""
    return {"pager": value}


@register.inclusion_tag("components/figure.html")
def figure(value: Figure) -> dict[str, Any]:
    """Draw a figure."""
    return {"figure": value}


@register.inclusion_tag("components/diagram.html")
def diagram(value: Diagram) -> dict[str, Any]:
    """Draw a state diagram."""
    return {"diagram": value}


@register.inclusion_tag("components/served.html")
def served(kind: str, name: str) -> dict[str, Any]:
    """Draw the requirements of the policy that a register, a loop, a rule or an indicator serves, each with its link."""
    found = serving(kind, name)
    return {"clauses": [(key, all_clauses().get(key)) for key in found]}


@register.simple_tag
def responsible(clause: str, where: Territory) -> str:
    """Return who the policy makes responsible for a requirement, and which body that is at a place today."""
    comma = str(Words("、", ", "))
    actors = all_clauses()[clause].actors
    return comma.join(str(one.body or one.words) for one in Bodies(where).of(actors))


@register.inclusion_tag("components/confidence.html")
def confidence(level: str) -> dict[str, Any]:
    """Draw how sure a figure of law is: sourced, secondary, memory, unknown."""
    return {"level": level}


@register.inclusion_tag("components/field.html")
def field(bound: forms.BoundField, wide: bool = False) -> dict[str, Any]:
    """Draw one form field with label, help, unit and fault."""
    target = getattr(bound.field, "target", None)
    kind = _field_kind(bound)
    ids = [f"{bound.id_for_label}-help"] if bound.help_text else []
    ids += [f"{bound.id_for_label}-fault"] if bound.errors else []
    return {
        "field": bound,
        "kind": kind,
        "wide": wide or kind == "long_text",
        "lookup": target._meta.label_lower if target is not None else "",
        "choices": _choices(bound) if kind in {"pills", "select"} else (),
        "described": " ".join(ids),
        "input_type": getattr(bound.field.widget, "input_type", "text"),
        "is_code": bound.name.endswith("credit_code"),
        "value": _shown_value(bound),
        "chosen_row": _chosen_row(bound) if target is not None else None,
        "lookup_url": reverse("office:lookup"),
        "near": _near(bound, target),
    }


def _field_kind(bound: forms.BoundField) -> str:
    plain = bound.field
    if getattr(plain, "target", None) is not None:
        return "lookup"
    if isinstance(plain, forms.BooleanField):
        return "flag"
    if isinstance(plain, forms.ChoiceField):
        return "pills" if len(list(plain.choices)) <= FEW_CHOICES else "select"
    if isinstance(plain.widget, forms.Textarea):
        return "long_text"
    if isinstance(plain, forms.DateField):
        return "date"
    if isinstance(plain, forms.IntegerField | forms.DecimalField):
        return "number"
    return "text"


def _choices(bound: forms.BoundField) -> list[tuple[str, Any, bool]]:
    current = bound.value()
    now = "" if current is None else str(current)
    return [(str(value), words, str(value) == now) for value, words in bound.field.choices]  # type: ignore[attr-defined]


def _near(bound: forms.BoundField, target: Any) -> list[dict[str, Any]]:
    """Return what is most likely meant: where a post is asked about a row, the posts of whom the row belongs to."""
    row = getattr(bound.form, "about", None)
    if target is not Post or row is None or row.holder_id is None:
        return []
    chosen = str(bound.value() or "")
    posts = Post.objects.filter(party=row.holder_id, closed_on=None).order_by("kind", "title")[:NEAR]
    return [{"id": post.pk, "words": post.title} for post in posts if str(post.pk) != chosen]


def _chosen_row(bound: forms.BoundField) -> dict[str, Any] | None:
    """Return id and words of the row a reference names, if it can be resolved for this actor."""
    try:
        row = bound.field.to_python(bound.value())
    except forms.ValidationError:
        return None
    return {"id": row.pk, "words": str(row)} if row is not None else None


def _shown_value(bound: forms.BoundField) -> Any:
    value = bound.value()
    if value is None:
        return ""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


@register.filter
def outcome(text: str) -> str:
    """Return what became of an attempt in the reader's words."""
    return str(words_of(text)) if text else ""


@register.filter
def place(value: Any) -> str:
    """Return the name of a place or party in the reader's language."""
    return named(value) if value is not None else ""
