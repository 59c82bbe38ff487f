"""What users read, as Markdown: the READMEs, the site's pages, the man pages; each help is read by starting the program."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
_ROFF = ((r"\(aq", "'"), (r"\-", "-"), (r"\&", ""), (r"\e", "\\"))
_BOLD = re.compile(r"\\fB(.*?)\\fR")
_HEADING = re.compile(r'^\.S[HS] "(.*)"$')


class Segment(NamedTuple):
    """A line of a document, or one piece of code in it."""

    heading: str  # The nearest heading above, without its number signs
    kind: str  # `prose`, `span`, or the language of the block
    text: str


def documents() -> dict[str, list[Segment]]:
    """The segments of every document, by its path in the project."""
    pages = [*ROOT.glob("README*.md"), *ROOT.glob("SECURITY*.md"), *ROOT.glob("docs/site/*/*.md")]
    manuals = ROOT.glob("tui/installed/man/**/*.1")
    texts = {path: path.read_text("utf-8") for path in pages} | {path: manual(path) for path in manuals}
    return {str(path.relative_to(ROOT)): list(_segments(text)) for path, text in sorted(texts.items())}


def manual(path: Path) -> str:
    """A man page as Markdown."""
    lines, part = list[str](), ""
    for line in path.read_text("utf-8").splitlines():
        bold = _BOLD.sub(r"`\1`", re.sub(r"\\fI(.*?)\\fR", r"\1", line))
        for roff, plain in _ROFF:
            bold = bold.replace(roff, plain)
        heading = _HEADING.match(bold)
        if heading:
            part = heading[1] if line.startswith(".SH") else part
            # Of a command: as code, so that options below it are known to be its own.
            bold = f"# `{heading[1]}`" if heading[1].startswith("toban ") else f"# {part}: {heading[1]}"
        lines.append({".nf": "```sh", ".fi": "```"}.get(bold, bold))
    return "\n".join(lines)


def _segments(text: str) -> Iterator[Segment]:
    heading, language, block = "", None, list[str]()
    for line in text.splitlines():
        fence = re.match(r" *```(\w*)", line)
        if fence and language is None:
            language, block = fence[1] or "sh", []
        elif fence and language is not None:
            # TOML is read as a whole, everything else line by line.
            for part in ["\n".join(block)] if language == "toml" else block:
                yield Segment(heading, language, part)
            language = None
        elif language is not None:
            block.append(line)
        else:
            if re.match(r"#+ ", line):
                heading = line.lstrip("# ")
            yield Segment(heading, "prose", line)
            for span in re.findall(r"`([^`]+)`", line):
                yield Segment(heading, "span", span.replace(r"\|", "|"))


def help_segments(command: Iterable[str], text: str) -> Iterator[Segment]:
    """The options that a command's help lists."""
    heading = " ".join(("`toban", *command)) + "`"
    for row in re.findall(r"^  ((?:-\w, )?--[a-z-]+(?: \S+)?)(?:  |$)", text, re.MULTILINE):
        yield Segment(heading, "span", row)


def help_commands(text: str) -> list[str]:
    """The commands that a help lists."""
    part = re.search(r"^(?:Commands|コマンド):\n((?:  .*\n)+)", text, re.MULTILINE)
    return re.findall(r"^  ([a-z-]+)(?: |$)", part[1], re.MULTILINE) if part else []
