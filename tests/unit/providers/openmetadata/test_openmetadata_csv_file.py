"""Files are read as servers read them, and what would do harm is found before it is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import catalogctl
from catalogctl.errors import InvalidError
from catalogctl.providers.openmetadata import rows_csv
from catalogctl.providers.openmetadata.csv_file import Exported, Line, check

HEADER = "column.name*,column.description,column.dataType*,column.tags"
HELD = f"{HEADER}\r\nemail,Login.,VARCHAR,A.b;C.d\r\nphone,,VARCHAR,\r\n"
EXPORTED = Exported.read(HELD.encode())
PAGE = Path(catalogctl.__file__).parents[2] / "docs" / "diagnostics.md"
EXAMPLE = re.compile(r"^## (CSV\d{3}): .+\n\n```csv\n([^`]*)```\n```text\n(.*)\n```", re.M)


def found(content: str | bytes, exported: Exported = EXPORTED) -> list[str]:
    """The code and place of everything that is wrong."""
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(InvalidError) as caught:
        check(content, "f", exported, "column")
    return [f"{each.code} {each.location}".replace(" f:", " ") for each in caught.value.diagnostics]


def test_an_export_is_a_file_that_can_be_imported() -> None:
    lines = check(HELD.encode(), "f", EXPORTED, "column")
    assert [(line.number, line.name) for line in lines] == [(2, "email"), (3, "phone")]
    assert [EXPORTED.differences(line) for line in lines] == [(), ()]


@pytest.mark.parametrize(("content", "codes"), [
    ("", ["CSV001 1:1"]),
    ("\n\r\n", ["CSV001 1:1"]),
    (b"\xef\xbb\xbf", ["CSV001 1:1", "CSV002 1:1"]),
    (b"\xef\xbb\xbf" + HELD.encode() + b"e,x,INT,\n", ["CSV002 1:1", "CSV007 4:1"]),
    (HEADER.encode() + b"\r\nemail,\xc3\xbc\xe9,VARCHAR,", ["CSV003 2:8"]),
    ("email,a".encode("utf-16"), ["CSV003 1:1"]),
    (f'{HEADER}\nemail,"a,VARCHAR,\n', ["CSV004 2:7"]),
    (f'{HEADER}\nemail,"a""",VARCHAR,"\n""\n', ["CSV004 2:21"]),
    (f'{HEADER}\nemail,"a\nb"c,VARCHAR,\n', ["CSV004 3:3"]),
    (HEADER.replace("*", "") + "\nemial,a,INT,", ["CSV005 1:1"]),
    (HEADER.replace("tags", "tag") + "\nemial,a,INT,\n", ["CSV005 1:50", "CSV007 2:1"]),
    (HEADER + ",x\nemail,a,INT,\n", ["CSV005 1:62", "CSV006 2:1"]),
    (f"{HEADER}\n\nemail,a,INT\n", ["CSV006 3:1"]),
    (f"{HEADER}\nEMAIL,a,INT,\nphone,,INT,\n", ["CSV007 2:1"]),
    (f'{HEADER}\nphone,"a\nb",INT,\nphone,a,INT,\n', ["CSV008 4:1"]),
    (f"{HEADER}\n,a,,\n", ["CSV009 2:1", "CSV009 2:4"]),
])  # fmt: skip
def test_what_is_refused(content: str | bytes, codes: list[str]) -> None:
    assert found(content) == codes


def test_a_data_type_is_required_where_its_title_does_not_say_so() -> None:
    old = Exported.read(HELD.replace("dataType*", "dataType").encode())
    assert found(HEADER.replace("dataType*", "dataType") + "\nemail,a,,\n", old) == ["CSV009 2:9"]


@pytest.mark.parametrize("code", [each[0] for each in EXAMPLE.findall(PAGE.read_text("utf-8"))])
def test_the_examples_of_the_documentation_are_true(code: str) -> None:
    examples = {each[0]: each[1:] for each in EXAMPLE.findall(PAGE.read_text("utf-8"))}
    content, shown = examples[code]
    with pytest.raises(InvalidError) as caught:
        check(content.encode(), "rows.csv", EXPORTED, "column")
    assert [str(each) for each in caught.value.diagnostics] == [shown]


@pytest.mark.parametrize(("cells", "differs"), [
    (("email", "Login.", "VARCHAR", "C.d; A.b;"), ()),
    (("email", "Login. ", "VARCHAR", "A.b;C.d"), ("column.description",)),
    (("email", "Login.", "INT", "A.b"), ("column.dataType", "column.tags")),
    (("email", "Login.", "VARCHAR", "A.b;C.d;Tier.Tier1"), ("column.tags",)),
])  # fmt: skip
def test_what_a_row_changes(cells: tuple[str, ...], differs: tuple[str, ...]) -> None:
    assert EXPORTED.differences(Line(2, cells)) == differs


def test_what_an_export_never_shows_does_not_count_as_missing() -> None:
    tier = Line(2, ("email", "Login.", "VARCHAR", "A.b;C.d;Tier.Tier1"))
    assert EXPORTED.differences(tier, proving=True) == ()
    assert EXPORTED.differences(Line(3, ("gone", "", "INT", "")), proving=True)


def test_line_breaks_in_a_cell_are_compared_in_any_form() -> None:
    held = Exported.read(f'{HEADER}\r\nemail,"a\nb\r\nc",INT,\r\n'.encode())
    assert held.differences(Line(2, ("email", "a\r\nb\nc", "INT", ""))) == ()


@pytest.mark.parametrize("content", [b"<html>", b"", b'a,"', b"\xff", HELD.encode() + b"x\r\n"])
def test_what_is_no_export_is_told(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Exported.read(content)


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.tuples(st.text("abc", min_size=1), cells, cells, cells), min_size=1))
def test_whatever_is_written_is_read_the_same(rows: list[tuple[str, ...]]) -> None:
    header = ("name*", "description", "x", "y")
    written = rows_csv.write(header, rows)
    read = Exported.read(written)
    assert read.header == header
    assert read.rows == {row[0]: row for row in rows}
