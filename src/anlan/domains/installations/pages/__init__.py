"""Pages of the installations domain that cannot be derived: the open page of an enterprise's commitments to safety."""

from __future__ import annotations

from anlan.domains.installations.pages.announcing import commitments
from anlan.kernel.registers.pages import OpenPage

pages = (OpenPage("commitments", commitments),)
