"""The registers and matters of the installations domain."""

from anlan.domains.installations.models.commitment import SafetyCommitment
from anlan.domains.installations.models.file import HazardFile
from anlan.domains.installations.models.installation import Installation, Inventory
from anlan.domains.installations.models.keepers import DutyRecord, HazardKeeper

__all__ = ["DutyRecord", "HazardFile", "HazardKeeper", "Installation", "Inventory", "SafetyCommitment"]
