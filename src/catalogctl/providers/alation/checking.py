"""What can be said of planned changes by reading alone. Alation has no rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogctl.model import Action, Change, FieldChange, Prediction, Verdict
from catalogctl.providers.alation import syncing
from catalogctl.providers.alation.custom_fields import Refusal, name_of
from catalogctl.providers.alation.mapping import SYNCED, TYPES, name_of_table
from catalogctl.providers.alation.reading import Reading

ADMINS_ONLY = ("title", "description")
SURPLUS = "a sync takes away only columns that are gone at the source, which nobody here can see"


@dataclass(frozen=True, slots=True)
class Checks:
    """Settings, definitions and the user are read once."""

    reading: Reading

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        """Refusals, and what a removal of columns depends on."""
        found: list[Prediction] = []
        for change in changes:
            found += await self._custom_fields(change)
            found += await self._rights(change)
            refusal = await self._refusal(change)
            if refusal is not None:
                found.append(_prediction(change, *refusal))
            for each in change.fields:
                if each.path == "columns" and each.removed:
                    found.append(Prediction(change.address, each.path, Verdict.UNVERIFIED, SURPLUS))
        return found

    async def _custom_fields(self, change: Change) -> list[Prediction]:
        found = []
        for each in change.fields:
            name = name_of(each.path)
            if name is None or each.verdict is Verdict.REFUSED:
                continue
            definitions = await self.reading.custom_fields()
            refusal = definitions.refuses(name, is_list=each.is_set)
            refusal = refusal or definitions.refuses_value(name, each.after)
            if refusal is not None:
                found.append(_prediction(change, each, refusal))
        return found

    async def _rights(self, change: Change) -> list[Prediction]:
        """A plan may be made with a token that cannot apply it, and says so: no refusal."""
        of_admins = [each for each in change.fields if each.path in (*SYNCED, *ADMINS_ONLY)]
        if not of_admins:
            return []
        user = await self.reading.user()
        if user.is_admin:
            return []
        told, mend = syncing.no_admin(user.name, user.role)
        text = f"this token can plan it, not apply it: {told}; {mend}"
        return [Prediction(change.address, of_admins[0].path, Verdict.UNVERIFIED, text)]

    async def _refusal(self, change: Change) -> tuple[FieldChange, Refusal] | None:
        """Why the change as a whole cannot be made: one reason, at its most telling field."""
        if change.verdict is Verdict.REFUSED or change.action is not Action.TRIGGER:
            return None
        synced = [each for each in change.fields if each.path in SYNCED]
        for each in synced:
            if each.path == "table_type" and each.after not in TYPES:
                message = f"Alation syncs no {each.after}, only a TABLE or a VIEW"
                return each, Refusal(message, "declare one of the two")
        name = name_of_table(change.address)
        settings = await self.reading.settings(name.ds_id)
        if settings is not None and syncing.excludes(settings, name.schema):
            return synced[0], Refusal(*syncing.excluded(name))
        return None


def _prediction(change: Change, field: FieldChange, refusal: Refusal) -> Prediction:
    return Prediction(
        change.address,
        field.path,
        Verdict.REFUSED,
        refusal.message,
        member=refusal.member,
        hint=refusal.hint,
    )
