"""By which channel and how often a subscription gives: as of when its rows are shown, how long a file is kept.

The declared frequency is enforced by what is given, not by turning callers away: a daily subscription shows what had changed
by midnight, however often it is asked. So a reader that broke off may ask again, and nothing is skipped. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from anlan.kernel import clock
from anlan.kernel.words import Words

LIVE, HOURLY, DAILY, WEEKLY = "live", "hourly", "daily", "weekly"
PULL, PUSH, XLSX, CSV = "pull", "push", "xlsx", "csv"
FILE_CHANNELS = (XLSX, CSV)
CHANNELS = [
    (PULL, Words("接口拉取", "Pulled over the API")),
    (PUSH, Words("推送到接收地址", "Pushed to a webhook")),
    (XLSX, Words("定期生成 Excel 文件", "Excel file, made on a schedule")),
    (CSV, Words("定期生成 CSV 文件", "CSV file, made on a schedule")),
]
FREQUENCIES = [
    (LIVE, Words("随时", "At any time")),
    (HOURLY, Words("每小时", "Hourly")),
    (DAILY, Words("每天", "Daily")),
    (WEEKLY, Words("每周", "Weekly")),
]
# A row written in a transaction that is not over yet must not be passed over by the cursor.
SETTLING = timedelta(seconds=5)
LIVE_REST = timedelta(seconds=15)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_WEEK = timedelta(days=7)
KEPT = {HOURLY: timedelta(days=2), DAILY: timedelta(days=14), WEEKLY: timedelta(days=35)}


def began(frequency: str, now: datetime) -> datetime:
    """Return the beginning of the hour, day or week an instant lies in, in China; of ``live`` the instant itself."""
    local = now.astimezone(clock.CHINA)
    if frequency == HOURLY:
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    if frequency in {DAILY, WEEKLY}:
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        back = _DAY * local.weekday() if frequency == WEEKLY else timedelta(0)
        return (midnight - back).astimezone(UTC)
    return now


def as_of(frequency: str, now: datetime) -> datetime:
    """Return until when changes are given by now."""
    return began(frequency, now - SETTLING)


def next_at(frequency: str, now: datetime) -> datetime:
    """Return when there may be more to give."""
    spans = {HOURLY: _HOUR, DAILY: _DAY, WEEKLY: _WEEK}
    if frequency not in spans:
        return now + LIVE_REST
    return as_of(frequency, now) + spans[frequency] + SETTLING
