"""Catalogs by reference, and catalogs without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.config import CatalogConfig, load_config
from catalogctl.config import file as configfile
from catalogctl.errors import Diagnostic, InvalidError

OPENMETADATA = """
catalogs:
  openmetadata:
    type: openmetadata
    url: env/OPENMETADATA_HOST
    token: env/OPENMETADATA_JWT_TOKEN
"""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"OPENMETADATA_HOST": "http://x"},
            "6:5: error[CONF007]: catalogs.openmetadata.token: "
            "the variable OPENMETADATA_JWT_TOKEN is not set; set it, or change the reference",
        ),
        (
            {"OPENMETADATA_HOST": "", "OPENMETADATA_JWT_TOKEN": "t"},
            "5:5: error[CONF007]: catalogs.openmetadata.url: "
            "the variable OPENMETADATA_HOST is empty; set it, or change the reference",
        ),
        (
            {"OPENMETADATA_HOST": "http://x", "OPENMETADATA_JWT_TOKEN": "s3cret\nx"},
            "6:5: error[CONF007]: catalogs.openmetadata.token: "
            "what env/OPENMETADATA_JWT_TOKEN holds has a line break or a control character in it; "
            "set it, or change the reference",
        ),
        (
            {"OPENMETADATA_HOST": "s3cret", "OPENMETADATA_JWT_TOKEN": "t"},
            "5:5: error[CONF005]: catalogs.openmetadata.url is no http:// or https:// URL; "
            "write it like https://openmetadata.example.com, or env/NAME",
        ),
        (
            {"OPENMETADATA_HOST": "http://u:s3cret@x", "OPENMETADATA_JWT_TOKEN": "t"},
            "5:5: error[CONF005]: catalogs.openmetadata.url holds a login; "
            "write it like https://openmetadata.example.com, or env/NAME",
        ),
    ],
)
def test_what_cannot_be_resolved_is_told_at_its_line_when_it_is_needed(
    tmp_path: Path, environ: Mapping[str, str], expected: str
) -> None:
    (tmp_path / "catalogctl.yaml").write_text(OPENMETADATA)
    config = load_config(cwd=tmp_path, environ={})
    with pytest.raises(InvalidError) as caught:
        config.catalogs["openmetadata"].resolve(environ)
    assert str(caught.value) == f"catalogctl.yaml:{expected}"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "the file secret cannot be read: No such file or directory"),
        (b"", "the file secret is empty"),
        (b"\n", "the file secret is empty"),
        (b"\xff", "the file secret cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_file_that_holds_no_secret_is_told(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    catalog = CatalogConfig("o", "openmetadata", {"token": "file/secret"}, folder=tmp_path)
    with pytest.raises(InvalidError) as caught:
        catalog.resolve({})
    assert complaint in str(caught.value)


def test_a_missing_ca_bundle_is_told(tmp_path: Path) -> None:
    texts = {"url": "http://x", "ca_bundle": "ca.pem"}
    with pytest.raises(InvalidError, match=r"catalogs\.o\.ca_bundle: there is no file ca\.pem"):
        CatalogConfig("o", "openmetadata", texts, folder=tmp_path).resolve({})


# Without a file


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"OPENMETADATA_HOST": ""}, {}),
        (
            {"OPENMETADATA_HOST": "x"},
            {
                "openmetadata": {
                    "url": "env/OPENMETADATA_HOST",
                    "token": "env/OPENMETADATA_JWT_TOKEN",
                }
            },
        ),
        (
            {"ALATION_URL": "x", "ALATION_TOKEN": "t", "POSTHOG_API_KEY": "k"},
            {
                "alation": {"url": "env/ALATION_URL", "token": "env/ALATION_TOKEN"},
                "posthog": {
                    "url": "env/POSTHOG_HOST",
                    "token": "env/POSTHOG_API_KEY",
                    "project_id": "env/POSTHOG_PROJECT_ID",
                },
            },
        ),
        (
            {"ALATION_URL": "x", "ALATION_REFRESH_TOKEN": "t", "ALATION_USER_ID": "7"},
            {
                "alation": {
                    "url": "env/ALATION_URL",
                    "refresh_token": "env/ALATION_REFRESH_TOKEN",
                    "user_id": "env/ALATION_USER_ID",
                }
            },
        ),
    ],
)
@pytest.mark.parametrize("with_file", [False, True])
def test_each_vendor_whose_variables_are_set_is_a_catalog(
    tmp_path: Path,
    environ: Mapping[str, str],
    expected: Mapping[str, Mapping[str, str]],
    with_file: bool,
) -> None:
    if with_file:
        (tmp_path / "catalogctl.yaml").write_text("guards: {min_objects: 3}\n")
    config = load_config(cwd=tmp_path, environ=environ)
    assert {name: catalog.texts for name, catalog in config.catalogs.items()} == expected
    assert config.types == {name: name for name in expected}


def test_catalogs_in_the_file_are_all_there_are(tmp_path: Path) -> None:
    (tmp_path / "catalogctl.yaml").write_text("catalogs: {}\n")
    assert load_config(cwd=tmp_path, environ={"OPENMETADATA_HOST": "x"}).catalogs == {}


def found_in(content: bytes) -> Sequence[Diagnostic]:
    try:
        configfile.read(content, "catalogctl.yaml", Path("/nowhere"))
    except InvalidError as error:
        return error.diagnostics
    return ()


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode())))
def test_no_bytes_raise_anything_but_findings(content: bytes) -> None:
    assert all(found.location and found.hint for found in found_in(content))


_PIECES = st.sampled_from(
    ["catalogs", "o", "type", "openmetadata", "url", "token", "headers", "guards", "allow"]
) | st.sampled_from(["max_changed", "30%", "1", "no", "null", "specs", "x", "env/T", "timeout"])
_SHAPES = st.recursive(
    _PIECES,
    lambda below: (
        st.lists(below, max_size=2).map(lambda found: f"[{', '.join(found)}]")
        | st.dictionaries(_PIECES, below, max_size=3).map(
            lambda found: f"{{{', '.join(f'{key}: {value}' for key, value in found.items())}}}"
        )
    ),
)


@given(_SHAPES)
def test_no_shape_raises_anything_but_findings(text: str) -> None:
    for content in (text, f"catalogs: {{o: {text}}}", f"guards: {text}"):
        assert all(found.location and found.hint for found in found_in(content.encode()))


def test_a_header_that_comes_from_a_reference_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "catalogctl.yaml").write_text(
        "catalogs:\n"
        "  om:\n"
        "    type: openmetadata\n"
        "    url: https://om.example.com\n"
        "    token: env/TOKEN\n"
        "    headers: {X-Proxy-Key: env/PROXY_KEY, X-Team: data}\n"
    )
    config = load_config(environ={}, cwd=tmp_path)
    connection = config.catalogs["om"].resolve({"TOKEN": "t-0123", "PROXY_KEY": "p-0123"})
    assert connection.secrets == ("t-0123", "p-0123")
    assert "0123" not in repr(connection)
