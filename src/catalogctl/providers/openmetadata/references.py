"""What a change refers to: does it exist, and what would it push out? Each asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from catalogctl import fqn
from catalogctl.errors import CatalogError
from catalogctl.model import Change, FieldChange, Prediction, Verdict
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.mapping import LABEL_SOURCES, TIER

COLLECTIONS = {
    "Tag": "tags",
    "Glossary term": "glossaryTerms",
    "User": "users",
    "Team": "teams",
    "Domain": "domains",
    "Classification": "classifications",
    "Glossary": "glossaries",
}
Found = tuple[str, str]
"""What kind of thing, and its name: ("Tag", "PII.Sensitive")."""


def referred(path: str, member: str) -> Found | None:
    """What a member of a set refers to, by the path of the set."""
    field = path.rsplit(".", 1)[-1]
    if field == "tags":
        return "Tag", member
    if field == "glossaryTerms":
        return "Glossary term", member
    if field == "domains":
        return "Domain", member
    if field == "followers":
        return "User", member
    if field == "owners":
        kind, _, name = member.partition(":")
        return ("Team" if kind == "team" else "User"), name
    return None


def _parent(name: str) -> str:
    """The classification, tag, glossary or term that a label stands under."""
    return fqn.join(fqn.split(name)[:-1])


class References:
    """Look-ups by name, remembered for the run; concurrent askers share one request."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._asked: dict[Found, asyncio.Task[Mapping[str, Any] | None]] = {}
        self._names: dict[tuple[str, str], asyncio.Task[list[str]]] = {}

    async def find(self, what: Found) -> Mapping[str, Any] | None:
        """The entity, or None when there is none. Raises what the catalog answers otherwise."""
        task = self._asked.get(what)
        if task is None:
            kind, name = what
            task = asyncio.ensure_future(self._api.entity(COLLECTIONS[kind], name))
            self._asked[what] = task
        return await task

    async def id_of(self, path: str, member: str) -> str | None:
        """The id behind a member of `owners`, `domains` or `followers`."""
        what = referred(path, member)
        found = await self.find(what) if what else None
        return str(found["id"]) if found else None

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        """Refusals for references that cannot be used, and members that would be pushed out."""
        answers = await asyncio.gather(
            *(
                self._check_field(change, each)
                for change in changes
                for each in change.fields
                if each.added and each.verdict is not Verdict.REFUSED
            )
        )
        return [prediction for answer in answers for prediction in answer]

    async def _check_field(self, change: Change, field: FieldChange) -> list[Prediction]:
        found = []
        for member in field.added or ():
            refusal = await self._refusal(field.path, member)
            if refusal is not None:
                message, hint = refusal
                found.append(
                    Prediction(
                        change.address, field.path, Verdict.REFUSED, message, member, hint=hint
                    )
                )
        if not found and field.path.rsplit(".", 1)[-1] in LABEL_SOURCES:
            found += await self._exclusive(change, field)
        return found

    async def _refusal(self, path: str, member: str) -> tuple[str, str | None] | None:
        what = referred(path, member)
        if what is None:
            return None
        try:
            entity = await self.find(what)
        except CatalogError:
            return None  # may not be read with this token: it stays unverified
        kind, name = what
        if entity is None:
            near = await self._near(what)
            return f"{kind} {name} not found", f'did you mean "{near}"?' if near else None
        if entity.get("deleted"):
            return f"{kind} {name} is deleted", None
        team_type = entity.get("teamType", "Group")
        if path == "owners" and kind == "Team" and team_type != "Group":
            return f"Team {name} is of type {team_type}; only a team of type Group can own", None
        return None

    async def _exclusive(self, change: Change, field: FieldChange) -> list[Prediction]:
        """In an exclusive classification, tag or glossary a declared member replaces the others."""
        wanted = set(field.added or ())
        after = field.after if isinstance(field.after, tuple) else ()
        found = []
        for member in sorted(wanted):
            parent = _parent(member)
            siblings = [each for each in after if each != member and _parent(each) == parent]
            if not siblings or not await self._is_exclusive(field.path, member, parent):
                continue
            rivals = sorted(each for each in siblings if each in wanted)
            if rivals:
                text = (
                    f"{member} and {rivals[0]} are mutually exclusive"
                    " and cannot be assigned together"
                )
                found.append(Prediction(change.address, field.path, Verdict.REFUSED, text, member))
            else:
                found.append(
                    Prediction(
                        change.address, field.path, Verdict.UNVERIFIED, removed=tuple(siblings)
                    )
                )
        return found

    async def _is_exclusive(self, path: str, member: str, parent: str) -> bool:
        if member.startswith(TIER):
            return True
        glossary = path.endswith("glossaryTerms")
        if len(fqn.split(parent)) > 1:
            kind = "Glossary term" if glossary else "Tag"
        else:
            kind = "Glossary" if glossary else "Classification"
        try:
            entity = await self.find((kind, parent))
        except CatalogError:
            return False
        return bool(entity and entity.get("mutuallyExclusive"))

    async def _near(self, what: Found) -> str | None:
        """The nearest name that does exist, for the message."""
        kind, name = what
        params: dict[str, str] = {}
        if kind == "Tag":
            params["parent"] = fqn.split(name)[0]
        key = (kind, params.get("parent", ""))
        task = self._names.get(key)
        if task is None:
            task = asyncio.ensure_future(self._api.names(COLLECTIONS[kind], params))
            self._names[key] = task
        try:
            names = await task
        except CatalogError:
            return None
        folded = {each.casefold(): each for each in names}
        if name.casefold() in folded:
            return folded[name.casefold()]
        close = get_close_matches(name, names, n=1, cutoff=0.7)
        return close[0] if close else None
