import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws_cli.quoting import quoted
from services.models.aws_cli import ShellLine
from widgets.aws_cli.view import command_lines
from widgets.drawing.lines import plain, width_of

WORDS = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "M"], exclude_characters="\0"), min_size=1), min_size=1
)


def line_of(words: list[str], **fields: object) -> ShellLine:
    head = ("aws", "logs", "tail")
    return ShellLine.model_validate({"words": (*head, *map(quoted, words)), "purpose": "Reads it.", **fields})


@given(WORDS, st.integers(20, 120))
def test_every_character_of_the_command_is_drawn_within_the_width(words, width):
    line = line_of(words)
    drawn = command_lines(line, width)
    assert all(width_of(row) <= width for row in drawn)
    _purpose, *rows = plain(drawn)
    assert "".join("".join(rows).split()) == "".join(line.text.split())


@pytest.mark.parametrize("width", [40, 76, 110])
def test_a_flag_stays_with_its_value(width):
    words = [
        "--log-group-name",
        "/ecs/staff-api",
        "--start-time",
        "1768345200000",
        "--end-time",
        "1768352400000",
    ]
    rows = [row.strip() for row in plain(command_lines(line_of(words), width))[1:]]
    for flag, value in zip(words[::2], words[1::2], strict=True):
        assert any(f"{flag} {value}" in row for row in rows), rows


def test_a_change_is_red_and_a_trap_yellow():
    drawn = command_lines(line_of(["--x"], writes=True, traps=("It stops tasks.",)), 60)
    assert ("Reads it.", "bad") in drawn[0]
    assert ("It stops tasks.", "warn") in drawn[-1]
    assert plain(drawn)[-1].startswith("▲ ")
