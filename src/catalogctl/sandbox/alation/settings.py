"""What a test may turn while the server runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

WRAPPABLE = ("description", "custom_fields")


@dataclass
class Settings:
    """Numbers and switches of the Alation dialect, with what they cause."""

    access_token_hours: float = 24.0
    refresh_token_days: float = 60.0
    """Lifetimes of tokens made from now on."""
    token_errors_as_200: bool = False
    """Calls about tokens fail with a 200 and ``"status": "failed"`` in the body."""
    wrap_html: list[str] = field(default_factory=lambda: ["description"])
    """Where plain text is put into ``<p>``: "description", "custom_fields" (rich texts)."""
    job_polls: int = 0
    """How often a job answers ``running`` before it has done its work."""
    job_seconds: float = 30.0
    """By the sandbox's clock; a job that nobody polls has done its work after that."""
    job_fails: str = ""
    """A reason: jobs started from now on end as ``failed`` and change nothing."""
    job_stuck: bool = False
    """Jobs started from now on never end."""
    item_errors: dict[str, str] = field(default_factory=dict)
    """Keys of objects whose v2 writes fail inside a successful job, with the reason."""
    two_jobs: bool = False
    """Custom field values are written by a second job that the first one names."""
    page_cap: int = 1000
    """The largest page, whatever ``limit`` says."""

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set some; an unknown name is a ``ValueError``."""
        known = {entry.name for entry in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; one of {', '.join(sorted(known))}")
            if name == "wrap_html" and set(value) - set(WRAPPABLE):
                raise ValueError(f"wrap_html holds {' or '.join(WRAPPABLE)}")
            setattr(self, name, type(getattr(self, name))(value))

    def describe(self) -> dict[str, Any]:
        return asdict(self)
