import re
from collections.abc import Iterator

import click
import pytest
from rich.cells import cell_len

from services import i18n
from tui.cli.main import build
from tui.cli.printing import PrintedOutput

WIDTHS = (80, 100)
POLITE = re.compile("です|ます|ください|ません")  # The help is written in the plain form, as manual pages are
OTHER_TERMS = ("終了コード", "終了値", "エラー値")


def contexts(width: int) -> Iterator[click.Context]:
    group = build(PrintedOutput(outline_drawn=False))
    root = group.context_class(group, info_name="toban", terminal_width=width, max_content_width=width)
    yield root
    yield from _below(root)


def _below(context: click.Context) -> Iterator[click.Context]:
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            below = inner.context_class(inner, info_name=name, parent=context)
            yield below
            yield from _below(below)


def helps(language: str, width: int) -> dict[str, str]:
    i18n.use(language)
    return {each.command_path: each.get_help() for each in contexts(width)}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_nothing_is_cut_and_every_line_fits(language, width):
    pages = helps(language, width)
    assert len(pages) > 15
    for path, text in pages.items():
        for line in text.splitlines():
            assert not line.rstrip().endswith("..."), f"{path}: {line}"
            assert cell_len(line) <= width, f"{path}: {line}"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_command_is_listed_with_its_whole_first_sentence(language):
    i18n.use(language)
    for context in contexts(80):
        if context.parent is not None:
            first = (context.command.help or "").split("\n\n")[0]
            listed = re.sub(r"\s+", " " if language == "en" else "", context.parent.get_help())
            assert re.sub(r"\s+", " " if language == "en" else "", first) in listed
            assert first.endswith((".", "。")), context.command_path


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_option_is_explained(language):
    i18n.use(language)
    for context in contexts(80):
        for option in context.command.get_params(context):
            if isinstance(option, click.Option):
                assert option.help, f"{context.command_path} {option.name}"


def test_the_japanese_help_keeps_one_register_and_one_term():
    for path, text in helps("ja", 100).items():
        assert POLITE.search(text) is None, path
        assert not any(term in text for term in OTHER_TERMS), path


def test_one_term_for_the_exit_status_in_the_whole_catalogue():
    i18n.use("ja")
    catalogue = i18n._active._catalog  # type: ignore[attr-defined]
    assert [text for text in catalogue.values() if any(term in text for term in OTHER_TERMS)] == []


def test_no_mark_of_clicks_own_is_left_in_english():
    for path, text in helps("ja", 80).items():
        assert "[required]" not in text, path
