"""What a test may turn while the server runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Settings:
    """Numbers and switches of the PostHog dialect, with what they cause."""

    run_seconds: float = 5.0
    """How long a run takes by the sandbox's clock, where its table does not say."""
    per_minute: int = 480
    per_hour: int = 4800
    """Calls that a project may make; 0 turns the limit off, as on servers of one's own."""
    bulk_for_keys: bool = False
    """The older eras let API keys use ``bulk_update_schemas``: unknown for the middle one."""
    stuck: bool = False
    """New runs never end."""
    trigger_fails: bool = False
    """Runs that a person asks for can't be started."""
    schedule_fails: bool = False
    """Calls to the scheduler fail, after the row was saved."""
    unsaveable: list[str] = field(default_factory=list)
    """Names of schemas whose rows can't be written."""

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set some; an unknown name is a ``ValueError``."""
        known = {entry.name for entry in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; one of {', '.join(sorted(known))}")
            setattr(self, name, type(getattr(self, name))(value))

    def describe(self) -> dict[str, Any]:
        return asdict(self)
