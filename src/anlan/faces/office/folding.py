"""Templates folded once for each language: what can never change within a page is drawn when the template is read.

A page holds some sixty translated words, fifty addresses and as many icons that are the same for everybody; drawn each time
they cost a third of a page. Folded are translations of plain texts, addresses, and tags marked ``constant`` with plain
arguments: their outcome hangs on the language and on the built islands alone, and those are part of the key a template is
kept under.
Nothing that knows a person, a row or a request is ever folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.template import Context, Origin, Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable
from django.template.defaulttags import LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.i18n import TranslateNode
from django.urls import NoReverseMatch
from django.utils.translation import get_language

from anlan.faces.office import assets

F = TypeVar("F", bound=Callable[..., Any])


def constant(tag: F) -> F:
    """Mark a tag whose outcome hangs on its arguments, the language and the built islands, and on nothing else."""
    tag.is_constant = True  # type: ignore[attr-defined]
    return tag


class Loader(CachedLoader):
    """Keeps templates by name, language and the state of the built islands, folded."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        """Return what a template is kept under."""
        key = super().cache_key(template_name, skip)
        return f"{key}|{get_language() or ''}|{assets.stamp()}"

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """Return the template as it is kept for the present language."""
        is_kept = self.cache_key(template_name, skip) in self.get_template_cache
        template = super().get_template(template_name, skip)
        if not is_kept:
            fold(template.nodelist)
        return template


def fold(nodes: NodeList) -> None:
    """Draw what is constant among nodes, here and in every block below, and join neighbouring texts."""
    folded: list[Node] = []
    for node in nodes:
        for below in _below(node):
            fold(below)
        text = _text_of(node)
        if text is None:
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = _text(folded[-1].s + text, folded[-1])
        else:
            folded.append(_text(text, node))
    nodes[:] = folded


def _below(node: Node) -> Iterator[NodeList]:
    branches: Iterable[Any] = getattr(node, "conditions_nodelists", ())
    for _condition, branch in branches:
        yield branch
    if branches:
        return
    for name in node.child_nodelists:
        found = getattr(node, name, None)
        if isinstance(found, NodeList):
            yield found


def _text_of(node: Node) -> str | None:
    """Return what a node draws if that is the same for everybody, else None."""
    if isinstance(node, TextNode):
        return str(node.s)
    if not _is_constant(node):
        return None
    try:
        return str(node.render(Context()))
    except NoReverseMatch:
        return None  # a face that is not installed: whether it is asked for at all, the page decides


def _is_constant(node: Node) -> bool:
    if isinstance(node, LoadNode):
        return True
    if isinstance(node, TranslateNode):
        told = node.message_context is None or _is_plain(node.message_context)
        return node.asvar is None and told and _is_plain(node.filter_expression)
    if isinstance(node, SimpleNode):
        given = [*node.args, *node.kwargs.values()]
        is_marked = getattr(node.func, "is_constant", False)
        return is_marked and node.target_var is None and all(_is_plain(one) for one in given)
    if isinstance(node, URLNode):
        given = [node.view_name, *node.args, *node.kwargs.values()]
        return node.asvar is None and all(_is_plain(one) for one in given)
    return False


def _is_plain(expression: FilterExpression) -> bool:
    """Say whether an expression is a text or a number as it stands in the template, without filters."""
    value = expression.var
    return not expression.filters and not (isinstance(value, Variable) and value.lookups is not None)


def _text(text: str, beside: Node) -> TextNode:
    made = TextNode(text)
    made.token, made.origin = getattr(beside, "token", None), getattr(beside, "origin", None)  # type: ignore[attr-defined]
    return made
