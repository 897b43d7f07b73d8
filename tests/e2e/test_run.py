"""`catalogctl run export|import`: CSV by hand, in one call each."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from urllib.parse import quote

import click
import pytest

from catalogctl.cli import running
from catalogctl.providers.openmetadata import jobs, pieces, transfer
from catalogctl.sandbox import Sandbox
from e2e.project import Done, Project

TABLE = "Table/snowflake_prod.analytics.public.customers"
KAFKA = "MessagingService/sample_kafka"
ROUTE = f"/tables/name/{TABLE.partition('/')[2]}"
KAFKA_ROUTE = "/services/messagingServices/name/sample_kafka"
EMAIL = "email,E-mail,Login e-mail.,varchar(255),VARCHAR,,255,PII.Sensitive,"
PHONE = "phone,,,varchar(32),VARCHAR,,32,,"
old_server = pytest.mark.parametrize("mode", ["1.6"], indirect=True)


@pytest.fixture(scope="module")
def _demo() -> Iterator[dict[str, Sandbox]]:
    with Sandbox(mode="1.6") as old, Sandbox(mode="2.0") as new:
        yield {"1.6": old, "2.0": new}


@pytest.fixture
def sandbox(_demo: dict[str, Sandbox], mode: str) -> Sandbox:
    """The demo's catalog, as new; messaging services have CSV as other services have it."""
    _demo[mode].reset()
    _demo[mode].configure(messaging_csv="inferred")
    return _demo[mode]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(transfer, "SETTLE_SECONDS", 0.2)


def live(project: Project, route: str = ROUTE) -> str:
    """The CSV that the server exports, to compare with."""
    answer = project.http.get(f"{route}/export")
    assert answer.status_code == 200, answer.text
    return answer.content.decode()


def save(project: Project, text: str, name: str = "rows.csv") -> str:
    (project.root / name).write_bytes(text.encode())
    return name


def header(project: Project) -> str:
    return live(project).partition("\r\n")[0]


def outcomes(done: Done) -> dict[str, str]:
    return {row["name"]: row["outcome"] for row in done.json["rows"]}


def bodies(project: Project) -> int:
    """How many real imports were sent."""
    return sum(each["path"].endswith(("/import", "/importAsync")) for each in project.writes())


def pipe(project: Project, content: str) -> None:
    """What stands on standard input."""
    stream = io.TextIOWrapper(io.BytesIO(content.encode()), encoding="utf-8")
    project.environ.setattr(sys, "stdin", stream)


# -- exporting


def test_an_export_is_the_catalogs_text_byte_for_byte(project: Project) -> None:
    expected = live(project)
    done = project("run", "export", TABLE)
    assert done.out == expected
    assert done.err == f"exported 16 rows of {TABLE}\n"
    assert project("run", "export", TABLE, "out.csv").out == ""
    assert (project.root / "out.csv").read_bytes() == expected.encode()
    assert project.writes() == []
    assert project("run", "export", KAFKA, "-").out == live(project, KAFKA_ROUTE)


def test_line_breaks_and_letters_survive(project: Project) -> None:
    text = "eins\nzwei\r\ndrei ünï 😀 \u2028"
    project.patch(TABLE.partition("/")[2], ("/columns/0/description", text))
    done = project("run", "export", TABLE)
    assert text in done.out
    assert project("run", "import", TABLE, save(project, done.out), "--dry-run").code == 0


def test_a_name_is_percent_encoded_and_has_one_spelling(project: Project) -> None:
    plain = TABLE.replace("public", '"public"')
    assert project("run", "export", plain).out == live(project)
    assert "%2F" in project("run", "export", "Table/a.b.c.d/e", code=64).err
    assert "no name" in project("run", "export", "Table/a..b", code=64).err


@pytest.mark.parametrize("profile", ["inferred", "docs"])
def test_every_export_comes_back_unchanged(project: Project, profile: str) -> None:
    project.sandbox.configure(messaging_csv=profile)
    found = project.http.get("/tables", params={"limit": 1000}).json()["data"]
    names = [f"Table/{each['fullyQualifiedName']}" for each in found]
    services = project.http.get("/services/messagingServices").json()["data"]
    names += [f"MessagingService/{each['fullyQualifiedName']}" for each in services]
    assert len(names) > 10
    for name in names:
        pipe(project, project("run", "export", name).out)
        done = project("run", "import", name, "-", "--dry-run", "--format", "json")
        assert {*outcomes(done).values()} <= {"accepted"}, name
        assert not any(row["changed"] for row in done.json["rows"]), name
        assert project.writes() == []


def test_a_server_without_the_route_says_so(project: Project) -> None:
    project.sandbox.configure(messaging_csv="off")
    done = project("run", "export", KAFKA, code=1)
    assert "this server has no CSV of messaging services" in done.err
    done = project("run", "export", "Table/a.b.c.d", code=1)
    assert "table instance for a.b.c.d not found" in done.err


def test_an_export_that_is_none_is_not_written(project: Project) -> None:
    project.sandbox.faults.add(path="/export$", status=200, body="<html>Sign in</html>", times=None)
    assert "not the CSV" in project("run", "export", TABLE, "out.csv", code=1).err
    assert not (project.root / "out.csv").exists()


# -- importing


def test_a_table_is_rehearsed_and_imported(project: Project) -> None:
    before = live(project)
    changed = before.replace("Login e-mail.", "Login mail.")
    file = save(project, changed)
    done = project("run", "import", TABLE, file, "--dry-run")
    assert "line  3  email              accepted  changes column.description\n" in done.out
    assert "16 accepted; 1 row differs from the catalog; nothing was written" in done.out
    assert (project.writes(), live(project)) == ([], before)
    done = project("run", "import", TABLE, file, "--yes")
    assert "line 3  email  written  changes column.description\n" in done.out
    assert (live(project), bodies(project)) == (changed, 1)
    done = project("run", "import", TABLE, file, "--yes")
    assert "nothing to import" in done.out
    assert project.writes() == []


def test_topics_are_imported_and_only_rows_that_differ_are_sent(project: Project) -> None:
    before = live(project, KAFKA_ROUTE)
    file = save(project, before.replace("page_views,,", "page_views,,Views."))
    versions = topics(project)
    done = project("run", "import", KAFKA, file, "--yes", "--format", "json")
    assert outcomes(done)["page_views"] == "written"
    assert [*outcomes(done).values()].count("unchanged") == 5
    assert "Views." in done.json["answers"][0]["importResultsCsv"]
    moved = {name for name, version in topics(project).items() if version != versions[name]}
    assert moved == {"page_views"}


@old_server
def test_what_a_server_keeps_from_a_bot_does_not_pass_for_written(project: Project) -> None:
    rows = live(project, KAFKA_ROUTE).replace("Order life cycle.", "Orders.")
    done = project("run", "import", KAFKA, save(project, rows), "--yes", code=1)
    assert "Entity updated, but the catalog holds something else in description" in done.out


def topics(project: Project) -> dict[str, float]:
    found = project.http.get("/topics", params={"service": "sample_kafka"}).json()["data"]
    return {each["name"]: each["version"] for each in found}


def test_a_part_of_the_topics_is_exit_5(project: Project) -> None:
    rows = live(project, KAFKA_ROUTE)
    rows = rows.replace("page_views,,", "page_views,,Views.").replace("PII.Sensitive", "PII.Nope")
    done = project("run", "import", KAFKA, save(project, rows), "--yes", code=5)
    assert "line 6  page_views  written  changes description" in done.out
    assert "line 7  payments    refused  #INVALID_FIELD: Field 5 error - Entity PII.Nope of" in (
        done.out
    )
    assert "(tags: 'PII.Nope')" in done.out
    assert "1 written, 1 refused" in done.err


@pytest.mark.parametrize(
    ("mode", "code", "phone"),
    [("1.6", 5, "written"), ("2.0", 1, "not written")],
    indirect=["mode"],
)
def test_what_a_bad_row_does_to_the_others_of_a_table(
    project: Project, code: int, phone: str
) -> None:
    bad, good = EMAIL.replace("PII.Sensitive", "PII.Nope"), PHONE.replace("phone,,", "phone,,Tel.")
    file = save(project, f"{header(project)}\n{bad}\n{good}\n")
    done = project("run", "import", TABLE, file, "--yes", "--format", "json", code=code)
    assert outcomes(done) == {"email": "refused", "phone": phone}
    assert ("Tel." in live(project)) == (phone == "written")
    done = project("run", "import", TABLE, file, "--dry-run", "--format", "json", code=1)
    assert outcomes(done)["email"] == "refused"


def test_nobody_is_asked_where_nobody_can_answer(project: Project) -> None:
    before = live(project)
    file = save(project, before.replace("Login e-mail.", "x"))
    done = project("run", "import", TABLE, file, code=1)
    assert "line 3, email: column.description" in done.err
    assert "add --yes" in done.err
    assert "nothing was written" in done.err
    assert (project.writes(), live(project)) == ([], before)


@pytest.mark.parametrize("answer", [True, False])
def test_a_terminal_is_asked(project: Project, answer: bool) -> None:
    asked = []
    project.environ.setattr(running, "interactive", lambda: True)
    project.environ.setattr(click, "confirm", lambda text, **_: asked.append(text) or answer)
    file = save(project, live(project).replace("Login e-mail.", "x"))
    project("run", "import", TABLE, file, code=0 if answer else 1)
    assert asked == [f"Import 1 row of {file} into {TABLE}?"]
    assert bodies(project) == answer


def test_what_a_row_would_take_away_is_said_first(project: Project) -> None:
    label = {"source": "Classification", "state": "Confirmed", "labelType": "Manual"}
    tags = [{**label, "tagFQN": "Tier.Tier1"},
            {**label, "tagFQN": "PII.Sensitive", "labelType": "Automated"}]  # fmt: skip
    project.patch(TABLE.partition("/")[2], ("/columns/1/tags", tags))
    file = save(project, live(project).replace("Login e-mail.", "x"))
    done = project("run", "import", TABLE, file, code=1)
    assert "note: column email loses Tier.Tier1: its row has no cell for a Tier" in done.err
    assert "note: column email: PII.Sensitive (Automated) becomes a manual label" in done.err
    project("run", "import", TABLE, save(project, live(project)), "--yes")
    assert project.writes() == []


def test_control_characters_are_shown_and_not_sent(project: Project) -> None:
    bad = EMAIL.replace("PII.Sensitive", "\x1b[31m::error::x")
    file = save(project, f"{header(project)}\n{bad}\n")
    done = project("run", "import", TABLE, file, "--dry-run", code=1)
    assert "\x1b" not in done.out + done.err


# -- refused before anything is sent


def test_everything_wrong_with_a_file_is_said_at_once(project: Project) -> None:
    rows = ["emial,,x,varchar(255),VARCHAR,,255,,", PHONE, "phone,a,b", PHONE, '"email"x,,']
    file = save(project, "\n".join([header(project), *rows]))
    done = project("run", "import", TABLE, file, "--yes", code=4)
    assert [line.partition("; ")[0] for line in done.err.splitlines()] == [
        'rows.csv:2:1: error[CSV007]: unknown column "emial"',
        "rows.csv:4:1: error[CSV006]: a row of 3 cells under a header of 9",
        'rows.csv:5:1: error[CSV008]: the column "phone" is there twice',
        "rows.csv:6:8: error[CSV004]: text after a closing quote",
    ]
    assert [each["method"] for each in project.requests()] == ["GET"]
    done = project("run", "import", TABLE, file, "--format", "json", code=4)
    assert [each["code"] for each in done.json["diagnostics"]] == [
        "CSV007", "CSV006", "CSV008", "CSV004",
    ]  # fmt: skip


def test_an_unknown_topic_is_refused_too(project: Project) -> None:
    rows = live(project, KAFKA_ROUTE).replace("order_events", "order_event")
    done = project("run", "import", KAFKA, save(project, rows), "--yes", code=4)
    assert (
        'unknown topic "order_event"; an import would create it; did you mean "order_events"'
        in (done.err)
    )


def test_usage(project: Project) -> None:
    for arguments, words in (
        (["reload", TABLE], "its actions:\n  export"),
        (["exprot", TABLE], "did you mean 'export'?"),
        (["export", "Topic/a.b"], "kinds: DataSource, MessagingService, Table, TableSync"),
        (["export", "customers"], "KIND/IDENTITY"),
        (["export", f"other:{TABLE}"], "configured: openmetadata"),
        (["export", TABLE, "--dry-run"], "export has no --dry-run; it takes --async, --wait"),
        (["export", TABLE, "--format", "json"], "leave --format json away"),
        (["import", TABLE], "import needs a FILE"),
        (["export", TABLE, "--wait-timeout", "soon"], "write 90s, 30m or 2h"),
    ):
        assert words in project("run", *arguments, code=64).err, arguments
    assert "no.csv cannot be read" in project("run", "import", TABLE, "no.csv", code=1).err
    assert project.requests() == []
    help_text = project("run", "--help").out
    assert "export" in help_text
    assert "(Table, MessagingService)" in help_text


def test_one_of_several_catalogs_is_named(project: Project) -> None:
    file = project.root / "catalogctl.yaml"
    text = file.read_text()
    file.write_text(text + text.partition("\n")[2].replace("  openmetadata:", "  other:"))
    done = project("run", "export", TABLE, code=64)
    assert f"which catalog? openmetadata:{TABLE}, other:{TABLE}" in done.err
    assert project("run", "export", f"other:{TABLE}").out == live(project)


# -- answers that are lost


def test_an_import_whose_answer_is_cut_off_is_not_sent_twice(project: Project) -> None:
    project.sandbox.faults.add(method="PUT", path="/import$", action="cut_after")
    changed = live(project).replace("Login e-mail.", "x")
    done = project("run", "import", TABLE, save(project, changed), "--yes")
    assert "email  written" in done.out
    assert (bodies(project), live(project)) == (1, changed)


@pytest.mark.parametrize("action", ["cut", "respond"])
def test_an_import_that_never_arrived_is_unknown_and_not_sent_again(
    project: Project, action: str
) -> None:
    before = live(project)
    project.sandbox.faults.add(method="PUT", path="/import$", action=action, status=504)
    file = save(project, before.replace("Login e-mail.", "x"))
    done = project("run", "import", TABLE, file, "--yes", code=1)
    assert "email  unknown" in done.out
    assert (bodies(project), live(project)) == (1, before)


def test_a_gateway_that_gives_up_on_an_import_that_goes_on(project: Project) -> None:
    project.sandbox.faults.add(method="PUT", path="/import$", action="respond_after", status=504)
    file = save(project, live(project).replace("Login e-mail.", "x"))
    project("run", "import", TABLE, file, "--yes")
    assert bodies(project) == 1


def test_a_success_that_changed_nothing_is_none(project: Project) -> None:
    rows = f"{header(project)}\r\n{EMAIL.replace('Login e-mail.', 'x')}\r\n"
    results = "status,details," + rows.replace("\r\nemail", "\r\nsuccess,Entity updated,email")
    answer = {"dryRun": False, "status": "success", "importResultsCsv": results}
    project.sandbox.faults.add(method="PUT", path="/import$", status=200, body=answer)
    done = project("run", "import", TABLE, save(project, rows), "--yes", code=1)
    assert "the catalog holds something else in column.description" in done.out


def test_the_right_is_missing(project: Project) -> None:
    project.act_as("alice")
    file = save(project, live(project).replace("Login e-mail.", "x"))
    for option in ("--dry-run", "--yes"):
        assert "EditAll" in project("run", "import", TABLE, file, option, code=1).err


# -- in pieces


def many(project: Project, count: int) -> str:
    """A table of so many columns, and a file that describes them all."""
    columns = [{"name": f"c{n}", "dataType": "INT", "ordinalPosition": n + 1} for n in range(count)]
    body = {"name": "wide", "databaseSchema": "snowflake_prod.analytics.public"}
    project.http.post("/tables", json={**body, "columns": columns}).raise_for_status()
    name = "snowflake_prod.analytics.public.wide"
    head, *rows = live(project, f"/tables/name/{quote(name)}").split("\r\n")
    described = [row.replace(",,", f",,About {at}", 1) for at, row in enumerate(rows) if row]
    save(project, "\n".join([head, *described]))
    return f"Table/{name}"


def test_a_long_file_goes_in_pieces(project: Project) -> None:
    project.environ.setattr(pieces, "ROWS", 4)
    wide = many(project, 10)
    done = project("run", "import", wide, "rows.csv", "--yes", "--format", "json")
    assert {*outcomes(done).values()} == {"written"}
    assert (bodies(project), len(done.json["answers"])) == (3, 3)
    project("run", "import", wide, "rows.csv", "--dry-run")


def test_a_table_in_pieces_is_rehearsed_whole_before_the_first(project: Project) -> None:
    project.environ.setattr(pieces, "ROWS", 4)
    wide = many(project, 10)
    file = project.root / "rows.csv"
    file.write_text(file.read_text().replace("About 8,int,INT,,,,", "About 8,int,INT,,,PII.Nope,"))
    done = project("run", "import", wide, "rows.csv", "--yes", code=1)
    assert "c8" in done.out
    assert "nothing was written" in done.err
    assert bodies(project) == 0


def test_a_piece_that_fails_stops_the_rest_and_says_what_is_written(project: Project) -> None:
    project.environ.setattr(pieces, "ROWS", 4)
    wide = many(project, 10)
    project.sandbox.faults.add(method="PUT", query="dryRun=false", after=1, status=500, body="boom")
    done = project("run", "import", wide, "rows.csv", "--yes", code=5)
    assert "note: piece 2 of 3, lines 6 to 9: 0 of 4 rows written" in done.err
    assert "note: not sent: piece 3 of 3" in done.err
    assert "4 written, 6 not written" in done.err
