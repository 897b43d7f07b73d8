"""Changes of a source, and of its settings, that cannot be. Pure.

What a type of source knows comes from PostHog's own form for new sources (`wizard`). Where that
could not be asked, less is found beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from catalogctl.model import Change, Declared, Prediction, Risk, Secret, Verdict
from catalogctl.providers.posthog import inputs
from catalogctl.providers.posthog.identity import HIDDEN, key_of
from catalogctl.providers.posthog.mapping import lacks
from catalogctl.providers.posthog.refusals import Refusal
from catalogctl.providers.posthog.wire import Era, InputField, Source, SourceType

Types = Mapping[str, SourceType]
_TUNNEL_SECRETS = frozenset({"password", "passphrase", "private_key"})
_TARGETS = frozenset({"host", "instance_url", "ssh_tunnel.host"})
"""Where a connection leads. The port of a tunnel is none, as far as is known (inferred)."""
_SELECTIONS = frozenset({"auth_method.selection", "auth_type.selection"})


@dataclass(frozen=True, slots=True)
class Beside:
    """What else is known when a source is judged.

    `types` is empty when they could not be asked for, and `unasked` says why; `same_type` says
    that the project has other sources of the type; `lacking` are fields of newer servers.
    """

    types: Types
    era: Era | None
    same_type: bool = False
    lacking: frozenset[str] = frozenset()
    unasked: str | None = None


def asks_wizard(change: Change, source: Source | None) -> bool:
    """Whether the form for new sources has something to say to this change of a source."""
    return source is None or any(inputs.path_in(each.path) for each in change.fields)


def predictions(change: Change, source: Source | None, beside: Beside) -> list[Prediction]:
    """One for each field of a source; `source` is None when it is to be created."""
    refused: dict[str, Refusal] = {}
    for refusal in (
        *(_creation(change, beside) if source is None else _replacement(change)),
        *_unknown_settings(change, source, beside),
        *(_moved(change, source, beside) if source is not None else ()),
    ):
        refused.setdefault(refusal.path, refusal)
    found = []
    for field in change.fields:
        if field.path in refused:
            found.append(refused[field.path].of(change))
        elif field.path in beside.lacking:
            found.append(Refusal(field.path, lacks(field.path)).of(change))
        else:
            message = None
            if beside.unasked and inputs.path_in(field.path) is not None:
                message = f"not checked which settings PostHog knows: {beside.unasked}"
            verdict = Verdict.UNVERIFIED
            found.append(Prediction(change.address, field.path, verdict, message, risk=Risk.FREE))
    return found


def _creation(change: Change, beside: Beside) -> Iterator[Refusal]:
    """A refusal of the source itself stands at its first field: its identity is no change."""
    key, paths = key_of(change.address), [each.path for each in change.fields]
    if beside.types:
        known = beside.types.get(key.source_type)
        if known is None:
            message = f"PostHog has no source type {key.source_type}"
            yield Refusal(paths[0], message, _meant(key.source_type, list(beside.types)))
        elif known.unreleasedSource:
            yield Refusal(paths[0], f"PostHog does not connect {key.source_type} sources yet")
    direct = any(each.path == "access_method" and each.after == "direct" for each in change.fields)
    if not key.prefix and direct:
        message = "a direct source needs a name, which is its prefix"
        yield Refusal("access_method", message, "declare a prefix")
    elif not key.prefix and beside.same_type and beside.era is Era.FIRST:
        message = f"this project has a {key.source_type} source, so another one needs a prefix"
        yield Refusal(paths[0], message, "declare a prefix")


def _replacement(change: Change) -> Iterator[Refusal]:
    for field in change.fields:
        if field.path == "access_method":
            message = "PostHog cannot change how a source is accessed"
            hint = "declare another source, under another prefix"
            yield Refusal(field.path, message, hint, Risk.DESTROY)


def _unknown_settings(change: Change, source: Source | None, beside: Beside) -> Iterator[Refusal]:
    type_name = key_of(change.address).source_type
    known = beside.types.get(type_name)
    if known is None or known.fields is None:
        return
    live = frozenset(source.job_inputs or {}) if source is not None else frozenset()
    names = {each.name for each in known.fields}
    plain = {each.path: each.after for each in change.fields}
    for field in change.fields:
        setting = inputs.path_in(field.path)
        if setting is None:
            continue
        top = setting.partition(".")[0]
        if top not in names | live and not top.startswith(inputs.CAPTURE):
            message = f"{type_name} sources have no setting {top}"
            yield Refusal(field.path, message, _meant(top, sorted(names)))
        elif field.after == HIDDEN or field.path in literals(type_name, plain, beside.types):
            message = "PostHog keeps this setting secret, so its value must not stand in a spec"
            yield Refusal(field.path, message, "write env/NAME or file/PATH")


def literals(source_type: str, declared: Mapping[str, Declared], types: Types) -> frozenset[str]:
    """The paths of declared values that should have been references to secrets."""
    known = types.get(source_type)
    fields = known.fields if known is not None else None
    return frozenset(
        path
        for path, value in declared.items()
        if (setting := inputs.path_in(path)) is not None
        and not isinstance(value, Secret)
        and value not in ("", None)
        and _is_secret(fields or (), setting.split("."))
    )


def _is_secret(fields: Sequence[InputField], parts: Sequence[str]) -> bool:
    """Whether the form calls the setting at these names secret, or one around it."""
    found = next((each for each in fields if each.name == parts[0]), None)
    if found is None:
        return False
    below = parts[1:]
    if found.is_secret or (
        found.type == "ssh-tunnel" and below[-1:] and below[-1] in _TUNNEL_SECRETS
    ):
        return True
    inner = [*(found.fields or ())]
    for option in found.options or ():
        inner += option.fields or ()
    return bool(below) and _is_secret(inner, below)


def _moved(change: Change, source: Source, beside: Beside) -> Iterator[Refusal]:
    """Settings that the server changes only together with the secrets, which a plan never sends."""
    hint = f"`catalogctl run rotate-secrets {change.address}` sends them together"
    for field in change.fields:
        setting = inputs.path_in(field.path)
        if setting is None:
            continue
        if setting in _TARGETS and beside.era is not Era.FIRST:
            message = "PostHog wants the secrets again when a connection leads elsewhere"
            yield Refusal(field.path, message, hint)
        elif setting in _SELECTIONS:
            message = "PostHog forgets the stored secrets when the way to log in changes"
            yield Refusal(field.path, message, hint)
        elif setting.startswith(inputs.CAPTURE) and beside.era is Era.NEWEST:
            message = "this PostHog keeps what change capture was set up with"
            yield Refusal(field.path, message, "change it in PostHog")


def _meant(word: str, known: Sequence[str]) -> str | None:
    close = get_close_matches(word, known, n=1) or [
        each for each in known if each.casefold() == word.casefold()
    ]
    return f"did you mean {close[0]}?" if close else None
