"""Where each thing that realises a requirement is found: its list, its rule, its computation, its page."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from anlan.kernel.registers.pages import own_pages
from anlan.kernel.rules import catalogue
from anlan.kernel.scope import Actor
from anlan.policy.realising import Name


def address_of(name: Name, actor: Actor | None = None) -> str:
    """Return the address of a thing, or an empty string where it has none (a command) or is not for this reader."""
    if name.kind in {"register", "loop"}:
        return reverse("office:list", args=[name.name])
    if name.kind == "duty":
        return reverse("office:list", args=[name.name.partition(".")[0]])
    if name.kind == "rule":
        value = catalogue().versions(name.name)[-1]
        return f"{reverse('public:rules')}#{value.key}-{value.where}-{value.effective_from:%Y%m%d}"
    if name.kind == "calculator":
        return reverse("public:rule", args=[name.name])
    if name.kind == "page":
        own = next((page for page in own_pages() if name.name == f"office:{page.slug}"), None)
        return "" if own and actor and not own.is_for(actor) else reverse(name.name)
    return _of_indicator(name.name) if name.kind == "indicator" else ""


def _of_indicator(slug: str) -> str:
    try:
        return reverse("office:indicator", args=[slug])
    except NoReverseMatch:
        return ""


def address_of_clause(key: str) -> str:
    """Return where a requirement or an article stands on the page of the policy."""
    return f"{reverse('public:policy')}#{key}"
