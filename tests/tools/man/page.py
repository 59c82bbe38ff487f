"""A man page as a whole, in either language; it depends on nothing but the checkout, so that builds are reproducible."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from services import i18n
from tests.tools.man import registries
from tests.tools.man.registries import TEXTS, text, word
from tests.tools.man.roff import bold, entry, escaped, heading, literal, paragraphs
from tests.tools.release.build import ROOT, version

FOLDER = ROOT / "tui/installed/man"
PAGES = {"en": FOLDER / "man1/toban.1", "ja": FOLDER / "ja/man1/toban.1"}
_DATED = re.compile(r"(?m)^## .*(\d{4}-\d\d-\d\d)")


def release_day() -> str:
    """The day of the newest release in the changelog; "" before the first."""
    dated = _DATED.search((ROOT / "CHANGELOG.md").read_text("utf-8"))
    return dated[1] if dated else ""


def page(language: str) -> str:
    """The page in `en` or `ja`."""
    before = i18n.language()
    i18n.use(language)
    try:
        return "\n".join(_lines()) + "\n"
    finally:
        i18n.use(before)


def _lines() -> Iterator[str]:
    yield r".\" Written by `make docs-tables`; what is edited here is lost."
    yield f'.TH TOBAN 1 "{release_day()}" "Toban {version()}" "{word("manual")}"'
    # No hyphenation, and no blanks to fill a line, of which Japanese has none.
    yield ".nh"
    yield ".ds AD l"
    yield ".ad l"
    for name, part in _PARTS.items():
        yield heading("SH", name if i18n.language() == "en" else TEXTS["headings"][name])
        yield from _tidy(part())


def _tidy(lines: Iterable[str]) -> Iterator[str]:
    """Without the paragraph break after a heading, which is one itself."""
    after_heading = True
    for line in lines:
        if not (line == ".PP" and after_heading):
            yield line
        after_heading = line.startswith(".S")


def _name() -> Iterator[str]:
    yield rf"toban \- {escaped(text(TEXTS['name']))}"


def _synopsis() -> Iterator[str]:
    yield rf"{bold('toban')} [\fIOPTION\fR]…"
    yield ".br"
    yield rf"{bold('toban')} [\fIOPTION\fR]… \fICOMMAND\fR [\fIARGUMENT\fR]…"


def _description() -> Iterator[str]:
    for about in TEXTS["description"]:
        yield from paragraphs(text(about))


def _files() -> Iterator[str]:
    for file in TEXTS["files"]:
        yield from entry(bold(file["path"]), text(file))


def _examples() -> Iterator[str]:
    for example in TEXTS["examples"]:
        yield from paragraphs(text(example))
        yield from literal(example["commands"])


def _see_also() -> Iterator[str]:
    pages = [name.partition("(") for name in TEXTS["see_also"]["pages"]]
    yield ", ".join(f"{bold(name)}({section}" for name, _bracket, section in pages)
    yield from paragraphs(text(TEXTS["see_also"]))


_PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "NAME": _name,
    "SYNOPSIS": _synopsis,
    "DESCRIPTION": _description,
    "OPTIONS": registries.root_options,
    "COMMANDS": registries.commands,
    "KEYS": registries.keys,
    "EXIT STATUS": registries.statuses,
    "ENVIRONMENT": registries.environment,
    "FILES": _files,
    "EXAMPLES": _examples,
    "SEE ALSO": _see_also,
}


def stale() -> list[Path]:
    """The pages that are not as the registries have them."""
    return [path for language, path in PAGES.items() if path.read_text("utf-8") != page(language)]


def update() -> None:
    """Write both pages."""
    for language, path in PAGES.items():
        path.write_text(page(language), "utf-8")
