"""docs/diagnostics.md is complete, and its examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import catalogctl
from catalogctl import spec
from catalogctl.config import file as configfile
from catalogctl.errors import InvalidError
from catalogctl.spec import Source

SOURCE = Path(catalogctl.__file__).parent
PAGE = SOURCE.parents[1] / "docs" / "diagnostics.md"
SECTION = re.compile(r"^## (\w+): .+\n((?:(?!^## ).*\n)*)", re.MULTILINE)
EXAMPLE = re.compile(r"```yaml\n(.*?)```\n```text\n(.*?)\n```", re.DOTALL)

SECTIONS = {found[1]: found[2] for found in SECTION.finditer(PAGE.read_text("utf-8"))}
EXAMPLES = {code: found for code, body in SECTIONS.items() if (found := EXAMPLE.search(body))}


def test_every_code_in_the_source_has_a_heading_and_no_other_has() -> None:
    code = re.compile(r'"((?:YAML|SPEC|CONF|PLAN|CSV|HIST)\d{3})"')
    texts = [path.read_text("utf-8") for path in SOURCE.rglob("*.py")]
    assert {found for text in texts for found in code.findall(text)} == set(SECTIONS)


def test_every_section_shows_its_code_and_explains_it() -> None:
    for code, body in SECTIONS.items():
        assert f"error[{code}]: " in body
        assert body.rpartition("```")[2].strip(), code


@pytest.mark.parametrize("code", sorted(EXAMPLES))
def test_each_example_leads_to_the_line_that_is_shown(code: str) -> None:
    text, shown = EXAMPLES[code].groups()
    file = shown.partition(":")[0]
    if code.startswith("CONF"):
        with pytest.raises(InvalidError) as caught:
            configfile.read(text.encode(), file, Path("/nowhere"))
        found = caught.value.diagnostics
    else:
        catalogs = {"openmetadata": "openmetadata"}
        found = spec.load_sources([Source(file, text.encode)], catalogs=catalogs).diagnostics
    assert [str(each) for each in found if each.code == code] == [shown]
