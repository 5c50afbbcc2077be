"""The small components drawn by the hundred: states, clocks, risk squares, days, and the rows of a list.

Written in Python, since a page of fifty rows draws six hundred of them and a template would take most of the page's time. Every
value is escaped where it is put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from anlan.faces.office import assets
from anlan.faces.office.shapes import MARKS, Badge, Card, Cell, Clock, Facet, Line
from anlan.faces.office.wording import named
from anlan.kernel.words import Words

NOTHING = SafeString('<span class="none">—</span>')
_RING = (
    '<svg class="ring" viewBox="0 0 36 36" aria-hidden="true"><circle class="ring-rail" cx="18" cy="18" r="15.5"/>'
    '<circle class="ring-left" cx="18" cy="18" r="15.5" pathLength="100" stroke-dasharray="{:.1f} 100"/></svg>'
)


def said(value: Any) -> str:
    """Return a value as a template would write it: in the reader's language, escaped unless it is markup of our own."""
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return escape(str(value if isinstance(value, str | Words) else localize(value)))


def badge(value: Badge) -> SafeString:
    """Draw a state."""
    return mark_safe(f'<span class="tag {said(value.tone)}">{said(value.words)}</span>')  # noqa: S308 - escaped above


def clock(value: Clock | None, size: str = "") -> SafeString:
    """Draw a clock; ``size`` is empty, big or slim."""
    if not value:
        return SafeString("")
    ticks = ""
    due = None if value.due is None else timezone.localtime(value.due)
    if value.ticks and due is not None:
        ticks = f' data-due="{due.isoformat()}"'
        if value.opened:
            ticks += f' data-opened="{timezone.localtime(value.opened).isoformat()}"'
    under = ""
    if due and size != "slim":
        note = f"{said(value.note)} " if value.note else ""
        under = f'<span class="small muted">{note}{_at(due)}</span>'
    kind = f"{value.tone} {size}" if size else value.tone
    return mark_safe(  # noqa: S308 - every value is escaped
        f'<span class="clock {kind}"{ticks}>{_RING.format(value.left)}'
        f'<span class="clock-words"><b>{said(value.words)}</b>{under}</span></span>'
    )


def mark(level: int, with_words: bool = False) -> SafeString:
    """Return the risk square of a level (4 重, 3 较, 2 一, 1 低), with its words beside it if asked."""
    return _mark(level, bool(with_words), get_language() or "") if level in MARKS else SafeString("")


@cache
def _mark(level: int, with_words: bool, _language: str) -> SafeString:
    character, words = MARKS[level]
    if with_words:
        return format_html(
            '<span class="marked"><span class="mark mark-{}" aria-hidden="true">{}</span>{}</span>',
            level,
            character,
            words,
        )
    return format_html(
        '<span class="mark mark-{}" role="img" aria-label="{}">{}</span>', level, words, character
    )


def moment(value: datetime | date | None) -> SafeString:
    """Return an instant as people say it here, with the exact time for machines (Asia/Shanghai)."""
    if value is None:
        return SafeString("")
    if not isinstance(value, datetime):
        return SafeString(f'<time datetime="{value.isoformat()}">{day_words(value)}</time>')
    return _at(timezone.localtime(value))


def _at(local: datetime) -> SafeString:
    return SafeString(f'<time datetime="{local.isoformat()}">{day_words(local.date())} {local:%H:%M}</time>')


def day_words(day: date) -> str:
    """Return a day in the reader's language; the year only when it is not the present one."""
    is_this_year = day.year == timezone.localdate().year
    if (get_language() or "zh").startswith("en"):
        return f"{day.day} {day:%b}" if is_this_year else f"{day.day} {day:%b %Y}"
    return f"{day.month}月{day.day}日" if is_this_year else f"{day.year}年{day.month}月{day.day}日"


def shown(value: Any) -> Any:
    """Return a value as people read it: dates as days, flags as words, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return Words("是", "Yes") if value else Words("否", "No")
    if isinstance(value, datetime | date):
        return moment(value)
    return value


@lru_cache(maxsize=1024)
def _icon(address: str, label: str) -> SafeString:
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of the sprite; decorative unless it bears a label."""
    return _icon(assets.icon_address(name), str(label))


# --- what stands beside a list ----------------------------------------------------------------------------------------


def entries(items: Iterable[Any], here: str) -> SafeString:
    """Draw entries of the side order; the one we are at is marked."""
    return mark_safe("".join(  # noqa: S308 - every value is escaped
        f'<li><a href="{said(item.url)}"{HERE if item.slug == here else ""}>{icon(item.icon)}{said(item.words)}</a></li>'
        for item in items
    ))  # fmt: skip


HERE = ' aria-current="page"'


def parts(of: Sequence[Any], here: str) -> SafeString:
    """Draw the parts of the side order with their entries: drawn once for each order of a post, place and language."""
    return _parts(tuple(of), here, get_language() or "", assets.stamp())


@lru_cache(maxsize=512)
def _parts(of: Sequence[Any], here: str, _language: str, _stamp: int) -> SafeString:
    return mark_safe("".join(  # noqa: S308 - every value is escaped
        f'<div class="side-part"><h2>{said(part.words)}</h2><ul>{entries(part.items, here)}</ul></div>' for part in of
    ))  # fmt: skip


def places(of: Sequence[Any]) -> SafeString:
    """Draw the places one step down, to look at one of them."""
    return mark_safe("".join(  # noqa: S308 - every value is escaped
        f'<button name="territory" value="{place.pk}">{escape(named(place))}</button>' for place in of
    ))  # fmt: skip


def options(facet: Facet) -> SafeString:
    """Draw the choices of a filter."""
    return mark_safe("".join(  # noqa: S308 - every value is escaped
        f'<label><input type="checkbox" name="{said(one.name or facet.name)}" value="{said(one.value)}"'
        f'{" checked" if one.chosen else ""}><span>{said(one.words)}</span>'
        f'{"" if one.count is None else f"""<span class="count">{said(one.count)}</span>"""}</label>'
        for one in facet.options
    ))  # fmt: skip


# --- what is awaited ------------------------------------------------------------------------------------------------------


def duties(cards: Sequence[Card], is_pressing: bool) -> SafeString:
    """Draw the cards of what is awaited; of what is late or due today the verb stands out."""
    button, colon = "btn btn-primary" if is_pressing else "btn", escape(_("："))
    demo = f' <span class="demo-mark">{escape(_("演示"))}</span>'
    return mark_safe("\n".join(_duty(card, button, colon, demo) for card in cards))  # noqa: S308 - every value is escaped


def _duty(card: Card, button: str, colon: str, demo: str) -> str:
    title = said(card.title)
    level = mark(card.level) if card.level else ""
    return (
        f'<li class="duty" data-row>{clock(card.clock)}'
        f'<div class="duty-what"><h3>{level}<a href="{said(card.url)}">{title}</a></h3><p>{said(card.where)}</p>'
        f'<p><span class="awaited">{said(card.kind)} · {said(card.awaited)}</span>{demo if card.is_demo else ""}</p></div>'
        f'<a class="{button}" href="{said(card.verb_url)}">{said(card.verb)}'
        f'<span class="visually-hidden">{colon}{title}</span></a></li>'
    )


# --- the rows of a list -----------------------------------------------------------------------------------------------


def rows(lines: Sequence[Line], can_be_picked: bool) -> SafeString:
    """Draw the rows of a list."""
    pick, demo = escape(_("选择")), f' <span class="demo-mark">{escape(_("演示"))}</span>'
    labels = {id(cell.label): said(cell.label) for line in lines[:1] for cell in line.cells}
    drawn = (_row(line, pick if can_be_picked else "", demo, labels) for line in lines)
    return mark_safe("\n".join(drawn))  # noqa: S308 - every value is escaped


def _row(line: Line, pick: str, demo: str, labels: Mapping[int, str]) -> str:
    title, sub = said(line.title), ""
    if line.sub or line.is_demo:
        sub = f'<span class="sub">{said(line.sub)}{demo if line.is_demo else ""}</span>'
    first = (
        f'<td class="pick"><label><input type="checkbox" name="pick" value="{said(line.id)}" form="bulk" data-pick>'
        f'<span class="visually-hidden">{pick} {title}</span></label></td>'
        if pick
        else ""
    )
    main = f'<td class="main"><a href="{said(line.url)}">{title}</a>{sub}</td>'
    return f"<tr data-row>{first}{main}{''.join(_cell(cell, labels) for cell in line.cells)}</tr>"


def _cell(cell: Cell, labels: Mapping[int, str]) -> str:
    kind = "num" if cell.kind == "number" else "short" if cell.kind != "text" else ""
    blank = " blank" if cell.value == "" else ""
    label = labels.get(id(cell.label)) or said(
        cell.label
    )  # the words of a column are the same object in every row
    return f'<td class="{kind}{blank}" data-label="{label}">{_inside(cell)}</td>'


def _inside(cell: Cell) -> str:
    if cell.kind == "badge":
        return badge(cell.value)
    if cell.kind == "clock":
        return clock(cell.value or None, "slim")
    if cell.kind == "level":
        return mark(cell.value, True) if cell.value else NOTHING
    return said(shown(cell.value))
