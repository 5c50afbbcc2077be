"""The tables of notices, gathered for Django; each lives in the file that explains it."""

from anlan.kernel.notices.told import Notice, NoticeRead

__all__ = ["Notice", "NoticeRead"]
