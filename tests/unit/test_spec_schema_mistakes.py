"""What is wrong with a schema of a DataSource: each mistake, its place and its mend."""

from __future__ import annotations

import pytest

from spec_texts import findings

HEAD = "kind: DataSource\nsource_type: Postgres\nprefix: prod_\n"
FREQUENCIES = "1min, 5min, 15min, 30min, 1hour, 6hour, 12hour, 24hour, 7day, 30day"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "should_sync: 1",
            "18: error[SPEC007]: schemas.orders.should_sync: 1 is a number to YAML, where "
            "true or false is wanted; write true or false, without quotes",
        ),
        (
            "sync_type: full-refresh",
            '5: error[SPEC015]: schemas.orders.sync_type: "full-refresh" is not one of '
            'full_refresh, incremental, append, webhook, cdc, xmin or ""; '
            'did you mean "full_refresh"?',
        ),
        (
            "sync_type:",
            "5: error[SPEC008]: schemas.orders.sync_type: null is no value; "
            'write "" to clear it, or delete the key to leave the field alone',
        ),
        (
            "sync_frequency: never",
            '5: error[SPEC024]: schemas.orders.sync_frequency: "never" is no frequency; '
            "write should_sync: false instead",
        ),
        (
            'sync_frequency: ""',
            "5: error[SPEC024]: schemas.orders.sync_frequency: a frequency cannot be cleared; "
            f"write one of {FREQUENCIES}, or delete the key to leave the field alone",
        ),
        (
            "sync_frequency: 1 hour",
            '5: error[SPEC015]: schemas.orders.sync_frequency: "1 hour" is not one of '
            f'{FREQUENCIES}; did you mean "1hour"?',
        ),
        (
            "sync_time_of_day: 24:00",
            '5: error[SPEC023]: schemas.orders.sync_time_of_day: there is no time of day "24:00"; '
            "write a time from 00:00:00 to 23:59:59",
        ),
        (
            "sync_time_of_day: '12:75'",
            '5: error[SPEC023]: schemas.orders.sync_time_of_day: there is no time of day "12:75"; '
            "write a time from 00:00:00 to 23:59:59",
        ),
        (
            "sync_time_of_day: 02:30:00.5",
            "5: error[SPEC023]: schemas.orders.sync_time_of_day: "
            '"02:30:00.5" is no time of day; leave out the fraction of a second',
        ),
        (
            "full_refresh_time_of_day: 02:30:00+02:00",
            "5: error[SPEC023]: schemas.orders.full_refresh_time_of_day: "
            '"02:30:00+02:00" is no time of day; write the time in UTC, without a zone',
        ),
        (
            "sync_time_of_day: 2am",
            '5: error[SPEC023]: schemas.orders.sync_time_of_day: "2am" is no time of day; '
            "write it like 02:30 or 02:30:00, in UTC",
        ),
        (
            "sync_time_of_day: 230",
            "23: error[SPEC007]: schemas.orders.sync_time_of_day: 230 is a number to YAML, where "
            "a time of day is wanted; write it like 02:30 or 02:30:00, in UTC",
        ),
        (
            "primary_key_columns: id",
            "5: error[SPEC006]: schemas.orders.primary_key_columns: a text where a list (a column "
            "each) is wanted; write [id]",
        ),
        (
            "primary_key_columns: [id, id]",
            '31: error[SPEC011]: schemas.orders.primary_key_columns: "id" is listed twice; '
            "delete one of the two",
        ),
        (
            "enabled_columns: [no]",
            "23: error[SPEC007]: schemas.orders.enabled_columns: no is a truth value to YAML, "
            'where a text, the name of a column, is wanted; quote it: "no"',
        ),
        (
            "cdc_table_mode: ''",
            '5: error[SPEC015]: schemas.orders.cdc_table_mode: "" is not one of consolidated, '
            "cdc_only, both; write one of consolidated, cdc_only, both",
        ),
        (
            "incremental_field_lookback_seconds: 5184001",
            "5: error[SPEC022]: schemas.orders.incremental_field_lookback_seconds: 5184001 is not "
            "a whole number from 0 to 5184000; write a whole number from 0 to 5184000",
        ),
        (
            "full_refresh_interval_days: '7'",
            "5: error[SPEC006]: schemas.orders.full_refresh_interval_days: a text where a whole "
            "number from 1 to 90 is wanted; write it without quotes",
        ),
        (
            "full_refresh_interval_days: 0.5",
            "33: error[SPEC007]: schemas.orders.full_refresh_interval_days: 0.5 is a number to "
            "YAML, where a whole number from 1 to 90 is wanted; write a whole number from 1 to 90",
        ),
        (
            "row_filters: [x]",
            "19: error[SPEC006]: schemas.orders.row_filters: a text where a row filter is wanted; "
            'write {column: NAME, operator: ">", value: …}',
        ),
        (
            "row_filters: [{column: a, operator: '>'}]",
            '19: error[SPEC005]: schemas.orders.row_filters: the key "value" is missing; '
            'write {column: NAME, operator: ">", value: …}',
        ),
        (
            "row_filters: [{column: a, operator: LIKE, value: x}]",
            '31: error[SPEC015]: schemas.orders.row_filters: "LIKE" is not one of >, >=, <, <=, =, '
            "!=, IN, NOT IN; write one of >, >=, <, <=, =, !=, IN, NOT IN",
        ),
        (
            "row_filters: [{column: a, operator: =, value: x}]",
            "41: error[SPEC007]: schemas.orders.row_filters: = is a sign of YAML's own to YAML, "
            'where a text, an operator, is wanted; quote it: "="',
        ),
        (
            "row_filters: [{column: a, operator: '=', value: x, not: y}]",
            '56: error[SPEC004]: schemas.orders.row_filters: unknown key "not" in a row filter; '
            "the keys are column, operator, value",
        ),
        (
            "row_filters: [{column: a, operator: IN, value: [x, [y]]}]",
            "56: error[SPEC006]: schemas.orders.row_filters: a list within a list; "
            "write the values side by side",
        ),
        (
            "row_filters: [{column: a, operator: '>', value: 2024-01-01}]",
            "53: error[SPEC007]: schemas.orders.row_filters: 2024-01-01 is a date to YAML, where "
            'a text is wanted; quote it: "2024-01-01"',
        ),
        (
            f"api_version: {'v' * 129}",
            "5: error[SPEC021]: schemas.orders.api_version: the text has 129 characters, and the "
            "server takes 128; shorten it",
        ),
    ],
)
def test_each_mistake_in_a_schema_has_its_place_and_its_mend(text: str, expected: str) -> None:
    text = f"{HEAD}schemas:\n  orders:\n    {text}\n"
    assert findings(text) == [f"t.yaml:6:{expected}"]


@pytest.mark.parametrize(
    ("sync_type", "field", "mend"),
    [
        *[
            (sync_type, field, "delete {}, or write sync_type: incremental")
            for sync_type in ("full_refresh", "cdc", "xmin")
            for field in ("incremental_field: x", "incremental_field_type: date")
        ],
        *[
            (sync_type, field, "delete {}, or write sync_type: incremental")
            for sync_type in ("full_refresh", "append", "webhook", "cdc", "xmin", '""')
            for field in ("incremental_field_lookback_seconds: 5",)
        ],
        (
            "full_refresh",
            "primary_key_columns: [id]",
            "delete {}, or write sync_type: incremental",
        ),
        *[
            (sync_type, "cdc_table_mode: both", "delete {}, or write sync_type: cdc")
            for sync_type in ("full_refresh", "incremental", "append", "webhook", "xmin", '""')
        ],
    ],
)
def test_a_field_that_the_server_would_ignore_is_a_mistake(
    sync_type: str, field: str, mend: str
) -> None:
    key = field.partition(":")[0]
    text = f"{HEAD}schemas:\n  orders:\n    sync_type: {sync_type}\n    {field}\n"
    assert findings(text) == [
        f"t.yaml:7:5: error[SPEC025]: schemas.orders.{key}: the server ignores it with "
        f"sync_type: {sync_type}, so a plan would never become empty; {mend.format(key)}"
    ]


def test_a_minute_is_for_change_data_capture_alone() -> None:
    text = f"{HEAD}schemas: {{orders: {{sync_type: append, sync_frequency: 1min}}}}\n"
    assert findings(text) == [
        "t.yaml:4:39: error[SPEC025]: schemas.orders.sync_frequency: the server has no 1min with "
        "sync_type: append, only with sync_type: cdc; write 5min, or sync_type: cdc"
    ]
