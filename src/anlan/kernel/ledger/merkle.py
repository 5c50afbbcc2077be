"""Merkle trees over digests (the shape of RFC 6962): root, inclusion proof, and its check. Pure.

Leaves and nodes are hashed under different prefixes, so a node can never pass for a leaf. The same code
serves both hash functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from anlan.kernel.ledger.digests import sm3_bytes

Hash = Callable[[bytes], bytes]
LEAF, NODE = b"\x00", b"\x01"
LEFT, RIGHT = "left", "right"


def sha256(content: bytes) -> bytes:
    """Return the SHA-256 digest."""
    return hashlib.sha256(content).digest()


def sm3(content: bytes) -> bytes:
    """Return the SM3 digest."""
    return sm3_bytes(content)


HASHES: dict[str, Hash] = {"sha256": sha256, "sm3": sm3}


def levels(leaves: Sequence[bytes], hash_: Hash) -> list[list[bytes]]:
    """Return every level of the tree, leaves first; an odd last node is carried up unchanged."""
    if not leaves:
        return [[hash_(b"")]]
    tree = [[hash_(LEAF + leaf) for leaf in leaves]]
    while len(tree[-1]) > 1:
        below = tree[-1]
        above = [hash_(NODE + below[i] + below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        tree.append(above)
    return tree


def root(leaves: Sequence[bytes], hash_: Hash) -> str:
    """Return the root in hexadecimal; the root over no leaves is the hash of nothing."""
    return levels(leaves, hash_)[-1][0].hex()


def proof(tree: Sequence[Sequence[bytes]], position: int) -> list[list[str]]:
    """Return the path from leaf ``position`` to the root: ``[side of the sibling, its digest]``, upwards."""
    path: list[list[str]] = []
    for level in tree[:-1]:
        sibling = position ^ 1
        if sibling < len(level):
            path.append([LEFT if sibling < position else RIGHT, level[sibling].hex()])
        position //= 2
    return path


def climb(leaf: bytes, path: Sequence[Sequence[str]], hash_: Hash) -> str:
    """Return the root to which ``leaf`` leads by ``path``; raise ``ValueError`` for a malformed path."""
    node = hash_(LEAF + leaf)
    for step in path:
        side, sibling_hex = step
        sibling = bytes.fromhex(sibling_hex)
        if side == LEFT:
            node = hash_(NODE + sibling + node)
        elif side == RIGHT:
            node = hash_(NODE + node + sibling)
        else:
            raise ValueError(f"side {side!r}")
    return node.hex()
