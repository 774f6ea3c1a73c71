"""Reading CSV and JSON lines as streams: every row with its line, or the reason why it is none.

A line that cannot be read (wrong encoding, broken quotes, too many fields) costs that line only. What
makes the whole file unreadable raises `UnreadableError`.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import orjson
from django.utils.translation import gettext as _

from curation.spreadsheets import inert

MOST_BYTES: Final = 1024 * 1024
"""A line longer than this is refused."""

MOST_LINES: Final = 200
"""A quoted field that runs on for more lines than this is taken for a broken quote."""

FORMATS: Final = (".csv", ".tsv", ".jsonl", ".ndjson")


class UnreadableError(ValueError):
    """The file as a whole cannot be read, or not further."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it starts, counted from 1, and its fields, or what is wrong with it."""

    line: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A text file of fields without quotes: what stands between them, the header if none is in the file."""

    delimiter: str
    header: tuple[str, ...] = ()
    encoding: str = "utf-8"


class Rows:
    """The rows of a file, opened by `with`, read once; `.csv`, `.tsv`, `.jsonl`, each also as `.gz`.

    A file of another name is read by its layout.
    """

    def __init__(self, path: Path, layout: Layout | None = None) -> None:
        self.path = path
        self.layout = layout
        self.format = "" if layout else _format(path)
        self.size = 0
        self._raw: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.size = self.path.stat().st_size
            self._raw = self.path.open("rb")
        except OSError as error:
            raise UnreadableError(f"{self.path}: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._raw is not None:
            self._raw.close()

    @property
    def share(self) -> float:
        """The share of the file, in bytes on disk, that has been read: 0 to 1."""
        return self._raw.tell() / self.size if self._raw is not None and self.size else 1.0

    def __iter__(self) -> Iterator[Row]:
        if self._raw is None:
            raise ValueError("open the file by `with` before reading its rows")
        lines = _lines(self._raw, self.path)
        if self.layout:
            records = (
                (number, _plain(line, self.layout)) for number, line in lines if line.strip()
            )
            return _rows(records, self.path, self.layout.header)
        if self.format in {".jsonl", ".ndjson"}:
            return (_json_row(number, line) for number, line in lines if line.strip())
        delimiter = "\t" if self.format == ".tsv" else ","
        return _rows(_records(lines, Layout(delimiter)), self.path)


def _format(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    last = suffixes[-2:-1] if suffixes[-1:] == [".gz"] else suffixes[-1:]
    if not last or last[0] not in FORMATS:
        raise UnreadableError(
            _("%(path)s: the name must end in one of %(formats)s, or in one of them and .gz.")
            % {"path": path, "formats": ", ".join(FORMATS)}
        )
    return last[0]


def _lines(raw: IO[bytes], path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line with its number and without its end, an over-long one cut short just past the limit."""
    compressed = path.suffix.lower() == ".gz"
    stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 16) if compressed else raw
    number = 0
    try:
        while line := stream.readline(MOST_BYTES + 1):
            number += 1
            whole = line
            while not whole.endswith(b"\n") and (whole := stream.readline(MOST_BYTES)):
                pass
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            yield number, line.rstrip(b"\r\n")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableError(
            _("%(path)s: damaged after line %(line)d (%(error)s).")
            % {"path": path, "line": number, "error": error}
        ) from error


def _text(line: bytes, encoding: str = "utf-8") -> str:
    if len(line) > MOST_BYTES:
        raise ValueError(_("longer than %(limit)d bytes") % {"limit": MOST_BYTES})
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(_("not UTF-8 at byte %(at)d") % {"at": error.start + 1}) from error


def _json_row(number: int, line: bytes) -> Row:
    try:
        told = orjson.loads(_text(line))
    except ValueError as error:
        return Row(number, problem=_("not JSON: %(error)s") % {"error": error})
    if not isinstance(told, dict):
        return Row(number, problem=_("not a JSON object"))
    return Row(number, told)


def _rows(
    records: Iterable[tuple[int, list[str] | str]], path: Path, header: Sequence[str] = ()
) -> Iterator[Row]:
    for number, record in records:
        if not header:
            header = _header(record, path)
        elif isinstance(record, str):
            yield Row(number, problem=record)
        elif len(record) != len(header):
            words = {"found": len(record), "wanted": len(header)}
            yield Row(number, problem=_("%(found)d fields instead of %(wanted)d") % words)
        else:
            yield Row(number, dict(zip(header, record, strict=True)))
    if not header:
        raise UnreadableError(_("%(path)s: empty, not even a header.") % {"path": path})


def _header(record: list[str] | str, path: Path) -> list[str]:
    if isinstance(record, str) or not all(record) or len(set(record)) < len(record):
        raise UnreadableError(
            _("%(path)s: the first line must name the columns, each once.") % {"path": path}
        )
    return record


def _records(
    lines: Iterator[tuple[int, bytes]], layout: Layout
) -> Iterator[tuple[int, list[str] | str]]:
    """The fields of each record, or what is wrong with it, with the line on which it starts."""
    again: deque[tuple[int, bytes]] = deque()
    while (first := again.popleft() if again else next(lines, None)) is not None:
        number, line = first
        if not line.strip():
            continue
        if b'"' not in line:
            yield number, _plain(line, layout)
            continue
        more, closed = _rest_of_quoted(line, lines, again)
        record = (
            _quoted([line, *(text for _, text in more)], layout.delimiter)
            if closed
            else _open_quote()
        )
        if isinstance(record, str):
            again.extendleft(reversed(more))
        yield number, record


def _open_quote() -> str:
    return _("broken quotes: one is not closed")


def _plain(line: bytes, layout: Layout) -> list[str] | str:
    try:
        return _text(line, layout.encoding).split(layout.delimiter)
    except ValueError as error:
        return str(error)


def _rest_of_quoted(
    line: bytes, lines: Iterator[tuple[int, bytes]], again: deque[tuple[int, bytes]]
) -> tuple[list[tuple[int, bytes]], bool]:
    """The further lines that a record with an open quote runs over, and whether it is closed there."""
    more: list[tuple[int, bytes]] = []
    quotes = line.count(b'"')
    while quotes % 2 and len(more) < MOST_LINES:
        following = again.popleft() if again else next(lines, None)
        if following is None:
            break
        more.append(following)
        quotes += following[1].count(b'"')
    return more, quotes % 2 == 0


def _quoted(lines: list[bytes], delimiter: str) -> list[str] | str:
    try:
        texts = [_text(line) for line in lines]
        (record,) = csv.reader(["\n".join(texts)], delimiter=delimiter, strict=True)
    except csv.Error as error:
        return _("broken quotes: %(error)s") % {"error": error}
    except ValueError as error:
        return str(error)
    return record


class Rejects:
    """The report of rows that were left out: line and reason, as CSV, written as they come."""

    def __init__(self, path: Path | None) -> None:
        self.count = 0
        self._file = path.open("w", newline="", encoding="utf-8") if path else None
        self._writer = csv.writer(self._file) if self._file else None
        if self._writer:
            self._writer.writerow(["line", "reason"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if self._file:
            self._file.close()

    def add(self, line: int, reason: str) -> None:
        """Note that the row of this line was left out, and why."""
        self.count += 1
        if self._writer:
            self._writer.writerow([line, inert(reason)])
