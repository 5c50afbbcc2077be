"""The shell around every page: the city's order of things, where and for whom one is looking, what is waiting.

``page`` draws a template inside it. It decides nothing about rows; the side order lists what is declared and what the
person's post may use.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from anlan import __version__
from anlan.faces.office.assets import at
from anlan.faces.office.wording import named
from anlan.kernel import clock
from anlan.kernel.identity.asking import any_demonstration
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.sessions import POST_KEY
from anlan.kernel.identity.signing_in import actor_for
from anlan.kernel.indicators.boards import boards
from anlan.kernel.loops import Loop, loops
from anlan.kernel.loops.models import awaiting_counted
from anlan.kernel.notices import unread_count
from anlan.kernel.notices.reading import own_unread, standing_in
from anlan.kernel.people.authority import manages_somewhere
from anlan.kernel.registers import registers
from anlan.kernel.registers.declaration import PARTS
from anlan.kernel.registers.pages import own_pages
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actors import posts_of
from anlan.kernel.scope.models import Post, Territory
from anlan.kernel.scope.posts import INSPECTORS, POST_KINDS
from anlan.kernel.scope.territory import under
from anlan.kernel.scope.together import counted_together
from anlan.kernel.scope.tree import Tree, tree
from anlan.kernel.sharing.watching import may_read_catalogue

LIVE_ADDRESS = "/live/"
SCOPE_KEY = "scope"
MOST_PLACES = 60
MOST_WAITING = 999
THEMES = ("auto", "light", "dark")
# What a subject looks like in the side order; any other register or loop gets the plain sign.
ICONS = {
    "enterprises": "building-factory-2",
    "hidden-dangers": "alert-triangle",
    "accidents": "urgent",
    "site-visits": "clipboard-list",
    "penalty-cases": "gavel",
    "yearly-figures": "database",
    "risk-objects": "sitemap",
    "risk-units": "layers-intersect",
    "risk-events": "bolt",
    "control-measures": "checklist",
    "risk-gradings": "scale",
    "divisions": "building",
    "work-posts": "id",
    "shift-confirmations": "user-check",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the side order."""

    slug: str
    words: Any
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the policy with its registers and loops."""

    words: Any
    items: Sequence[Entry]


@dataclass(slots=True)
class Shell:
    """What ``base.html`` draws around a page."""

    actor: Actor | None = None
    posts: Sequence[Post] = ()
    parts: Sequence[Part] = ()
    extras: Sequence[Entry] = ()
    boards: Sequence[Entry] = ()
    here: str = ""
    query: str = ""
    waiting: int = 0
    unread: int = 0
    city_name: str = ""
    theme: str = "auto"
    scheme: str = "light"
    live_at: str = ""
    as_of: datetime | None = None
    version: str = __version__
    has_demo: bool = False
    scope_id: uuid.UUID | None = None
    scope_name: Any = ""
    scope_above: Sequence[Territory] = field(default=())
    scope_below: Sequence[Territory] = field(default=())

    @property
    def waiting_told(self) -> str:
        """Return how many duties wait, as the side bar says it: beyond ``MOST_WAITING`` only that there are more."""
        return f"{MOST_WAITING}+" if self.waiting > MOST_WAITING else str(self.waiting)

    @property
    def scope_url(self) -> str:
        """Return where the scope is switched."""
        return at("scope")

    @property
    def post_url(self) -> str:
        """Return where the post is switched."""
        return at("post")


def current_actor(request: HttpRequest) -> Actor | None:
    """Return who is acting in this request, in the post chosen in this session; None for nobody."""
    if not hasattr(request, "anlan_actor"):
        account = getattr(request, "user", None)
        actor = None
        if account is not None and account.is_authenticated:
            posts = posts_of(account.person, clock.today())
            request.anlan_posts = posts  # type: ignore[attr-defined]
            actor = actor_for(account, request.session.get(POST_KEY), posts)
        request.anlan_actor = actor  # type: ignore[attr-defined]
    found: Actor | None = request.anlan_actor  # type: ignore[attr-defined]
    return found


def tree_of(request: HttpRequest) -> Tree:
    """Return the territory tree as it stands in this request."""
    if not hasattr(request, "anlan_tree"):
        request.anlan_tree = tree()  # type: ignore[attr-defined]
    found: Tree = request.anlan_tree  # type: ignore[attr-defined]
    return found


def reaches(actor: Actor, place: Territory) -> bool:
    """Say whether a place lies within the actor's own territory; a zone reaches into the districts it overlays."""
    own = {actor.home_path, *(grant.path for grant in actor.grants)} - {""}
    return any(place.path.startswith(path) for path in own)


def looked_at(request: HttpRequest, actor: Actor) -> Territory | None:
    """Return the territory the person narrowed the view to, or their own; it only narrows, scope stays what it is.

    A page asks for it four or five times; it is read once for each choice.
    """
    asked = (request.session.get(SCOPE_KEY), actor.home_path)
    if getattr(request, "anlan_place_asked", None) != asked:
        request.anlan_place = _place_looked_at(request, actor)  # type: ignore[attr-defined]
        request.anlan_place_asked = asked  # type: ignore[attr-defined]
    found: Territory | None = request.anlan_place  # type: ignore[attr-defined]
    return found


def _place_looked_at(request: HttpRequest, actor: Actor) -> Territory | None:
    places = tree_of(request)
    chosen = places.of_id(request.session[SCOPE_KEY]) if SCOPE_KEY in request.session else None
    if chosen is not None and reaches(actor, chosen):
        return chosen
    return places.at(actor.home_path)


def narrowed(request: HttpRequest, actor: Actor) -> Q:
    """Return the condition for the place lists are narrowed to; nothing when the person looks at all of their scope."""
    place = looked_at(request, actor) if SCOPE_KEY in request.session else None
    condition = Q()
    if place is not None and place.path != actor.home_path:
        for prefix in place.prefixes():
            condition |= under(prefix)
    return condition


def page(request: HttpRequest, names: str | Sequence[str], context: Mapping[str, Any] | None = None, *, here: str = "",
         status: int = 200) -> HttpResponse:  # fmt: skip
    """Draw a template (the first that exists of several names) inside the shell."""
    values = {"shell": shell_of(request, here), **(context or {})}
    template = loader.select_template([names] if isinstance(names, str) else list(names))
    return HttpResponse(template.render(values, request), status=status)


def shell_of(request: HttpRequest, here: str = "") -> Shell:
    """Build the shell of a request."""
    theme = request.COOKIES.get("anlan_theme", "auto")
    scheme = theme if theme in {"light", "dark"} else request.COOKIES.get("anlan_scheme", "light")
    shell = Shell(
        here=here,
        query=request.GET.get("q", "") if here == "search" else "",
        theme=theme if theme in THEMES else "auto",
        scheme="dark" if scheme == "dark" else "light",
        city_name=city_name(tree_of(request)),
        as_of=clock.now(),
        extras=_extras(),
    )
    actor = current_actor(request)
    if actor is None:
        shell.has_demo = Account.objects.filter(is_demo=True).exists()
        return shell
    # One more than is told, so that beyond it can be said that there are more.
    waiting = awaiting_counted(actor, MOST_WAITING + 1)
    counts = counted_together(waiting, own_unread(actor), standing_in(actor), any_demonstration())
    shell.waiting, shell.unread, absent, shell.has_demo = *counts[:3], bool(counts[3])
    if absent:
        shell.unread = unread_count(actor)
    _fill_for(shell, request, actor)
    return shell


def _fill_for(shell: Shell, request: HttpRequest, actor: Actor) -> None:
    shell.actor = actor
    shell.posts = request.anlan_posts  # type: ignore[attr-defined]
    shell.parts = side_order(actor)
    shell.boards = _boards(actor)
    shell.live_at = LIVE_ADDRESS
    if manages_somewhere(actor):
        shell.extras = [Entry("people", _("岗位与人员"), at("people"), "users"), *shell.extras]
    if settings.ANLAN_PROVINCE and actor.post_kind == "province_officer":
        shell.extras = [
            Entry("province", _("各市对比"), at("province"), "chart-bar"),
            *shell.extras,
        ]
    if actor.post_kind in INSPECTORS:
        shell.boards = [Entry("field", _("现场检查（手机）"), "/field/", "device-mobile"), *shell.boards]
    if may_read_catalogue(actor):
        shell.extras = [Entry("data", _("数据目录"), at("data"), "database"), *shell.extras]
    place = looked_at(request, actor)
    if place is None:
        shell.scope_name = actor.party_name
        return
    shell.scope_id, shell.scope_name = place.id, named(place)
    places = tree_of(request)
    shell.scope_above = [one for one in places.above(place)[:-1] if one.path.startswith(actor.home_path)]
    shell.scope_below = places_below(place)
    home = places.at(actor.home_path) if place.path != actor.home_path else None
    if home is not None and home not in shell.scope_above:
        shell.scope_above = [home, *shell.scope_above]


def places_below(place: Territory) -> list[Territory]:
    """Return the places one step down: children, or the members of a functional zone."""
    below = place.known_below if place.known_below is not None else tree().below(place)
    return list(below[:MOST_PLACES])


def side_order(actor: Actor) -> list[Part]:
    """Return the parts of the policy, each with what is declared in it and what this post may use."""
    parts: dict[str, list[Entry]] = {key: [] for key in PARTS}
    if actor.post_kind in {"administrator", "province_officer"}:
        return []
    for model in registers():
        kept = model.kept
        parts[kept.part].append(Entry(kept.slug, kept.words, at("list", kept.slug), _icon(kept.slug)))
    for loop in loops():
        if not may_use(loop, actor):
            continue
        parts[loop.part].append(Entry(loop.slug, loop.words, at("list", loop.slug), _icon(loop.slug)))
    for own in (one for one in own_pages() if one.is_for(actor)):
        parts[own.part].insert(0, Entry(own.slug, own.words, at(own.slug), own.icon))
    return [Part(words, tuple(parts[key])) for key, words in PARTS.items() if parts[key]]


def _boards(actor: Actor) -> list[Entry]:
    """Return what stands above the registers for those who answer for a place: the brief, the boards, the indicators.

    Not in a province, which keeps no rows to make them of.
    """
    if not actor.grants or settings.ANLAN_PROVINCE:
        return []
    found = [Entry("leader", _("要情"), at("leader"), "urgent")]
    found += [Entry(f"board-{one.slug}", one.words, at("board", one.slug), "chart-bar") for one in boards()]
    return [*found, Entry("indicators", _("指标"), at("indicators"), "target")]


def may_use(loop: type[Loop], actor: Actor) -> bool:
    """Say whether the actor's kind of post looks over a territory, or may take any step of the loop."""
    acts = [
        step for step in (loop.opening, *loop.steps.values()) if step and not getattr(step, "any_time", False)
    ]
    return POST_KINDS[actor.post_kind].by_territory or any(actor.post_kind in act.by.kinds() for act in acts)


def _icon(slug: str) -> str:
    return ICONS.get(slug, "list-details")


def _extras() -> list[Entry]:
    entries = [Entry("help", _("办事说明"), at("help"), "book")]
    with suppress(NoReverseMatch):  # the public face may not be installed
        entries.append(Entry("figures", _("公开数据"), reverse("public:figures"), "chart-bar"))
        entries.append(Entry("policy", _("政策落实"), reverse("public:policy"), "list-check"))
        entries.append(Entry("rules", _("规则与计算"), reverse("public:rules"), "scale"))
        entries.append(Entry("verify-case", _("案卷核验"), reverse("public:verify-case"), "shield-check"))
    return entries


def city_name(places: Tree) -> str:
    """Return the name of the city this installation serves, in the reader's language."""
    root = places.first_of("province" if settings.ANLAN_PROVINCE else "city")
    return named(root) if root else ""
