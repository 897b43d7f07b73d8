"""The CSV of columns and topics: echoed headers, whole rows, and every byte of a text kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.providers.openmetadata import rows_csv
from catalogctl.providers.openmetadata.rows_csv import COLUMNS, TOPICS

HEADER_16 = (
    "column.fullyQualifiedName*,column.displayName,column.description,column.dataTypeDisplay,"
    "column.dataType,column.arrayDataType,column.dataLength,column.tags,column.glossaryTerms"
)
HEADER_20 = HEADER_16.replace("fullyQualifiedName*", "name*").replace(
    "column.dataType,", "column.dataType*,"
)
# Recorded on 1.6.
EXPORT = (
    f"{HEADER_16}\r\n"
    'id,,"Primary key, unique.",bigint,BIGINT,,,,\r\n'
    'email,Email,"Customer ""login"" email.\nNever share.",varchar,VARCHAR,,255,'
    "PII.Sensitive,Customer.Email\r\n"
    "address.street,,; semi : colon,,STRING,,,,\r\n"
    '"""geo.lat""",,ünï 😀 # hash,double,DOUBLE,,,,\r\n'
    'amount,," leading and trailing ",decimal,DECIMAL,,,,\r\n'
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@pytest.mark.parametrize("header", [HEADER_16, HEADER_20])
def test_an_export_of_either_version_is_read(header: str) -> None:
    export = rows_csv.read(EXPORT.replace(HEADER_16, header), COLUMNS)
    assert list(export.rows) == ["id", "email", "address.street", '"geo.lat"', "amount"]
    assert export.text("email", "description") == 'Customer "login" email.\nNever share.'
    assert export.members("email", "tags") == ("PII.Sensitive",)
    assert export.header == tuple(header.split(","))


def test_a_changed_row_echoes_every_other_cell() -> None:
    export = rows_csv.read(EXPORT, COLUMNS)
    row = export.with_fields("email", {"description": "=1+1", "tags": ("A.B", "PII.None")})
    assert row == (
        "email", "Email", "=1+1", "varchar", "VARCHAR", "", "255", "A.B;PII.None", "Customer.Email",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "hello", '{"code": 404}', "<html></html>"])
def test_what_is_no_export_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no CSV with a description"):
        rows_csv.read(text, COLUMNS)


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of 2 cells under a header of 9"):
        rows_csv.read(f"{HEADER_16}\r\nid,x\r\n", COLUMNS)


@given(st.dictionaries(TEXTS.filter(str.strip), TEXTS, min_size=1, max_size=4))
def test_a_csv_written_and_read_again_is_the_same(texts: dict[str, str]) -> None:
    header = tuple(HEADER_20.split(","))
    rows = [(path, "", text, "int", "INT", "", "", "", "") for path, text in texts.items()]
    export = rows_csv.read(rows_csv.write(header, rows).decode("utf-8"), COLUMNS)
    assert export == rows_csv.Export(COLUMNS, header, {row[0]: row for row in rows})


def test_a_file_to_import_ends_its_records_in_crlf_and_has_no_byte_order_mark() -> None:
    body = rows_csv.write(("column.name*",), [("ünï",)])
    assert body == "column.name*\r\nünï\r\n".encode()


def test_results_are_found_by_path_and_extra_columns_are_passed_over() -> None:
    text = (
        f"status,details,{HEADER_20},changes\r\n"
        'failure,"#INVALID_FIELD: Field 8 error - Entity PII.Nope of type tag not found",'
        "email,,,varchar,VARCHAR,,255,PII.Nope,,x\r\n"
        "success,Entity updated,id,,,int,INT,,,,,x\r\n"
    )
    refused, fine = rows_csv.results(text, HEADER_20.split(","))
    assert (refused.name, refused.ok) == ("email", False)
    assert refused.details.startswith("#INVALID_FIELD: Field 8")
    assert (fine.name, fine.ok) == ("id", True)


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "name*,displayName,description,owner,tags,glossaryTerms,tiers,certification,domains,extension",
            {
                "displayName",
                "description",
                "owners",
                "tags",
                "glossaryTerms",
                "tiers",
                "domains",
                "certification",
            },
        ),
        (
            "name,displayName,description,owner,tags,domain",
            {"displayName", "description", "owners", "tags", "domains"},
        ),
    ],
)
def test_the_header_says_which_fields_of_a_topic_a_row_carries(
    header: str, fields: set[str]
) -> None:
    export = rows_csv.read(f"{header}\r\n", TOPICS)
    known = {*TOPICS.titles(), "followers"}
    assert {field for field in known if export.has(field)} == fields
