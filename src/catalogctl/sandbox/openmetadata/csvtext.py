"""CSV as Apache Commons CSV reads and writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .errors import Unhandled


def write(rows: Iterable[Sequence[str | None]]) -> str:
    """Records end in CRLF; a cell is quoted only where it must be."""
    return "".join(
        ",".join(
            _cell(cell or "", first=index == 0, alone=len(row) == 1)
            for index, cell in enumerate(row)
        )
        + "\r\n"
        for row in rows
    )


def _cell(text: str, *, first: bool, alone: bool) -> str:
    if text == "":
        return '""' if first and alone else ""
    special = any(character in text for character in ',"\r\n')
    # A first character up to "#" could be taken for a comment, a blank at an end gets lost.
    if special or text[0] <= "#" or text[-1] <= " ":
        return '"' + text.replace('"', '""') + '"'
    return text


def read(text: str) -> list[list[str]]:
    """Records of ``text``, blank lines skipped; broken quoting is a 500 (recorded)."""
    return _Reader(text).records()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def records(self) -> list[list[str]]:
        records = []
        while self._at < len(self._text):
            if self._text[self._at] in "\r\n":
                self._end_of_line()
                continue
            records.append(self._record())
        return records

    def _record(self) -> list[str]:
        cells = [self._next_cell()]
        while self._at < len(self._text) and self._text[self._at] == ",":
            self._at += 1
            cells.append(self._next_cell())
        self._end_of_line()
        return cells

    def _next_cell(self) -> str:
        if self._text[self._at : self._at + 1] == '"':
            return self._quoted()
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in ",\r\n":
            self._at += 1
        return self._text[start : self._at]

    def _quoted(self) -> str:
        start_line = self._line
        parts: list[str] = []
        self._at += 1
        while True:
            end = self._text.find('"', self._at)
            if end < 0:
                raise Unhandled(
                    f"java.io.IOException: (startline {start_line}) EOF reached before "
                    "encapsulated token finished"
                )
            parts.append(self._text[self._at : end])
            self._line += self._text.count("\n", self._at, end)
            self._at = end + 1
            if self._text[self._at : self._at + 1] != '"':
                break
            parts.append('"')
            self._at += 1
        if self._at < len(self._text) and self._text[self._at] not in ",\r\n":
            raise Unhandled(
                "java.io.IOException: Invalid char between encapsulated token and delimiter at "
                f"line: {self._line}, position: {self._at + 1}"
            )
        return "".join(parts)

    def _end_of_line(self) -> None:
        if self._text.startswith("\r\n", self._at):
            self._at += 2
        elif self._at < len(self._text):
            self._at += 1
        self._line += 1
