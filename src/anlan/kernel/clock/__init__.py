"""The clock: what time it is, which days are working days, and how a year is cut into periods.

Every deadline of law is counted with these three (民法典 arts. 200-204 for counting, the yearly notices of
the General Office of the State Council for days off). The clock never reads the database, never decides a
deadline (that is ``kernel.rules``) and never guesses a calendar silently: a year without its notice is
reported as unknown.
"""

from anlan.kernel.clock.instant import CHINA, now, today, travel
from anlan.kernel.clock.periods import month, quarter
from anlan.kernel.clock.working import CalendarError, WorkingCalendar, use_holiday_folders, working_calendar

__all__ = [
    "CHINA",
    "CalendarError",
    "WorkingCalendar",
    "month",
    "now",
    "quarter",
    "today",
    "travel",
    "use_holiday_folders",
    "working_calendar",
]
