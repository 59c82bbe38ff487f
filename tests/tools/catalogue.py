"""The Japanese catalogue: `update` collects strings and compiles, `check` fails on what is not translated.

    python -m tests.tools.catalogue update
    python -m tests.tools.catalogue check

Both files are the same on every machine: sorted, without dates, names or paths.
"""

import argparse
import ast
import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
SOURCES = ("tui", "widgets", "services")
PO = ROOT / "services/locale/ja/LC_MESSAGES/toban.po"
MO = PO.with_suffix(".mo")
MARKS = {"_": 1, "N_": 1, "plural": 2}
"""The functions of services.i18n and how many of their arguments are text."""
_KEPT_HEADERS = {"Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms"}


class PlainCatalog(Catalog):
    """A catalogue whose header says nothing about when, where and by whom."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Only what readers need."""
        return [(name, value) for name, value in super().mime_headers if name in _KEPT_HEADERS]


def collect(root: Path = ROOT) -> Catalog:
    """Every string marked in the sources. Read from the syntax tree: babel's own extractor overlooks a mark
    inside an f-string."""
    strings = Catalog()
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                    arguments = node.args[: MARKS[node.func.id]]
                    texts = [str(each.value) for each in arguments if isinstance(each, ast.Constant)]
                    if texts:
                        strings.add(texts[0] if len(texts) == 1 else tuple(texts))
    return strings


def read_catalogue(path: Path) -> Catalog:
    """The translations kept so far."""
    if not path.exists():
        return Catalog(locale="ja")
    with path.open("rb") as file:
        return read_po(file, locale="ja")


def merged(strings: Catalog, previous: Catalog) -> PlainCatalog:
    """The strings of the sources with the translations kept; what the sources lost is dropped."""
    catalogue = PlainCatalog(locale="ja", fuzzy=False, header_comment="# Japanese strings of Toban.")
    for message in sorted(strings, key=lambda entry: str(entry.id)):
        if message.id:
            old = previous.get(message.id)
            catalogue.add(message.id, old.string if old else None, flags=old.flags if old else ())
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """The text file."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, no_location=True, sort_output=True, width=110)
    return buffer.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """The compiled file."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def update() -> None:
    """Write both files anew."""
    catalogue = merged(collect(), read_catalogue(PO))
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po_bytes(catalogue))
    MO.write_bytes(mo_bytes(catalogue))
    missing = [message for message in catalogue if message.id and not _translated(message)]
    for message in missing:
        print(f"not translated: {message.id!r}")
    print(f"{len(list(catalogue)) - 1} strings, {len(missing)} not translated")


def mistakes() -> list[str]:
    """What is wrong with the catalogue, one line each."""
    strings, stored = collect(), read_catalogue(PO)
    catalogue = merged(strings, stored)
    problems = [problem for message in catalogue if message.id for problem in message_mistakes(message)]
    problems += [
        f"obsolete: {message.id!r}" for message in stored if message.id and message.id not in strings
    ]
    problems += [f"obsolete: {key!r}" for key in stored.obsolete]
    if not problems and PO.read_bytes() != po_bytes(catalogue):
        problems.append(f"{PO.name} is not as `update` writes it")
    if not MO.exists() or MO.read_bytes() != mo_bytes(catalogue):
        problems.append(f"{MO.name} is stale: run `make i18n`")
    return problems


def message_mistakes(message: Message) -> Iterator[str]:
    """What is wrong with one translation."""
    if not _translated(message):
        yield f"not translated: {message.id!r}"
        return
    if message.fuzzy:
        yield f"fuzzy: {message.id!r}"
    ids, strings = _forms(message.id), _forms(message.string)
    expected = set().union(*map(placeholders, ids))
    for text in strings:
        if placeholders(text) != expected:
            yield f"placeholders differ: {message.id!r} -> {text!r}"
        if text.endswith("\n") != ids[-1].endswith("\n") or (
            text.strip() != text and ids[-1].strip() == ids[-1]
        ):
            yield f"space at the ends differs: {message.id!r} -> {text!r}"


def placeholders(text: str) -> set[str]:
    """`{name}` and `{name:.1f}`, as str.format reads them."""
    return {
        f"{name}:{form}"
        for _text, name, form, _conversion in string.Formatter().parse(text)
        if name is not None
    }


def _forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]  # babel: str or tuple


def _translated(message: Message) -> bool:
    return bool(message.string) and all(_forms(message.string))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("task", choices=("update", "check"))
    if parser.parse_args().task == "update":
        update()
        return 0
    problems = mistakes()
    print("\n".join(problems) or "every string is translated")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
