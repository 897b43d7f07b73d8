"""catalogctl.yaml and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from catalogctl.config import Config, Connection, load_config
from catalogctl.errors import InvalidError, UsageError
from catalogctl.policy import Guards, Limit

OPENMETADATA = """
catalogs:
  openmetadata:
    type: openmetadata
    url: env/OPENMETADATA_HOST
    token: env/OPENMETADATA_JWT_TOKEN
"""


def load(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    (tmp_path / "catalogctl.yaml").write_text(text)
    return load_config(cwd=tmp_path, environ=environ or {})


def findings(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        load(tmp_path, text)
    return [str(found) for found in caught.value.diagnostics]


# Where it is


def test_the_file_is_found_by_walking_up_and_paths_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "project/deep/er").mkdir(parents=True)
    (tmp_path / "project/catalogctl.yaml").write_text("specs: [one, ../two]\n")
    config = load_config(cwd=tmp_path / "project/deep/er", environ={})
    assert config.file == tmp_path / "project/catalogctl.yaml"
    assert config.root == tmp_path / "project"
    assert config.specs == (tmp_path / "project/one", tmp_path / "project/../two")
    assert config.relative(tmp_path / "project/one/a.yaml") == "one/a.yaml"
    assert config.relative(tmp_path / "two/a.yaml") == (tmp_path / "two/a.yaml").as_posix()


@pytest.mark.parametrize("is_worktree", [False, True])
def test_the_root_is_the_git_repository(tmp_path: Path, is_worktree: bool) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    if is_worktree:
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    else:
        (tmp_path / ".git").mkdir()
    (tmp_path / "a/catalogctl.yaml").write_text("guards: {max_chnged: 1}\n")
    with pytest.raises(InvalidError, match=r"^a/catalogctl\.yaml:1:10: error\[CONF001\]"):
        load_config(cwd=tmp_path / "a/b", environ={})
    (tmp_path / "a/catalogctl.yaml").unlink()
    config = load_config(cwd=tmp_path / "a/b", environ={})
    assert (config.root, config.file) == (tmp_path, None)
    assert config.specs == (tmp_path / "a/b/catalog-specs",)


def test_a_named_file_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("")
    assert load_config(Path("other.yaml"), cwd=tmp_path, environ={}).file == tmp_path / "other.yaml"
    with pytest.raises(UsageError, match=r"^there is no file gone\.yaml$"):
        load_config(Path("gone.yaml"), cwd=tmp_path, environ={})


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "dir.yaml").mkdir()
    with pytest.raises(InvalidError, match=r"^dir\.yaml:1:1: error\[YAML012\]"):
        load_config(Path("dir.yaml"), cwd=tmp_path, environ={})


# What it says


def test_everything_has_a_default(tmp_path: Path) -> None:
    config = load(tmp_path, "# nothing\n")
    assert config.specs == (tmp_path / "catalog-specs",)
    assert config.catalogs == {}
    assert config.guards == Guards()


def test_a_catalog_keeps_its_references_until_it_is_needed(tmp_path: Path) -> None:
    text = OPENMETADATA + (
        "    timeout: 2.5\n    slow_timeout: 600\n    concurrency: 4\n    requests_per_minute: 90\n"
        "    ca_bundle: certs/ca.pem\n    headers: {X-Team: data, X-Api-Key: file/key}\n"
        "  ph: {type: posthog, url: 'https://eu.posthog.com/', project_id: 1, token: env/PH}\n"
        "  al:\n    {type: alation, url: https://a.example, refresh_token: env/R, user_id: 7}\n"
    )
    config = load(tmp_path, text)
    assert config.types == {"openmetadata": "openmetadata", "ph": "posthog", "al": "alation"}
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/ca.pem").write_text("pem")
    (tmp_path / "key").write_text("k3y\n")
    environ = {
        "OPENMETADATA_HOST": "http://localhost:8585/api/",
        "OPENMETADATA_JWT_TOKEN": "s3cret",
        "PH": "phx",
        "R": "ref",
    }
    assert config.catalogs["openmetadata"].resolve(environ) == Connection(
        name="openmetadata",
        type="openmetadata",
        url="http://localhost:8585/api/",
        token="s3cret",
        timeout=2.5,
        slow_timeout=600,
        concurrency=4,
        requests_per_minute=90,
        ca_bundle=tmp_path / "certs/ca.pem",
        headers={"X-Team": "data", "X-Api-Key": "k3y"},
        secrets=("s3cret", "k3y"),
    )
    assert config.catalogs["ph"].resolve(environ) == Connection(
        "ph",
        "posthog",
        "https://eu.posthog.com/",
        "phx",
        secrets=("phx",),
        options={"project_id": "1"},
    )
    assert config.catalogs["al"].resolve(environ) == Connection(
        "al",
        "alation",
        "https://a.example",
        refresh_token="ref",
        secrets=("ref",),
        options={"user_id": "7"},
    )


def test_no_secret_shows_in_what_is_printed(tmp_path: Path) -> None:
    config = load(tmp_path, OPENMETADATA + "    headers: {Authorization: env/A}\n")
    environ = {"OPENMETADATA_HOST": "http://x", "OPENMETADATA_JWT_TOKEN": "s3cret", "A": "s3cret"}
    connection = config.catalogs["openmetadata"].resolve(environ)
    assert connection.token == connection.headers["Authorization"] == "s3cret"
    assert "s3cret" not in repr(connection)
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("text", "guards"),
    [
        (
            "{max_changed: 12.5%, max_removed: 3}",
            Guards(Limit(12.5), Limit(3, percent=False)),
        ),
        ("{max_changed: 0, max_removed: 100 %}", Guards(Limit(0, percent=False), Limit(100))),
        (
            "{min_objects: 1, protected: [], allow: [no-specs, destructive]}",
            Guards(min_objects=1, protected=(), allow=("no-specs", "destructive")),
        ),
        ("{protected: [PII.*, 'Tier.*', Legal]}", Guards(protected=("PII.*", "Tier.*", "Legal"))),
        ("{}", Guards()),
    ],
)
def test_any_guard_can_be_changed(tmp_path: Path, text: str, guards: Guards) -> None:
    assert load(tmp_path, f"guards: {text}\n").guards == guards


# What is wrong with it


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gards: {}", '1:1: error[CONF001]: unknown key "gards"; did you mean "guards"?'),
        ("xyz: 1", '1:1: error[CONF001]: unknown key "xyz"; one of specs, catalogs, guards'),
        (
            "guards: {max_change: 1}",
            '1:10: error[CONF001]: unknown key "max_change" in guards; did you mean "max_changed"?',
        ),
        ("- x", "1:1: error[CONF002]: a list where a mapping is wanted; write key: value"),
        (
            "{}\n---\n{}",
            "3:1: error[CONF002]: the configuration is a single document; join the two",
        ),
        ("specs: a", "1:1: error[CONF002]: specs: a text where a list is wanted; write [A, B]"),
        (
            "specs: [7]",
            '1:9: error[CONF002]: specs: a number where a text is wanted; quote it: "7"',
        ),
        (
            "specs: ['']",
            "1:9: error[CONF002]: specs: the text is empty or spans lines; write it on one line",
        ),
        (
            "guards:",
            "1:1: error[CONF002]: guards: nothing where a mapping is wanted; write key: value",
        ),
        (
            "guards: {max_changed: 120%}",
            '1:10: error[CONF003]: guards.max_changed: "120%" is no limit; '
            "write a percentage (30%) or a number of objects (50)",
        ),
        (
            "guards: {max_removed: -3}",
            '1:10: error[CONF003]: guards.max_removed: "-3" is no limit; '
            "write a percentage (30%) or a number of objects (50)",
        ),
        (
            "guards: {max_removed: yes}",
            '1:10: error[CONF003]: guards.max_removed: "yes" is no limit; '
            "write a percentage (30%) or a number of objects (50)",
        ),
        (
            "guards: {min_objects: '5'}",
            "1:10: error[CONF003]: guards.min_objects: a whole number above 0 is wanted; "
            "write it like 10",
        ),
        (
            "guards: {min_objects: true}",
            "1:10: error[CONF003]: guards.min_objects: a whole number above 0 is wanted; "
            "write it like 10",
        ),
        (
            "guards: {allow: [mass-chnge]}",
            '1:18: error[CONF008]: guards.allow: there is no guard "mass-chnge"; '
            'did you mean "mass-change"?',
        ),
        (
            "a: [",
            "2:1: error[YAML001]: a value is missing or begins with a sign of YAML's own; "
            "write the value, or quote the text",
        ),
    ],
)
def test_each_mistake_has_its_place_and_its_mend(tmp_path: Path, text: str, expected: str) -> None:
    assert findings(tmp_path, f"{text}\n") == [f"catalogctl.yaml:{expected}"]


GOOD = "type: openmetadata, url: https://x, token: env/T"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (
            "o/m",
            GOOD,
            "2:3: error[CONF002]: catalogs.o/m: this name cannot stand in an address; "
            "use letters, digits, dots, underscores and hyphens",
        ),
        (
            "o",
            GOOD + ", tiemout: 5",
            '2:57: error[CONF001]: unknown key "tiemout" in catalogs.o; did you mean "timeout"?',
        ),
        (
            "o",
            GOOD + ", project_id: 5",
            '2:57: error[CONF001]: unknown key "project_id" in catalogs.o; '
            "one of type, url, token, timeout, slow_timeout, concurrency, requests_per_minute, "
            "ca_bundle, headers",
        ),
        (
            "o",
            GOOD + ", timeout: 0",
            "2:57: error[CONF003]: catalogs.o.timeout: a number of seconds above 0 is wanted; "
            "write it like 10",
        ),
        (
            "o",
            GOOD + ", concurrency: 1.5",
            "2:57: error[CONF003]: catalogs.o.concurrency: a whole number above 0 is wanted; "
            "write it like 10",
        ),
        (
            "o",
            "url: https://x, token: env/T",
            "2:3: error[CONF004]: catalogs.o.type: the type is missing; "
            "one of openmetadata, alation, posthog",
        ),
        (
            "o",
            "type: openmetdata",
            '2:7: error[CONF004]: catalogs.o.type: unknown type "openmetdata"; '
            'did you mean "openmetadata"?',
        ),
        (
            "o",
            "type: openmetadata, url: https://x",
            '2:3: error[CONF004]: catalogs.o: the key "token" is missing; write token: env/NAME',
        ),
        (
            "p",
            "type: posthog, url: https://x, token: env/T",
            '2:3: error[CONF004]: catalogs.p: the key "project_id" is missing; write project_id: 1',
        ),
        (
            "a",
            "type: alation, url: https://x, refresh_token: env/T",
            '2:3: error[CONF004]: catalogs.a: the key "user_id" is missing; '
            "write user_id: env/NAME",
        ),
        (
            "a",
            "type: alation, url: https://x, token: env/T, refresh_token: env/R, user_id: 7",
            "2:3: error[CONF002]: catalogs.a: both token and refresh_token are given; "
            "keep one of the two",
        ),
        (
            "o",
            "type: openmetadata, url: ftp://x, token: env/T",
            "2:27: error[CONF005]: catalogs.o.url: this is no http:// or https:// URL; "
            "write it like https://openmetadata.example.com, or env/NAME",
        ),
        (
            "o",
            GOOD + ", headers: {'a b': c}",
            "2:67: error[CONF002]: catalogs.o.headers.a b: this is no name of a header; check it",
        ),
        (
            "o",
            GOOD + ", headers: {a: {}}",
            "2:67: error[CONF002]: catalogs.o.headers.a: a mapping where a text is wanted; "
            "write a text",
        ),
    ],
)
def test_each_mistake_in_a_catalog_has_its_place_and_its_mend(
    tmp_path: Path, name: str, body: str, expected: str
) -> None:
    text = f"catalogs:\n  {name}: {{{body}}}\n"
    assert findings(tmp_path, text) == [f"catalogctl.yaml:{expected}"]


SECRET = "s3cretS3cret"


@pytest.mark.parametrize(
    "line",
    [
        f"token: {SECRET}",
        f"token: env/{SECRET}.{SECRET}-x",  # a token behind env/ by mistake
        f"token: [{SECRET}]",
        f"token: {{env: {SECRET}}}",
        f"token: |\n      {SECRET}",
        f"token: env/T\n    url: https://u:{SECRET}@x",
        f"token: env/T\n    headers: {{Authorization: {SECRET}}}",
        f"token: env/T\n    headers: {{X-API-Key: {SECRET}}}",
        f"token: env/T\n    headers: {{Cookie: [{SECRET}]}}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    url = "" if "url:" in line else "    url: https://x\n"
    text = f"catalogs:\n  o:\n    type: openmetadata\n{url}    {line}\n"
    (found,) = findings(tmp_path, text)
    assert "error[CONF006]" in found
    assert "write env/NAME or file/PATH" in found
    assert SECRET not in found


def test_a_number_as_a_token_is_not_repeated_either(tmp_path: Path) -> None:
    body = "type: openmetadata, url: https://x, token: 1234567"
    assert findings(tmp_path, f"catalogs: {{o: {{{body}}}}}\n") == [
        "catalogctl.yaml:1:52: error[CONF006]: catalogs.o.token: a secret must not stand in the "
        "file; write env/NAME or file/PATH, and take the secret out of the file's history"
    ]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "specs: x\nspecs: y\ncatalogs: {o: {type: openmetadata, url: x}}\nguards: {allow: [x]}\n"
    codes = [found.partition("[")[2][:7] for found in findings(tmp_path, text)]
    assert codes == ["CONF002", "YAML002", "CONF004", "CONF005", "CONF008"]
