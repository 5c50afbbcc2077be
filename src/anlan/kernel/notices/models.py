"""The tables of notices, gathered for Django; each lives in the file that explains it."""

from anlan.kernel.notices.chosen import Absence, Preference
from anlan.kernel.notices.leaving import Attempt, Outward, OutwardItem, Receiver
from anlan.kernel.notices.told import Notice, NoticeRead

__all__ = ["Absence", "Attempt", "Notice", "NoticeRead", "Outward", "OutwardItem", "Preference", "Receiver"]
