"""Collects the Chinese sentences that pages and code wrap for translation, and says which have no English yet.

Django's own collector needs the gettext programs; this one reads Python by its syntax tree and templates through
Django's own reader, and keeps `locale/en/LC_MESSAGES/django.po` by polib.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent
CATALOGUE = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
SINGLE = ("_", "gettext", "gettext_lazy", "gettext_noop")
WITH_CONTEXT = ("pgettext", "pgettext_lazy")
WITH_PLURAL = ("ngettext", "ngettext_lazy")
CALL = re.compile(r"""\b(n?p?gettext|_)\(((?:u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:,\s*)?)+)""", re.S)
# Characters and the punctuation of Chinese text, which English writes otherwise.
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e]")

Sentence = tuple[str, str, str]  # context, sentence, plural


def sentences() -> dict[Sentence, list[tuple[str, str]]]:
    """Every wrapped sentence and where it stands (file, line)."""
    found: dict[Sentence, list[tuple[str, str]]] = {}
    for file in sorted(PACKAGE.rglob("*")):
        if file.suffix not in (".py", ".html", ".txt") or "tests" in file.parts or not file.is_file():
            continue
        reader = _in_python if file.suffix == ".py" else _in_template
        for sentence, line in reader(file.read_text(encoding="utf-8")):
            found.setdefault(sentence, []).append((str(file.relative_to(PACKAGE)), str(line)))
    return found


def missing() -> list[str]:
    """The sentences without English, and the entries that are marked as doubtful; empty when all is well."""
    catalogue = _catalogue()
    known = {_key(entry): entry for entry in catalogue}
    troubles = []
    for sentence, places in sentences().items():
        entry = known.get(sentence)
        if entry is None or not entry.translated() or entry.fuzzy:
            troubles.append(f"{places[0][0]}:{places[0][1]}: {sentence[1]!r}")
    return troubles


def write() -> int:
    """Bring the catalogue up to date: new sentences with empty English, gone ones removed. Returns the number open."""
    catalogue = _catalogue()
    known = {_key(entry): entry for entry in catalogue}
    fresh = polib.POFile(wrapwidth=110)
    fresh.metadata = catalogue.metadata or {
        "Content-Type": "text/plain; charset=UTF-8",
        "Language": "en",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for sentence, places in sorted(sentences().items(), key=lambda pair: pair[0]):
        entry = known.get(sentence) or _entry(sentence)
        entry.occurrences = [(place, "") for place in sorted({file for file, _ in places})]
        fresh.append(entry)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(str(CATALOGUE))
    return sum(not entry.translated() for entry in fresh)


def _entry(sentence: Sentence) -> polib.POEntry:
    context, one, many = sentence
    if many:
        return polib.POEntry(
            msgid=one, msgid_plural=many, msgctxt=context or None, msgstr_plural={0: "", 1: ""}
        )
    return polib.POEntry(msgid=one, msgctxt=context or None)


def _catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()


def _key(entry: polib.POEntry) -> Sentence:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def _in_python(text: str) -> Iterator[tuple[Sentence, int]]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        sentence = _sentence(name, words)
        # Only Chinese is a source sentence; `_` also names other things.
        if sentence and CHINESE.search(sentence[1]):
            yield sentence, node.lineno


def _in_template(text: str) -> Iterator[tuple[Sentence, int]]:
    readable = templatize(text)
    for match in CALL.finditer(readable):
        words = [str(w) for w in _literals(match.group(2))]
        sentence = _sentence(match.group(1), words)
        if sentence and CHINESE.search(sentence[1]):
            yield sentence, readable.count("\n", 0, match.start()) + 1


def _literals(text: str) -> tuple[object, ...]:
    value = ast.literal_eval(f"({text.rstrip().rstrip(',')},)")
    return tuple(value)


def _sentence(name: str, words: list[str]) -> Sentence | None:
    if name in SINGLE and words:
        return "", words[0], ""
    if name in WITH_CONTEXT and len(words) >= 2:
        return words[0], words[1], ""
    if name in WITH_PLURAL and len(words) >= 2:
        return "", words[0], words[1]
    return None
