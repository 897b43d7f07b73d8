"""The documentation is true: its examples run, its lists are complete, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import click
import pytest

from catalogctl import spec
from catalogctl.cli import COMMANDS, Commands
from catalogctl.config import file as configfile
from catalogctl.config import load_config
from catalogctl.policy import GUARDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])

LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"^```yaml\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def script(name: str) -> ModuleType:
    """One of the scripts in docs/, as a module."""
    found = spec_from_file_location(name, DOCS / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


# -- links


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if heading:
            text = FENCE.sub("", text_of(target))
            assert heading in {anchor(each) for each in HEADING.findall(text)}, link


def test_the_readme_leads_to_every_page() -> None:
    linked = {link.partition("#")[0] for link in LINK.findall(text_of(ROOT / "README.md"))}
    missing = {page.relative_to(ROOT).as_posix() for page in PAGES} - linked - {"README.md"}
    assert missing == set()


# -- the command line


def commands() -> dict[str, click.Command]:
    group = Commands("catalogctl")
    found = {name: group.get_command(click.Context(group), name) for name in COMMANDS}
    return {name: command for name, command in found.items() if command is not None}


def test_the_page_of_the_command_line_is_current() -> None:
    page = text_of(DOCS / "cli.md")
    assert script("make_cli").page(page) == page, "run python docs/make_cli.py"


def test_the_ready_made_help_is_what_the_commands_say() -> None:
    module = script("make_cli")
    assert Path(module.HELP).read_text("utf-8") == module.overview(), "run python docs/make_cli.py"
    told = subprocess.run(
        [sys.executable, "-m", "catalogctl", "--help"], capture_output=True, check=True, timeout=30
    )
    assert told.stdout.decode() == module.overview()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    page = text_of(DOCS / "cli.md")
    assert f"## catalogctl {name}\n" in page
    for parameter in commands()[name].params:
        if isinstance(parameter, click.Option):
            assert all(f"{option} " in page for option in parameter.opts), parameter.opts


def test_making_the_page_leaves_the_commands_as_they_are() -> None:
    def options() -> dict[str, set[str | None]]:
        return {
            name: {parameter.name for parameter in command.params}
            for name, command in commands().items()
        }

    before = options()
    script("make_cli").sections()
    assert options() == before


def test_options_that_the_documentation_names_exist() -> None:
    known = {"--help", "--version"}
    for command in commands().values():
        known |= {option for parameter in command.params for option in parameter.opts}
    for page in PAGES:
        for line in text_of(page).splitlines():
            if re.match(r"\s*(\$ )?catalogctl [a-z-]", line):
                named = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", line))
                assert named <= known, f"{page.name}: {line}"


def test_the_commands_of_make_that_the_documentation_names_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    readme = set(re.findall(r"^    make ([a-z]+)", text_of(ROOT / "README.md"), re.MULTILINE))
    assert {"demo", "test"} <= readme
    for page in PAGES:
        named = re.findall(r"(?:^    |`)make ([a-z]+)", text_of(page), re.MULTILINE)
        assert set(named) <= targets, page.name


# -- specs


SPECS = [found.groups() for found in YAML.finditer(text_of(DOCS / "spec-format.md"))]
SPECS += [found.groups() for found in YAML.finditer(text_of(ROOT / "README.md"))]


def write(folder: Path, block: str) -> None:
    """A block as the file that its first line names, else as `spec.yaml`."""
    named = re.match(r"# (\S+\.yaml)\n", block)
    file = folder / (named[1] if named else "spec.yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block, "utf-8")


@pytest.mark.parametrize("number", range(len(SPECS)))
def test_each_spec_loads_or_says_what_stands_below_it(number: int, tmp_path: Path) -> None:
    block, shown = SPECS[number]
    write(tmp_path, block)
    catalogs = {type: type for type in ("openmetadata", "alation", "posthog")}
    specs = spec.load([tmp_path], root=tmp_path, catalogs=catalogs)
    assert [str(found) for found in specs.diagnostics] == (shown or "").splitlines()
    if shown is None and "_defaults.yaml" not in block.splitlines()[0]:
        assert specs.desired


def test_the_defaults_of_the_examples_reach_the_ledger(tmp_path: Path) -> None:
    for block, _ in SPECS:
        if block.startswith("# catalog-specs/"):
            write(tmp_path, block)
    (ledger,) = spec.load([tmp_path / "catalog-specs"], root=tmp_path).desired
    assert {path: str(value) for path, value in ledger.fields.items()} == {
        "tags": "Members(names=('Tier.Tier1',), only=False)",
        "owners": "Members(names=('team:finance-team',), only=False)",
        "domains": "Members(names=('Finance',), only=False)",
    }


def test_every_kind_and_field_is_documented() -> None:
    page = text_of(DOCS / "spec-format.md")
    for kind in spec.KINDS.values():
        assert f"kind: {kind.name}\n" in page
        for key in (*kind.keys, *(field for part in kind.parts.values() for field in part.fields)):
            assert f"`{key}`" in page, key


# -- configuration


CONFIGURATIONS = YAML.findall(text_of(DOCS / "configuration.md"))


@pytest.mark.parametrize("number", range(len(CONFIGURATIONS)))
def test_each_configuration_loads(number: int, tmp_path: Path) -> None:
    file = tmp_path / "catalogctl.yaml"
    file.write_text(CONFIGURATIONS[number][0], "utf-8")
    assert load_config(file).catalogs


def test_the_first_configuration_shows_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "catalogctl.yaml"
    file.write_text(CONFIGURATIONS[0][0], "utf-8")
    shown = load_config(file)
    file.write_text("", "utf-8")
    default = load_config(file)
    assert (shown.guards, shown.specs) == (default.guards, default.specs)


def test_every_key_of_the_configuration_is_documented() -> None:
    page = text_of(DOCS / "configuration.md")
    keys = {*configfile._KEYS, *configfile._GUARD_KEYS, *configfile._COMMON, *configfile._TUNING}
    keys |= set(configfile._OF_TYPE["openmetadata"])
    missing = {key for key in keys if f"`{key}`" not in page}
    assert missing == set()


def test_every_guard_that_can_stop_a_plan_is_documented() -> None:
    page = text_of(DOCS / "configuration.md")
    # `destructive` is a name that may be allowed already; no kind has a change that it stops.
    assert {guard for guard in GUARDS if f"`{guard}`" not in page} <= {"destructive"}


# -- everything else


def test_the_picture_is_what_a_plan_prints_today(tmp_path: Path) -> None:
    drawing = script("draw_plan")
    assert drawing.drawn(drawing.printed_plan()) == text_of(DOCS / "plan.svg"), "run make picture"


def test_the_picture_of_the_comment_is_one_of_a_real_run() -> None:
    drawing = script("draw_comment")
    assert drawing.drawn(drawing.comment()) == text_of(DOCS / "comment.svg"), "run make picture"


def test_the_files_that_the_architecture_names_are_there() -> None:
    page = text_of(DOCS / "architecture.md")
    package = Path(sys.modules["catalogctl"].__file__ or "").parent
    provider = package / "providers" / "openmetadata"
    places = (package, package / "providers", provider, package / "spec", package / "render", ROOT)
    for name in set(re.findall(r"`([\w/.]+(?:\.py|/))`", page)):
        assert any((place / name).exists() for place in places), name
