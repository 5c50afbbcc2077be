"""The registers of enterprises and of their further places."""

from anlan.domains.enterprises.models.enterprise import SCALES, Enterprise, sector_at
from anlan.domains.enterprises.models.place import EnterprisePlace

__all__ = ["SCALES", "Enterprise", "EnterprisePlace", "sector_at"]
