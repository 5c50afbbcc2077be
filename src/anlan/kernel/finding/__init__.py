"""Finding (查找): one question over everything in scope, the Chinese of it segmented, and never a row out of scope.

A question is answered kind by kind: registers, loops, places, bodies, people in posts, rules, help. Rows that hold the exact
run of characters come first, then rows that hold all its words apart. Serves every article through who can find what.
"""

from anlan.kernel.finding.highlighting import marked
from anlan.kernel.finding.named import bodies, people, places, rules_of
from anlan.kernel.finding.narrowing import Narrowed
from anlan.kernel.finding.question import Question, understood
from anlan.kernel.finding.rows import FoundRows, find_all

__all__ = [
    "FoundRows",
    "Narrowed",
    "Question",
    "bodies",
    "find_all",
    "marked",
    "people",
    "places",
    "rules_of",
    "understood",
]
