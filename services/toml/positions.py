"""Line numbers of the keys in a TOML text, so that mistakes can be reported by line. `tomllib` gives values
without positions. This scanner gives positions without values, and assumes a text that `tomllib` has accepted
(TOML 1.0: tables, arrays of tables, dotted keys, inline tables, arrays, four kinds of strings)."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress

Path = tuple[str | int, ...]  # Keys and array indices from the top, e.g. `("duties", 2, "rule")`.

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL)
_BARE_VALUE = re.compile(r"[^,\]}\n#]+")
_STRINGS = (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL)


def dotted(path: Path) -> str:
    """A path in dotted notation: `duties[2].rule`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def key_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and array element; the first one if a table is defined in several places."""
    return _Scanner(text).run()


def statement_line(text: str, line: int) -> int:
    """The line of the last statement that begins on `line` or above; for a text that is not TOML."""
    scanner = _Scanner(text)
    newest = 1
    with suppress(ValueError, RecursionError):
        for start in scanner.statements():
            begins = bisect_left(scanner.line_ends, start) + 1
            if begins > line:
                break
            newest = begins
    return newest


def line_of(lines: dict[Path, int], path: Path) -> int:
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.position = 0
        self.line_ends = [match.start() for match in re.finditer("\n", self.text)]
        self.lines: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}  # Number of elements scanned so far of each array of tables

    def run(self) -> dict[Path, int]:
        for _statement in self.statements():
            pass
        return self.lines

    def statements(self) -> Iterator[int]:
        """The offsets at which statements begin."""
        table: Path = ()
        self.skip()
        while self.position < len(self.text):
            yield self.position
            if self.text.startswith("[", self.position):
                table = self.header()
            else:
                self.assignment(table)
            self.skip()

    def skip(self) -> None:
        self.take(_SPACE)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Consume and return what matches at the current position; raises ValueError if nothing does."""
        match = pattern.match(self.text, self.position)
        if match is None:
            raise ValueError(f"not TOML at character {self.position}")
        self.position = match.end()
        return match[0]

    def note(self, path: Path) -> None:
        line = bisect_left(self.line_ends, self.position) + 1
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], line)

    def header(self) -> Path:
        """Scan `[a.b]` or `[[a.b]]` and return its path; the name of an array of tables refers to its last element."""
        is_array = self.text.startswith("[[", self.position)
        at = self.position
        self.position += 2 if is_array else 1
        names = self.key()
        end = self.position
        path: Path = ()
        for index, name in enumerate(names):
            path = (*path, name)
            last = index == len(names) - 1
            if last and is_array:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        self.position = at
        self.note(path)
        self.position = end + (2 if is_array else 1)
        return path

    def key(self) -> list[str]:
        names = []
        while True:
            self.skip()
            names.append(self.name())
            self.skip()
            if not self.text.startswith(".", self.position):
                return names
            self.position += 1

    def name(self) -> str:
        for pattern in (_BASIC, _LITERAL):
            if pattern.match(self.text, self.position):
                quoted = self.take(pattern)
                return str(tomllib.loads(f"value = {quoted}")["value"])
        return self.take(_BARE_KEY)

    def assignment(self, table: Path) -> None:
        start = self.position
        path = (*table, *self.key())
        after = self.position
        self.position = start
        self.note(path)
        self.position = after + 1
        self.skip()
        self.value(path)

    def value(self, path: Path) -> None:
        if self.text.startswith("[", self.position):
            self.array(path)
        elif self.text.startswith("{", self.position):
            self.inline_table(path)
        else:
            pattern = next((one for one in _STRINGS if one.match(self.text, self.position)), _BARE_VALUE)
            self.take(pattern)

    def array(self, path: Path) -> None:
        self.position += 1
        index = 0
        while not self.closed("]"):
            self.note((*path, index))
            self.value((*path, index))
            index += 1

    def inline_table(self, path: Path) -> None:
        self.position += 1
        while not self.closed("}"):
            self.assignment(path)

    def closed(self, bracket: str) -> bool:
        self.skip()
        if self.text.startswith(",", self.position):
            self.position += 1
            self.skip()
        if self.text.startswith(bracket, self.position):
            self.position += 1
            return True
        return False
