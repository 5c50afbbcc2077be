"""The registers and matters of the risk domain: the enterprise's structure, the tree of risks, gradings, confirmations."""

from anlan.domains.risk.models.confirming import ShiftConfirmation
from anlan.domains.risk.models.grading import RiskGrading
from anlan.domains.risk.models.measure import ControlMeasure
from anlan.domains.risk.models.structure import Division, WorkPost
from anlan.domains.risk.models.tree import RiskEvent, RiskObject, RiskUnit

__all__ = [
    "ControlMeasure",
    "Division",
    "RiskEvent",
    "RiskGrading",
    "RiskObject",
    "RiskUnit",
    "ShiftConfirmation",
    "WorkPost",
]
