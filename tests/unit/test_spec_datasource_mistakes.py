"""What is wrong with a DataSource: each mistake, its place and its mend. Secrets above all."""

from __future__ import annotations

import pytest

from catalogctl.spec.maps import names_a_secret
from spec_texts import findings, load

HEAD = "kind: DataSource\nsource_type: Postgres\nprefix: prod_\n"
SECRET_MEND = "write env/NAME or file/PATH, and take the secret out of the file's history"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "kind: DataSource\ndescription: x",
            '1:1: error[SPEC005]: the key "source_type" is missing; '
            "it says which DataSource the document is about",
        ),
        (
            "kind: DataSource\nsource_type: ' '",
            "2:1: error[SPEC009]: source_type: the name of a source type is empty; write the name",
        ),
        (
            "kind: DataSource\nsource_type: Stripe\nprefix: 1x",
            '3:1: error[SPEC009]: prefix: "1x" is no prefix; '
            "write letters, digits and underscores, first a letter; "
            "only with access_method: direct it is a name of any kind",
        ),
        (
            "kind: DataSource\nsource_type: Stripe\nprefix: __",
            '3:1: error[SPEC009]: prefix: "__" is no prefix; '
            "write letters, digits and underscores, first a letter; "
            "only with access_method: direct it is a name of any kind",
        ),
        (
            "kind: DataSource\nsource_type: Stripe\nprefix: ' a'\naccess_method: direct",
            '3:1: error[SPEC009]: prefix: "a" has blanks around it, or holds a control character; '
            "write the bare prefix",
        ),
        (
            "kind: DataSource\nsource_type: Stripe\nprefix: Live shop\naccess_method: warehouse",
            '3:1: error[SPEC009]: prefix: "Live shop" is no prefix; '
            "write letters, digits and underscores, first a letter; "
            "only with access_method: direct it is a name of any kind",
        ),
        (
            "kind: DataSource\nsource_type: Stripe\nprefix: 7",
            "3:9: error[SPEC007]: prefix: 7 is a number to YAML, where a text, the prefix, is "
            'wanted; quote it: "7"',
        ),
        (
            "kind: DataSource\nsource_type: Stripe\nprefix:",
            '3:1: error[SPEC008]: prefix: null is no value; write "", or delete the key',
        ),
        (
            f"kind: DataSource\nsource_type: Stripe\nprefix: {'p' * 101}",
            "3:1: error[SPEC021]: prefix: the text has 101 characters, and the server takes 100; "
            "shorten it",
        ),
    ],
)
def test_an_identity_that_is_none_is_placed_and_mended(text: str, expected: str) -> None:
    assert findings(f"{text}\n") == [f"t.yaml:{expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"description: {'d' * 401}",
            "4:1: error[SPEC021]: description: the text has 401 characters, and the server takes "
            "400; shorten it",
        ),
        (
            "access_method: Direct",
            '4:1: error[SPEC015]: access_method: "Direct" is not one of warehouse, direct; '
            'did you mean "direct"?',
        ),
        (
            "auto_sync_new_schemas: yes",
            "4:24: error[SPEC007]: auto_sync_new_schemas: yes is a truth value to YAML, where "
            "true or false is wanted; write true or false, without quotes",
        ),
        (
            "direct_query_enabled: 'true'",
            "4:1: error[SPEC006]: direct_query_enabled: a text where true or false is wanted; "
            "write true or false, without quotes",
        ),
        (
            'auto_sync_schema_patterns: ""',
            "4:1: error[SPEC006]: auto_sync_schema_patterns: a text where a list (a pattern each) "
            "is wanted; write [A]",
        ),
        (
            "auto_sync_schema_patterns:",
            "4:1: error[SPEC008]: auto_sync_schema_patterns: null is no value; "
            "write [], or delete the key to leave the field alone",
        ),
        (
            "job_inputs: [x]",
            "4:1: error[SPEC006]: job_inputs: a list where a mapping of settings is wanted; "
            "write `NAME: value` for each setting",
        ),
        (
            "job_inputs:\n  ssh_tunnel.host: x",
            '5:3: error[SPEC009]: job_inputs.ssh_tunnel.host: "ssh_tunnel.host" holds a dot; '
            "nest the settings: `ssh_tunnel: {host: …}`",
        ),
        (
            "job_inputs: {ssh_tunnel: {'': x}}",
            "4:27: error[SPEC009]: job_inputs.ssh_tunnel.: the name of a setting is empty; "
            "write the name",
        ),
        (
            "job_inputs: {hosts: [a, b]}",
            "4:14: error[SPEC006]: job_inputs.hosts: a list where a text, a number or true or "
            "false is wanted; write a single value, or a mapping of settings",
        ),
        (
            "job_inputs: {host: no}",
            "4:20: error[SPEC007]: job_inputs.host: no is a truth value to YAML, where a text is "
            'wanted; quote it: "no"',
        ),
        (
            "job_inputs: {host: 2024-01-01}",
            "4:20: error[SPEC007]: job_inputs.host: 2024-01-01 is a date to YAML, where a text is "
            'wanted; quote it: "2024-01-01"',
        ),
        (
            "job_inputs: {password: }",
            "4:14: error[SPEC008]: job_inputs.password: null is no value; write the value, "
            "or delete the key to leave the field alone",
        ),
        (
            "job_inputs: {ssh_tunnel: {auth: {private_key: hunter2}}}",
            "4:34: error[SPEC020]: job_inputs.ssh_tunnel.auth.private_key: a secret must not stand "
            f"in a spec; {SECRET_MEND}",
        ),
        (
            "schemas: [orders]",
            "4:1: error[SPEC006]: schemas: a list where a mapping of schemas is wanted; "
            "write `NAME: {should_sync: true}` for each schema",
        ),
        (
            "schemas: {orders: }",
            "4:11: error[SPEC008]: schemas.orders: null is no value; write its fields, such as "
            "{should_sync: true}, or {}, or delete the key to leave the schema alone",
        ),
        (
            "schemas: {' ': {}}",
            "4:11: error[SPEC009]: the name of a schema is empty; write the name",
        ),
        (
            "schemas: {orders: {sync_typ: cdc}}",
            '4:20: error[SPEC004]: unknown key "sync_typ" in schemas.orders; '
            'did you mean "sync_type"?',
        ),
        (
            "schema: {orders: {}}",
            '4:1: error[SPEC004]: unknown key "schema"; did you mean "schemas"?',
        ),
    ],
)
def test_each_mistake_in_a_source_has_its_place_and_its_mend(text: str, expected: str) -> None:
    assert findings(f"{HEAD}{text}\n") == [f"t.yaml:{expected}"]


def test_all_mistakes_of_a_source_are_told_at_once() -> None:
    text = f"""{HEAD}acces_method: direct
job_inputs: {{a.b: x, password: y, z: ~}}
schemas:
  orders: {{sync_type: cdc, incremental_field: x, should_sync: 1, sync_frequency: never}}
  users: {{primary_key_columns: [a, a, 7], row_filters: [{{column: '', op: '='}}]}}
"""
    found = [(each.code, str(each.location)[7:]) for each in load(text).diagnostics]
    assert found == [
        ("SPEC004", "4:1"),
        ("SPEC009", "5:14"),
        ("SPEC020", "5:22"),
        ("SPEC008", "5:35"),
        ("SPEC025", "7:28"),
        ("SPEC007", "7:63"),
        ("SPEC024", "7:66"),
        ("SPEC011", "8:36"),
        ("SPEC007", "8:39"),
        ("SPEC005", "8:57"),
        ("SPEC005", "8:57"),
        ("SPEC009", "8:58"),
        ("SPEC004", "8:70"),
    ]


# Secrets


@pytest.mark.parametrize("name", [
    "password", "Passwd", "pwd", "passphrase", "private_key", "client_private_key",
    "stripe_secret_key", "client_secret", "secret", "api_key", "apiKey", "API_KEY",
    "api-key", "access_token", "token", "refreshToken", "access_key", "aws_secret_access_key",
    "account_key", "key_file", "encryption_key", "connection_string", "credentials_json",
])  # fmt: skip
def test_a_name_says_that_a_setting_is_a_secret(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize("name", [
    "host", "user", "database", "schema", "port", "primary_key", "sort_key", "key",
    "key_id", "private_key_id", "token_uri", "stripe_account_id", "auth_method",
    "selection", "passive", "keyfile_count", "bypass", "tunnel",
])  # fmt: skip
def test_a_name_says_nothing_of_a_secret(name: str) -> None:
    assert not names_a_secret(name)


@pytest.mark.parametrize("value", ["hunter2", "12345678", "'1'", "1_2", '""', "[hunter2]", "env/1"])
def test_a_literal_secret_is_refused_and_never_repeated(value: str) -> None:
    text = f"{HEAD}job_inputs: {{auth_method: {{api_key: {value}}}}}\n"
    assert findings(text) == [
        "t.yaml:4:28: error[SPEC020]: job_inputs.auth_method.api_key: a secret must not stand in "
        f"a spec; {SECRET_MEND}"
    ]


def test_a_literal_secret_is_no_default_either() -> None:
    files = {"_defaults.yaml": "DataSource: {job_inputs: {password: hunter2}}\n"}
    assert findings(files) == [
        "_defaults.yaml:1:27: error[SPEC020]: job_inputs.password: a secret must not stand in a "
        f"spec; {SECRET_MEND}"
    ]


def test_a_schema_has_no_default() -> None:
    files = {"_defaults.yaml": "DataSource: {schemas: {}}\n"}
    assert findings(files) == [
        '_defaults.yaml:1:14: error[SPEC018]: "schemas" has no default; defaults are for '
        "description, access_method, direct_query_enabled, auto_sync_new_schemas, "
        "auto_sync_schema_patterns, job_inputs"
    ]
