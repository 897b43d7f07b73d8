"""Frequencies, times of day and moments, as the API spells them."""

from __future__ import annotations

import hashlib
from datetime import datetime, time, timezone

MINUTE, HOUR, DAY = 60, 3600, 86400
FREQUENCIES = {
    "1min": MINUTE,
    "5min": 5 * MINUTE,
    "15min": 15 * MINUTE,
    "30min": 30 * MINUTE,
    "1hour": HOUR,
    "6hour": 6 * HOUR,
    "12hour": 12 * HOUR,
    "24hour": DAY,
    "7day": 7 * DAY,
    "30day": 30 * DAY,
}
NAMES = {seconds: name for name, seconds in FREQUENCIES.items()}
DEFAULT_INTERVAL = FREQUENCIES["6hour"]


def frequency_name(interval: int | None) -> str | None:
    """No interval reads back as null, never as "never"; one outside the table has no name.

    A stored interval that has no name makes the real server fail; the sandbox can't store one.
    """
    return None if interval is None else NAMES[interval]


def read_time(text: str) -> time | None:
    """``h:mm``, ``hh:mm``, ``hh:mm:ss`` or with a fraction, as the framework's time field."""
    for pattern in ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M"):
        try:
            return datetime.strptime(text, pattern).time()
        except ValueError:
            continue
    return None


def has_seconds_exactly(text: str) -> bool:
    """Whether the second look that a single PATCH takes at a time lets it pass."""
    try:
        datetime.strptime(text, "%H:%M:%S")
    except ValueError:
        return False
    return True


def next_run(schema_id: str, interval: int, time_of_day: str | None, after_ms: int) -> int:
    """When a schedule fires next: the interval, shifted by the time of day modulo the interval.

    Seconds of the time are ignored. Without a time the shift is stable per schema and below a day;
    weekly and monthly schedules have none.
    """
    if time_of_day is not None:
        at = time.fromisoformat(time_of_day)
        shift = at.hour * HOUR + at.minute * MINUTE
    elif interval > DAY:
        shift = 0
    else:
        shift = int(hashlib.sha256(schema_id.encode()).hexdigest(), 16) % DAY
    step, offset = interval * 1000, (shift % interval) * 1000
    return after_ms - (after_ms - offset) % step + step


def moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, timezone.utc).replace(
        microsecond=microseconds % 1_000_000
    )


def stamp(microseconds: int) -> str:
    """``2026-05-01T09:12:44.120394Z``; always six digits, so that the texts sort."""
    return moment(microseconds).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_moment(text: str) -> datetime:
    """An ISO 8601 moment, UTC if it names no zone; ``ValueError`` if it is none."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
