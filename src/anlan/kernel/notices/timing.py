"""When a message goes out: quiet hours hold back what is not urgent, digests have their times of the day.

Pure: instants in, instants out; hours are those of Asia/Shanghai, working days those of the working calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from anlan.kernel import clock
from anlan.kernel.notices.kinds import breaks_quiet, goes_at_once

EACH, DIGEST = "each", "digest"
QUIET_FROM, QUIET_TO = time(22), time(7)
DIGEST_TIMES = ("08:30", "14:30")
LONGEST_LOOK = 40  # days; the longest holiday of the calendar is far shorter


@dataclass(frozen=True, slots=True)
class Hours:
    """What a person chose: quiet hours (none when both ends are equal), times of digests, and on which days."""

    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO
    digest_times: tuple[str, ...] = DIGEST_TIMES
    working_days_only: bool = True
    pace: str = DIGEST


def is_quiet(at: datetime, hours: Hours) -> bool:
    """Say whether an instant lies in the quiet hours (their end does not)."""
    now, begin, end = at.astimezone(clock.CHINA).time(), hours.quiet_from, hours.quiet_to
    if begin == end:
        return False
    return begin <= now < end if begin < end else now >= begin or now < end


def after_quiet(at: datetime, hours: Hours) -> datetime:
    """Return the instant itself, or the end of the quiet hours it lies in."""
    if not is_quiet(at, hours):
        return at
    local = at.astimezone(clock.CHINA)
    end = datetime.combine(local.date(), hours.quiet_to, clock.CHINA)
    if end <= local:
        end = datetime.combine(local.date() + timedelta(days=1), hours.quiet_to, clock.CHINA)
    return end.astimezone(UTC)


def next_digest(at: datetime, hours: Hours) -> datetime:
    """Return the first time of a digest after an instant, moved out of the quiet hours."""
    times = sorted(time.fromisoformat(text) for text in hours.digest_times or DIGEST_TIMES)
    day = at.astimezone(clock.CHINA).date()
    calendar = clock.working_calendar()
    for _ in range(LONGEST_LOOK):
        if not hours.working_days_only or calendar.is_working(day):
            for each in times:
                moment = after_quiet(datetime.combine(day, each, clock.CHINA).astimezone(UTC), hours)
                if moment > at:
                    return moment
        day += timedelta(days=1)
    return at + timedelta(days=1)


def goes_out(
    kind: str, due_at: datetime | None, made_at: datetime, now: datetime, hours: Hours
) -> tuple[bool, datetime]:
    """Return whether a notice goes out as an instant message (else in a digest), and not before when."""
    if not goes_at_once(kind, due_at) and hours.pace != EACH:
        return False, next_digest(now, hours)
    return True, now if breaks_quiet(kind, due_at, made_at) else after_quiet(now, hours)
