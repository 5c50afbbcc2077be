"""The tables of the colours domain: colours, joint prevention, floor plans."""

from anlan.domains.colours.models.colour import ColourRun, EnterpriseColour
from anlan.domains.colours.models.joint import JointGroup, JointMember, SharedRisk
from anlan.domains.colours.models.plan import FloorPlan

__all__ = [
    "ColourRun",
    "EnterpriseColour",
    "FloorPlan",
    "JointGroup",
    "JointMember",
    "SharedRisk",
]
