"""Git before, git now and the catalog: `--base` and `drift`, in a real repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from e2e.conftest import new_server
from e2e.git_repo import GitRepo
from e2e.project import Done, Project, labels
from e2e.shop import CUSTOMERS, ORDERS

TAGS = ("Level.Public", "Only.One")
SENSITIVE = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual"}
BEFORE: dict[str, Any] = {
    "description": "As declared.",
    "tags": list(TAGS),
    "followers": ["alice", "bob"],
    "columns": {"id": {"description": "The key."}, "note": {"tags": ["Level.Public"]}},
}


@pytest.fixture
def repo(project: Project) -> GitRepo:
    """The project as a repository, with one table declared, committed and applied."""
    made = GitRepo(project.root)
    (project.root / ".gitignore").write_text(".catalogctl/\n*.json\n")
    project.declare(ORDERS, **BEFORE)
    made.commit()
    project.apply()
    return made


def origins(done: Done) -> dict[str, str]:
    return {
        each["path"]: each["origin"] for change in done.json["changes"] for each in change["fields"]
    }


def follow(project: Project, table: str, user: str) -> None:
    found = project.http.get(f"/users/name/{user}").json()["id"]
    answer = project.http.put(f"/tables/{project.table(table)['id']}/followers", json=found)
    assert answer.status_code == 200, answer.text


def test_what_git_no_longer_lists_is_taken_away_and_what_people_added_stays(
    project: Project, repo: GitRepo
) -> None:
    follow(project, ORDERS, "erin")
    project.declare(
        ORDERS,
        **{**BEFORE, "tags": ["Only.One"], "followers": ["alice"]},
        vote="votedUp",
    )
    repo.commit()
    assert "tags" not in origins(project.plan())
    done = project.plan("--base", "HEAD~1")
    assert done.json["base"] == repo.git("rev-parse", "HEAD~1")
    assert done.field("tags")["removed"] == ["Level.Public"]
    assert done.field("followers")["removed"] == ["bob"]
    assert set(origins(done).values()) == {"change"}
    project.apply("--base", "HEAD~1")
    held = project.table(ORDERS)
    assert set(TAGS) & set(labels(held)) == {"Only.One"}
    assert {"alice", "erin"} <= {each["name"] for each in held["followers"]}
    assert "bob" not in {each["name"] for each in held["followers"]}
    assert project.plan("--base", "HEAD~1").json["changes"] == []


def test_an_emptied_list_and_an_emptied_text_take_away_a_key_that_is_gone_does_not(
    project: Project, repo: GitRepo
) -> None:
    project.declare(
        ORDERS, description="", tags=[], columns={"id": {"description": ""}, "note": {}}
    )
    repo.commit()
    done = project.plan("--base", "HEAD~1", "--allow", "mass-removal")
    assert done.field("tags")["removed"] == ["Level.Public", "Only.One"]
    assert done.field("columns.id.description")["after"] == ""
    assert "columns.note.tags" not in origins(done)
    assert "followers" not in origins(done)


def test_change_drift_and_conflict_are_told_apart_and_counted(
    project: Project, repo: GitRepo
) -> None:
    project.declare(
        CUSTOMERS, description="One.", displayName="Customers", columns={"id": {"description": "K"}}
    )
    repo.commit()
    project.apply()
    project.patch(
        CUSTOMERS, ("/description", "By hand."), ("/displayName", "By hand too."),
    )  # fmt: skip
    project.declare(
        CUSTOMERS, description="Two.", displayName="Customers", columns={"id": {"description": "L"}}
    )
    repo.commit()
    done = project.plan("--base", "HEAD~1")
    assert origins(done) == {
        "columns.id.description": "change",
        "description": "conflict",
        "displayName": "drift",
    }
    told = done.field("description")
    assert (told["base"], told["before"], told["after"]) == ("One.", "By hand.", "Two.")
    assert done.json["summary"]["conflict"] == 1
    shown = project("plan", "--base", "HEAD~1").out
    for value in ("One.", "By hand.", "Two."):
        assert value in shown
    assert "1 in conflict" in shown
    assert f"Compared with git at {repo.git('rev-parse', 'HEAD~1')[:12]}." in shown
    markdown = project("plan", "--base", "HEAD~1", "--format", "markdown").out
    assert "conflict" in markdown
    without = project.plan("--base", "HEAD~1", "--no-drift")
    assert set(origins(without)) == {"columns.id.description", "description"}
    only = project.plan("--base", "HEAD~1", "--only-drift")
    assert origins(only) == {"displayName": "drift"}
    assert only.json["summary"]["drift"] == 1


def test_both_moved_to_the_same_is_nothing(project: Project, repo: GitRepo) -> None:
    project.declare(ORDERS, **{**BEFORE, "description": "The same."})
    repo.commit()
    project.patch(ORDERS, ("/description", "The same."))
    assert project.plan("--base", "HEAD~1").json["changes"] == []


def test_a_renamed_file_changes_nothing(project: Project, repo: GitRepo) -> None:
    folder = project.root / "catalog-specs"
    (folder / "public").mkdir()
    (file,) = folder.glob("*.yaml")
    file.rename(folder / "public" / "renamed.yaml")
    repo.commit()
    assert project.plan("--base", "HEAD~1").json["changes"] == []
    project.apply("--base", "HEAD~1")
    assert set(TAGS) <= set(labels(project.table(ORDERS)))


def test_a_document_that_is_gone_takes_nothing_away(project: Project, repo: GitRepo) -> None:
    project.declare(CUSTOMERS, description="Here.")
    repo.commit()
    project.apply()
    for file in (project.root / "catalog-specs").glob("*orders*"):
        file.unlink()
    repo.commit()
    assert project.plan("--base", "HEAD~1").json["changes"] == []
    assert set(TAGS) <= set(labels(project.table(ORDERS)))


def test_a_default_of_then_counts_as_declared_then(project: Project, repo: GitRepo) -> None:
    project.write("_defaults.yaml", "Table: {domains: [Sales]}\n")
    repo.commit()
    project.apply()
    project.declare(ORDERS, **BEFORE, domains=["Finance"])
    repo.commit()
    done = project.plan("--base", "HEAD~1")
    assert done.field("domains")["added"] == ["Finance"]
    assert done.field("domains")["origin"] == "change"


@new_server
def test_an_owner_that_git_gave_up_goes_for_no_other_reason(
    project: Project, repo: GitRepo
) -> None:
    project.declare(ORDERS, **BEFORE, owners=["user:alice", "user:bob"])
    repo.commit()
    project.apply()
    project.declare(ORDERS, **BEFORE, owners=["user:alice"])
    owners = project.plan("--base", "HEAD").field("owners")
    assert owners["removed"] == ["user:bob"]
    assert "message" not in owners


@new_server
def test_a_catalog_that_is_called_otherwise_now_is_the_same(
    project: Project, repo: GitRepo
) -> None:
    file = project.root / "catalogctl.yaml"
    file.write_text(file.read_text().replace("  openmetadata:", "  prod:"))
    project.declare(ORDERS, **{**BEFORE, "description": "In git.", "tags": ["Only.One"]})
    project.patch(ORDERS, ("/columns/0/description", "By hand."))
    done = project.plan("--base", "HEAD")
    assert done.field("tags")["removed"] == ["Level.Public"]
    assert origins(done) == {
        "columns.id.description": "drift", "description": "change", "tags": "change"
    }  # fmt: skip


# -- drift


def test_drift_says_what_moved_and_leaves_out_what_is_only_edited(
    project: Project, repo: GitRepo
) -> None:
    assert project("drift", code=0).out.startswith("No changes.")
    project.patch(ORDERS, ("/description", "By hand."))
    project.declare(ORDERS, **{**BEFORE, "displayName": "Not yet committed"})
    done = project("drift", "--format", "json", code=2)
    assert origins(done) == {"description": "drift"}
    told = done.field("description")
    assert (told["before"], told["after"]) == ("By hand.", "As declared.")
    assert told["source"]["file"].startswith("catalog-specs/")
    assert told["moved"]["by"] == "admin"
    assert done.json["base"] == repo.head
    assert project.writes() == []
    assert "moved by admin" in project("drift", code=2).out


def test_a_table_that_is_gone_is_drift(project: Project, repo: GitRepo) -> None:
    answer = project.http.delete(
        f"/tables/{project.table(ORDERS)['id']}", params={"hardDelete": "true", "recursive": "true"}
    )
    assert answer.status_code == 200, answer.text
    done = project("drift", "--format", "json", code=2)
    assert origins(done) == {"name": "drift"}


def test_the_drift_that_was_saved_can_be_taken_back(project: Project, repo: GitRepo) -> None:
    project.patch(ORDERS, ("/description", "By hand."))
    project("drift", "--out", "drift.json", code=2)
    project.apply("drift.json")
    assert project.table(ORDERS)["description"] == "As declared."
    assert project("drift").code == 0


@new_server
def test_taking_the_drift_back_is_guarded_like_any_other_plan(
    project: Project, repo: GitRepo
) -> None:
    project.declare(ORDERS, **{**BEFORE, "tags": {"only": list(TAGS)}})
    repo.commit()
    project.patch(ORDERS, ("/tags/-", SENSITIVE))
    assert project("drift", "--out", "drift.json", "--format", "json", code=2).json["guards"] == []
    done = project.apply("drift.json", code=3)
    assert "stopped by protected-tag" in done.err
    assert "PII.Sensitive" in labels(project.table(ORDERS))
    project.apply("drift.json", "--allow", "protected-tag")
    assert labels(project.table(ORDERS)) == list(TAGS)


def test_drift_whose_tag_is_gone_is_not_taken_back(project: Project, repo: GitRepo) -> None:
    """References are checked when the drift is about to be taken back."""
    project.patch(ORDERS, ("/tags", []))
    tag = project.http.get("/tags/name/Level.Public").json()["id"]
    assert project.http.delete(f"/tags/{tag}", params={"hardDelete": "true"}).status_code == 200
    project("drift", "--out", "drift.json", code=2)
    done = project.apply("drift.json", code=1)
    assert done.outcomes == {f"Table/{ORDERS}": "skipped"}
    assert "Tag Level.Public not found" in done.field("tags")["message"]
    assert project.writes() == []


@new_server
def test_drift_outside_of_a_repository_says_so(project: Project) -> None:
    project.declare(ORDERS, **BEFORE)
    done = project("drift", code=4)
    assert "HIST001" in done.err


# -- what may be wrong with a base


@new_server
@pytest.mark.parametrize(
    ("revision", "said"), [("nowhere", "HIST003"), ("--upload-pack=x", "HIST003")]
)
def test_a_base_that_is_not_there_is_invalid(
    project: Project, repo: GitRepo, revision: str, said: str
) -> None:
    done = project.plan(f"--base={revision}", code=4)
    assert said in done.err
    assert done.json["kind"] == "diagnostics"
    assert project.requests() == []


@new_server
def test_specs_that_were_invalid_then_are_no_base(project: Project, repo: GitRepo) -> None:
    project.write("bad.yaml", "kind: Table\nname: a.b\n")
    repo.commit()
    (project.root / "catalog-specs" / "bad.yaml").unlink()
    repo.commit()
    done = project.plan("--base", "HEAD~1", code=4)
    assert "HIST007" in done.err
    assert "HEAD~1:catalog-specs/bad.yaml" in done.err


@new_server
def test_a_shallow_clone_says_how_to_get_the_rest(
    project: Project, repo: GitRepo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repo.commit({"note.txt": "x"})
    shallow = repo.clone(tmp_path_factory.mktemp("clone") / "shallow", "--depth", "1")
    project.environ.chdir(shallow.root)
    done = project.plan("--base", "HEAD~1", code=4)
    assert "HIST004" in done.err
    assert "fetch-depth: 0" in done.err


@new_server
def test_drift_options_need_a_base(project: Project, repo: GitRepo) -> None:
    assert "--base REV" in project.plan("--no-drift", code=64).err
    project.plan("--no-drift", "--only-drift", "--base", "HEAD", code=64)


# -- in CI


@new_server
def test_in_ci_the_base_is_found_and_said(project: Project, repo: GitRepo, tmp_path: Path) -> None:
    before = repo.head
    project.declare(ORDERS, **{**BEFORE, "tags": ["Only.One"]})
    repo.commit()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"before": before}))
    project.environ.setenv("GITHUB_EVENT_NAME", "push")
    project.environ.setenv("GITHUB_EVENT_PATH", str(event))
    done = project.plan()
    assert done.json["base"] == before
    assert f"the base is {before[:12]}" in done.err
    assert done.field("tags")["removed"] == ["Level.Public"]
    assert project.plan("--base", "").json["base"] is None


@new_server
def test_in_ci_a_base_that_is_invalid_does_not_stop_its_mend(
    project: Project, repo: GitRepo, tmp_path: Path
) -> None:
    project.write("bad.yaml", "kind: Table\nname: a.b\n")
    before = repo.commit()
    (project.root / "catalog-specs" / "bad.yaml").unlink()
    repo.commit()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"before": before}))
    project.environ.setenv("GITHUB_EVENT_NAME", "push")
    project.environ.setenv("GITHUB_EVENT_PATH", str(event))
    done = project.plan()
    assert done.json["base"] is None
    assert "no base" in done.err
