"""Git's objects, read with git itself: two processes for a whole revision, and nothing is written.

No work tree, index, hook, filter, pager, prompt or network is involved. What goes wrong is an
InvalidError with the mend in its hint.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from catalogctl.errors import Diagnostic, InvalidError

DEEPER = (
    "fetch the history: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab, "
    "`git fetch --unshallow` elsewhere"
)

# A hook, and whoever is called by one, would otherwise look into the repository that git names.
_OTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE")
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    # A partial clone fetches what it lacks in passing. Git before 2.45 knows only the second way
    # to forbid that.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_AT_ONCE = 50
"""Requests that git may have before it is listened to; they fit into any pipe."""


def fault(code: str, message: str, hint: str) -> InvalidError:
    """The one finding that ends the reading."""
    return InvalidError([Diagnostic(code, message, hint=hint)])


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Git's answer, whatever it is. Raises InvalidError when git cannot be started."""
    try:
        return subprocess.run(
            _command(root, *arguments),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise _no_git(error) from None


def commit_of(root: Path, revision: str) -> str:
    """The full hash of the commit that a revision names in the repository at `root`."""
    if not revision or revision.startswith(("-", "^")) or "\0" in revision:
        hint = "name a branch, a tag or a commit"
        raise fault("HIST003", f"{revision!r} is no name of a revision", hint)
    state = ("--is-inside-work-tree", "--show-prefix", "--is-shallow-repository")
    ran = run(root, "rev-parse", *state, "--verify", f"{revision}^{{commit}}")
    inside, prefix, shallow, commit = (os.fsdecode(ran.stdout).split("\n") + [""] * 4)[:4]
    said = _said(ran.stderr)
    if ran.returncode and "needed a single revision" not in said.lower():
        raise _refused(root, said)
    if inside != "true" or prefix:
        raise _no_repository(root)
    if ran.returncode == 0:
        return commit
    if shallow == "true":
        message = f"this clone is shallow and does not hold the revision {revision}"
        raise fault("HIST004", message, DEEPER)
    if b"is ambiguous" in ran.stderr:
        raise fault("HIST003", f"{revision} names more than one commit", "write more of the hash")
    raise fault("HIST003", f"there is no revision {revision}", _meant(root, revision))


def is_shallow(root: Path) -> bool:
    """Whether the history was cut off when the repository was cloned."""
    return run(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def merge_base(root: Path, one: str, other: str) -> str | None:
    """The newest commit from which both of these came, as far as this clone reaches."""
    ran = run(root, "merge-base", one, other)
    return ran.stdout.decode().strip() if ran.returncode == 0 else None


class Objects:
    """Objects by their ids, from one `git cat-file --batch` while the block lasts.

    Outside of the block `read` starts a process of its own for each object.
    """

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self._revision = revision
        self._process: subprocess.Popen[bytes] | None = None
        self._next: dict[str, str | None] = {}
        self._ready: dict[str, bytes] = {}

    def __enter__(self) -> Objects:
        try:
            self._process = subprocess.Popen(
                _command(self._root, "cat-file", "--batch"),
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise _no_git(error) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._next, self._ready = {}, {}

    def _stop(self) -> str:
        """Ends the process; what it complained about."""
        process, self._process = self._process, None
        return "" if process is None else _said(process.communicate()[1])

    def expect(self, ids: Sequence[str]) -> None:
        """These will be read, in this order: several are then asked for at once."""
        self._next = dict(zip(ids, [*ids[1:], None], strict=False))

    def read(self, id: str) -> bytes:
        """The bytes of one object."""
        if self._process is None:
            with self:
                return self._fetch([id])[id]
        if id not in self._ready:
            wanted: list[str] = []
            following: str | None = id
            while following is not None and len(wanted) < _AT_ONCE:
                wanted.append(following)
                following = self._next.pop(following, None)
            self._ready = self._fetch(wanted)
        return self._ready[id]

    def _fetch(self, ids: Sequence[str]) -> dict[str, bytes]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        found = {}
        try:
            process.stdin.write("".join(f"{id}\n" for id in ids).encode())
            process.stdin.flush()
            for id in ids:
                head = process.stdout.readline().split()
                if len(head) != 3:
                    raise self._lost(id)
                found[id] = process.stdout.read(int(head[2]))
                process.stdout.read(1)
        except BrokenPipeError:
            raise self._lost(ids[0]) from None
        return found

    def _lost(self, id: str) -> InvalidError:
        said = self._stop()
        if "promisor" in said or "lazy fetch" in said:
            message = f"this is a partial clone that does not hold all files of {self._revision}"
            hint = (
                f"fetch them, with `git archive --output={os.devnull} {self._revision}` for "
                "instance, or clone without --filter"
            )
            return fault("HIST005", message, hint)
        return _broken(said or f"the object {id} is missing")


def _command(root: Path, *arguments: str) -> list[str]:
    return ["git", "-C", str(root), "--no-pager", *arguments]


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _OTHER_REPOSITORY and not name.startswith("GIT_TRACE")
    }
    return {**kept, **_ENVIRONMENT}


def _said(errors: bytes) -> str:
    """The complaint, without git's advice below it."""
    lines = errors.decode("utf-8", "replace").splitlines()
    told = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    last = told[-1] if told else "".join(lines[-1:])
    return last.removeprefix("fatal: ").removeprefix("error: ")


def _refused(root: Path, said: str) -> InvalidError:
    if "dubious ownership" in said or "unsafe repository" in said:
        hint = f"if you trust it: `git config --global --add safe.directory {root}`"
        return fault("HIST002", "git refuses a repository that somebody else owns", hint)
    if "not a git repository" in said:
        return _no_repository(root)
    return _broken(said)


def _no_git(error: OSError) -> InvalidError:
    message = f"git cannot be started: {error.strerror or error}"
    return fault("HIST001", message, "install git, or plan without a base")


def _no_repository(root: Path) -> InvalidError:
    hint = "keep the configuration and the specs in a git repository, or plan without a base"
    return fault("HIST001", f"{root} is not the work tree of a git repository", hint)


def _broken(said: str) -> InvalidError:
    hint = "look at it with `git fsck`, or clone it anew"
    return fault("HIST006", f"git cannot read the repository: {said}", hint)


def _meant(root: Path, revision: str) -> str:
    """A branch or tag that was meant, perhaps; else the way to get what is not there."""
    from difflib import get_close_matches

    if not run(root, "rev-list", "--all", "--max-count=1").stdout:
        return "nothing is committed here yet: commit the specs, or plan without a base"
    if re.fullmatch(r"HEAD|.*([\^~:@{}\s]|\.\.).*", revision, re.DOTALL):
        return "name a branch, a tag or a commit: `git log --oneline` lists them"
    spaces = ("refs/heads", "refs/tags", "refs/remotes")
    ran = run(root, "for-each-ref", "--format=%(refname:short)", "--count=10000", *spaces)
    names = ran.stdout.decode("utf-8", "replace").splitlines()
    remote = f"origin/{revision}"
    close = [remote] if remote in names else get_close_matches(revision, names, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"check its spelling, or fetch it: `git fetch origin {revision}`"
