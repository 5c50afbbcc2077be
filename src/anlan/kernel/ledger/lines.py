"""Lines of the ledger as PostgreSQL writes them out by COPY, and the canonical body of an entry straight from its line.

Nothing is made of a column but the bytes that are hashed: no text is decoded, no instance made. Only the parts that are JSON
are read and written anew, for PostgreSQL keeps their keys in an order of its own. Whatever does not look plain gives no body;
the close check (``verifying``) then decides. Needs no settings of Django.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
from psycopg.pq import ExecStatus

from anlan.kernel.ledger.chain import BODY_VERSION

FETCHED = 4000
# Every column an entry's body is made of: those the walk compares first, those that are JSON last.
ENTRY_COLUMNS = (
    "chain", "seq", "sha256", "sm3", "previous", "previous_sm3", "private_digest", "act", "actor_kind", "actor_name",
    "actor_party", "actor_person", "actor_post", "at", "from_state", "id", "is_demo", "key", "received_at", "subject",
    "to_state", "data", "evidence", "rules",
)  # fmt: skip
ENTRIES = (", ".join(ENTRY_COLUMNS), "ledger_entry")
LEAVES = ("chain, seq, sha256, sm3", "ledger_anchor_leaf")
# What lies sealed beside the chain, by the place of its entry.
HIDDEN = (
    "chain, seq, salt, sealed",
    "ledger_private JOIN ledger_entry ON ledger_entry.id = ledger_private.entry_id",
)
LOWEST, HIGHEST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"

# What the ledger's JSON may not hold although PostgreSQL's may: a number with a fraction. In a text it only looks like one
# where a point, digits and a bracket or comma follow each other; then the chain is looked at closely for nothing.
FRACTION = re.compile(rb"\.\d+[,}\]]")
# What stands in a text of an entry only in JSON's or in COPY's own way of writing: then each text is written out anew.
_NOT_AS_IT_IS = bytes([*range(9), *range(10, 32)]) + b'"\\'
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_INSTANT = len("2026-03-06 06:20:00.000000+00")
_END = b'","v":%d}' % BODY_VERSION
MOST_REMEMBERED = 2000


def lines(
    connection: psycopg.Connection[Any], query: tuple[str, str], low: str, high: str
) -> Iterator[bytes]:
    """Yield the lines of the chains from ``low`` on and below ``high``, in the order of chains, each with its line end.

    They come in pieces, each a statement of its own that goes on where the last one ended: so several kinds of lines are
    read side by side in one transaction, and memory stays flat.
    """
    columns, table = query
    where, below = f"chain >= '{low}'", "<=" if high == HIGHEST else "<"
    while True:
        statement = (
            f"COPY (SELECT {columns} FROM {table} WHERE {where} AND chain {below} '{high}' "  # noqa: S608 (chains and names)
            f"ORDER BY chain, seq LIMIT {FETCHED}) TO STDOUT (NULL '')"
        )
        piece = _copied(connection.pgconn, statement)
        yield from piece
        if len(piece) < FETCHED:
            return
        chain, seq, _rest = piece[-1].split(b"\t", 2)
        where = f"(chain, seq) > ('{chain.decode()}', {int(seq)})"


def _copied(libpq: Any, statement: str) -> list[bytes]:
    """Return what a COPY writes out, by libpq itself: a line costs half of what it does by way of a cursor."""
    begun = libpq.exec_(statement.encode())
    if begun.status != ExecStatus.COPY_OUT:
        raise psycopg.OperationalError(begun.get_error_message())
    piece = []
    size, line = libpq.get_copy_data(0)
    while size > 0:
        piece.append(bytes(line))
        size, line = libpq.get_copy_data(0)
    while (end := libpq.get_result()) is not None:
        if end.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(end.get_error_message())
    return piece


def unescaped(value: bytes) -> bytes:
    """Return a value as it stands in the table, without what COPY puts before some of its characters."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), value) if b"\\" in value else value


class Bodies:
    """Puts bodies together; remembers the rules that were named before, for few are named by many entries."""

    def __init__(self) -> None:
        self._rules: dict[bytes, bytes] = {b"[]": b"[]"}

    def body(self, values: list[bytes], json: list[bytes]) -> bytes | None:
        """Return the canonical bytes of an entry, or None where they cannot be told this way.

        ``values`` are the columns before ``data``, ``json`` the others. Keys are put in the order of their UTF-8 bytes;
        where that is not the order of RFC 8785 (characters beyond the basic plane in a key) the digests differ, and the
        close check decides.
        """
        (
            chain, seq, _sha256, _sm3, previous, previous_sm3, private, act, kind, name, party, person, post, at,
            from_state, own, is_demo, key, received_at, subject, to_state,
        ) = values  # fmt: skip
        try:
            data, evidence, rules = json[0], json[1], self._rules.get(json[2])
            if data != b"{}":
                data = _rewritten(data)
            if evidence != b"[]":
                evidence = _rewritten(evidence)
            if rules is None:
                rules = self._remembered(json[2])
        except ValueError:
            return None
        at_written = instant(at)
        received = at_written if received_at == at else instant(received_at)
        party, person, post, key = _or_null(party), _or_null(person), _or_null(post), _or_null(key)
        is_demo = b"true" if is_demo == b"t" else b"false"
        # One join over all of it: every further piece of work on an entry is done some million times.
        return b"".join((
            b'{"act":"', act, b'","actor":{"kind":"', kind, b'","name":"', name, b'","party":', party, b',"person":', person,
            b',"post":', post, b'},"at":"', at_written, b'","chain":"', chain, b'","data":', data, b',"evidence":', evidence,
            b',"from_state":"', from_state, b'","id":"', own, b'","is_demo":', is_demo, b',"key":', key,
            b',"previous":{"sha256":"', previous, b'","sm3":"', previous_sm3, b'"},"private_digest":"', private,
            b'","received_at":"', received, b'","rules":', rules, b',"seq":', seq, b',"subject":"', subject,
            b'","to_state":"', to_state, _END,
        ))  # fmt: skip

    def _remembered(self, rules: bytes) -> bytes:
        written = _rewritten(rules)
        if len(self._rules) < MOST_REMEMBERED:
            self._rules[rules] = written
        return written


def parted(line: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the values of an entry's line, as they stand between the quotes of its body, and its JSON."""
    head, *json = line[:-1].rsplit(b"\t", 3)
    values = head.split(b"\t")
    if len(head.translate(None, _NOT_AS_IT_IS)) != len(head):
        # No escape stands for a tabulator between two values: COPY writes the one in a text as \t.
        values = [orjson.dumps(unescaped(value).decode())[1:-1] for value in values]
    return values, json


def _or_null(own: bytes) -> bytes:
    return b'"' + own + b'"' if own else b"null"


def _rewritten(json: bytes) -> bytes:
    """Return JSON with its keys in order and without blanks; raises ValueError where a closer look is asked for."""
    if b"\\" in json:
        json = json.replace(
            b"\\\\", b"\\"
        )  # all that COPY does to JSON, which holds no other sign of control
    if b"." in json and FRACTION.search(json):
        raise ValueError("a number with a fraction")
    return orjson.dumps(orjson.loads(json), option=_SORTED)


def instant(text: bytes) -> bytes:
    """Return an instant as the ledger writes it: ``2026-03-06 06:20:00.5+00`` → ``2026-03-06T06:20:00.500000Z``."""
    if len(text) != _INSTANT:
        bare = text.removesuffix(b"+00")
        text = (bare if b"." in bare else bare + b".").ljust(_INSTANT - 3, b"0") + b"+00"
    return text[:10] + b"T" + text[11:-3] + b"Z"
