"""The words of colours, in the field's own."""

from __future__ import annotations

from anlan.kernel.words import Words

GREY, BLUE, YELLOW, ORANGE, RED = 0, 1, 2, 3, 4
COLOURS = [
    (RED, Words("红", "Red")),
    (ORANGE, Words("橙", "Orange")),
    (YELLOW, Words("黄", "Yellow")),
    (BLUE, Words("蓝", "Blue")),
    (GREY, Words("未评级", "Not graded")),
]
NUMBERS = {"red": RED, "orange": ORANGE, "yellow": YELLOW, "blue": BLUE}


def colour_words(level: int) -> Words:
    """Return the colour of a level in words."""
    return dict(COLOURS)[level]
