"""Rules: numbers of law looked up by key, place and date; deadlines counted; computations run.

Serves every clause that names a figure, a limit or a grade. A rule never decides by itself and never reads
the database: values go in, a ``Finding`` with its steps, clauses and confidence comes out. Figures live in
``rules.yaml`` files, which the composition root names with ``book.install``; nothing here knows a domain.
"""

from anlan.kernel.rules.book import LighterOf as LighterOf
from anlan.kernel.rules.book import catalogue as catalogue
from anlan.kernel.rules.book import install as install
from anlan.kernel.rules.book import lighter_of as lighter_of
from anlan.kernel.rules.book import parameter
from anlan.kernel.rules.computing import Consulted, Finding, computation, computations, run
from anlan.kernel.rules.computing import compute as compute
from anlan.kernel.rules.deadlines import DeadlineError as DeadlineError
from anlan.kernel.rules.deadlines import Due as Due
from anlan.kernel.rules.deadlines import Duration, due
from anlan.kernel.rules.deadlines import Step as Step
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.json_reading import read_json as read_json
from anlan.kernel.rules.parameters import Parameter as Parameter
from anlan.kernel.rules.parameters import RuleGap
from anlan.kernel.rules.parameters import UnknownRule as UnknownRule
from anlan.kernel.rules.reading import RuleFileError as RuleFileError

__all__ = [
    "Consulted",
    "Duration",
    "Finding",
    "InputErrors",
    "RuleGap",
    "computation",
    "computations",
    "due",
    "parameter",
    "run",
]
