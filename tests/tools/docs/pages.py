"""The pages of the documentation: their generated parts, written and compared."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from services import i18n
from services.runbook.loader import schema
from services.toml import grammar
from tests.tools.docs.command_parts import command_parts, shared_options
from tests.tools.docs.grammar_tables import Grammar
from tests.tools.docs.kinds import change_parts, console_parts, inspection_parts, read_actions
from tests.tools.docs.members import read_not_judged
from tests.tools.docs.tables import key_table, scenario_table, status_table, step_table, tool_table
from tests.tools.docs.words import Texts, translations
from tui.config import ConsoleConfig

ROOT = Path(__file__).parents[3]
SITE = ROOT / "docs/site"
LANGUAGES = ("ja", "en")
_PART = re.compile(r"(<!-- part: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def runbook_keys(texts: Texts) -> Iterator[str]:
    """Every key of the runbook file."""
    return Grammar(schema(), texts).parts()


def configuration_keys(texts: Texts) -> Iterator[str]:
    """Every key of the configuration."""
    return Grammar(grammar.schema(ConsoleConfig), texts).parts(level=3)


def threat_model(texts: Texts) -> Iterator[str]:
    """What SECURITY says of each threat, without what concerns its reporting; paths of code stay as they are."""
    name = {"en": "SECURITY.md", "ja": "SECURITY.ja.md"}[texts.language]
    # What it links to is in the repository, not on the site.
    text = re.sub(r"\[([^]]+)\]\(docs/[^)]+\)", r"\1", (ROOT / name).read_text("utf-8"))
    first = {"en": "## Text from others", "ja": "## 他者の文字列"}[texts.language]
    for line in text[text.index(first) :].rstrip().splitlines():
        yield f"#{line}" if line.startswith("#") else line


PARTS: dict[str, Callable[[Texts], Iterable[str]]] = {
    "inspections": inspection_parts,
    "changes": change_parts,
    "steps": step_table,
    "console-actions": console_parts,
    "read-actions": read_actions,
    "runbook-keys": runbook_keys,
    "configuration-keys": configuration_keys,
    "commands": command_parts,
    "shared-options": shared_options,
    "threat-model": threat_model,
    "read-not-judged": read_not_judged,
    "scenarios": scenario_table,
    "keys": key_table,
    "statuses": status_table,
    "mcp-tools": tool_table,
}


def pages(language: str) -> list[Path]:
    """The pages of a language."""
    return sorted((SITE / language).glob("*.md"))


def written(text: str, texts: Texts) -> str:
    """A page with its generated parts as the code has them now."""
    before = i18n.language()
    i18n.use(texts.language)
    try:
        return _PART.sub(
            lambda match: match[1] + "\n".join(["", *PARTS[match[2]](texts), "", ""]) + match[4], text
        )
    finally:
        i18n.use(before)


def update() -> None:
    """Write every page anew."""
    for language in LANGUAGES:
        texts = Texts(language)
        for page in pages(language):
            page.write_text(written(page.read_text("utf-8"), texts), "utf-8")


def mistakes() -> Iterator[str]:
    """What is wrong with the pages, one line each."""
    if [page.name for page in pages("ja")] != [page.name for page in pages("en")]:
        yield "docs/site: ja and en have different pages"
    for language in LANGUAGES:
        texts, names = Texts(language), list[str]()
        for page in pages(language):
            text = page.read_text("utf-8")
            names += [match[2] for match in _PART.finditer(text)]
            if written(text, texts) != text:
                yield f"docs/site/{language}/{page.name}: is not what the code says: run `make docs-tables`"
        if sorted(names) != sorted(PARTS):
            yield f"docs/site/{language}: has the parts {sorted(names)}, and should have each of {sorted(PARTS)} once"
        if language == "ja":
            yield from _untranslated(texts)


def _untranslated(texts: Texts) -> Iterator[str]:
    translated = set(translations())
    for missing in sorted(texts.wanted - translated):
        yield f"japanese.toml: lacks {missing!r}"
    for unused in sorted(translated - texts.wanted):
        yield f"japanese.toml: has {unused!r}, which the code no longer says"
