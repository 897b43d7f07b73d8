"""The settings of a connection."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.model import Secret
from catalogctl.providers.posthog import inputs
from catalogctl.providers.posthog.inputs import at, held, nested, to_send


@pytest.mark.parametrize(
    ("declared", "value", "same"),
    [
        ("5432", "5432", True),
        ("5432", 5432, True),
        (5432, "5432", True),
        (True, "True", True),
        (True, "true", True),
        (False, "False", True),
        (False, None, False),
        (True, "False", False),
        ("a", "b", False),
        ("x", {"x": 1}, False),
    ],
)
def test_values_compare_as_the_server_keeps_them(declared: Any, value: Any, same: bool) -> None:
    found = held({"a": {"b": value}}, "a.b", declared)
    assert (found is declared or found == declared) == same


def test_a_secret_is_always_held() -> None:
    assert held({}, "password", Secret("env/X")) == Secret("env/X")


def test_merged_containers_get_only_what_changes_and_others_lose_nothing() -> None:
    live = {
        "ssh_tunnel": {"host": "a", "port": "1"},
        "extra": {"x": "1", "y": {"z": "2", "w": "3"}},
    }
    settings = [("ssh_tunnel.host", "b"), ("extra.y.z", "9"), ("port", "5")]
    assert to_send(settings, live) == {
        "ssh_tunnel": {"host": "b"},
        "extra": {"x": "1", "y": {"z": "9", "w": "3"}},
        "port": "5",
    }
    assert to_send([("extra.x", "1")], None) == {"extra": {"x": "1"}}


_paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)


@given(st.dictionaries(_paths, st.integers(), max_size=5))
def test_what_is_nested_is_found_again(settings: dict[str, int]) -> None:
    clear = {
        path: value
        for path, value in settings.items()
        if not any(other.startswith(path + ".") for other in settings)
    }
    made = nested(clear.items())
    assert {path: at(made, path) for path in clear} == clear


def test_only_settings_have_a_path_below_job_inputs() -> None:
    assert inputs.path_in("job_inputs.ssh_tunnel.host") == "ssh_tunnel.host"
    assert inputs.path_in("description") is None
