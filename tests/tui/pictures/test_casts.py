import json
import re
import socket
from pathlib import Path

import pytest

from services import i18n
from tests.tools.casts.cast import Cast, Event, difference, load, text_of
from tests.tools.casts.console import PERSON
from tests.tools.casts.recorder import CAPTION, HEIGHT, WIDTH
from tests.tools.casts.stories import STORIES, Story, record
from tests.tools.screens.terminal import Cell, Terminal

FOLDER = Path(__file__).parents[3] / "docs/casts"
LARGEST = 400_000
BLANKS = re.compile(r"[\s│┃─━]+")
KEY_SCREENS = {
    "monday": {
        "en": ("▲ 2 ? 3", "rds-cpu-high", "Reported to the PM", "Operations report, Mon 19 Jan 2026"),
        "ja": ("▲ 2 ? 3", "rds-cpu-high", "PM に報告した", "運用報告書"),
    },
    "alb-5xx": {
        "en": ("not taken", "remaining connection slots are reserved", "Cause decided", "was told by phone"),
        "ja": ("未対応", "remaining connection slots", "原因を判断", "電話で"),
    },
    "change": {
        "en": (
            "Before → after",
            "ARMED",
            "Done: AWS accepted it, and reading again confirms it.",
            "✓ applied",
        ),
        "ja": ("変更前 → 変更後", "変更許可", "完了: AWS が受理し、読み直して検証しました。", "✓ 実施済み"),
    },
    "key-rotation": {
        "en": ("iam:CreateAccessKey", "github:PutSecret", "proven to be in use", "old key deactivated"),
        "ja": (
            "iam:CreateAccessKey",
            "github:PutSecret",
            "新しいキーの使用を確認済み",
            "古いキーを無効化済み",
        ),
    },
}
"""Words that are on the screen at some time, in this order; the last ones at the end."""
CASTS = [(story, language) for story in STORIES for language in ("en", "ja")]


def path_of(story: Story, language: str) -> Path:
    return FOLDER / f"{story.name}{'-ja' if language == 'ja' else ''}.cast"


def squeezed(text: str) -> str:
    return BLANKS.sub("", text)


def missing(cast: Cast, words: tuple[str, ...]) -> list[str]:
    """The words that are never on the screen, after those before them."""
    left = list(words)
    shown = ""
    for _event, terminal in cast.screens():
        shown = squeezed(text_of(terminal.cells[:-CAPTION]))
        while left and squeezed(left[0]) in shown:
            left.pop(0)
    assert squeezed(words[-1]) in shown, "it ends with the last words"
    return left


@pytest.mark.parametrize(("story", "language"), CASTS, ids=lambda value: getattr(value, "name", value))
def test_a_cast_tells_its_story_in_its_language(story, language):
    cast = load(path_of(story, language))
    assert cast.title == (story.japanese if language == "ja" else story.english)
    assert missing(cast, KEY_SCREENS[story.name][language]) == []


@pytest.mark.parametrize(("story", "language"), CASTS, ids=lambda value: getattr(value, "name", value))
def test_a_cast_is_an_asciicast_of_a_minute_or_so(story, language):
    path = path_of(story, language)
    head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (head["version"], head["width"], head["height"]) == (2, WIDTH, HEIGHT)
    assert set(head) == {"version", "width", "height", "title", "env"}, "no time stamp, no shell, no machine"
    times = [at for at, _kind, _data in lines]
    assert times == sorted(times)
    assert 30 <= times[-1] <= 90
    assert {kind for _at, kind, _data in lines} == {"o", "m"}
    assert path.stat().st_size < LARGEST
    assert load(path).dump() == path.read_text("utf-8")


@pytest.mark.parametrize(("story", "language"), CASTS, ids=lambda value: getattr(value, "name", value))
def test_a_cast_names_no_machine(story, language):
    text = path_of(story, language).read_text("utf-8")
    shown = "".join(text_of(terminal.cells) for _event, terminal in load(path_of(story, language)).screens())
    names = {socket.gethostname(), str(Path(__file__).parents[3]), "/dev/pts", "localhost", "127.0.0.1"}
    assert not [name for name in names - {PERSON.host} if name in text or name in shown]
    assert not re.search(r"/(?:home|root|tmp|Users|var/folders)/", text + shown)


def test_no_cast_lies_there_without_a_story():
    assert {path.name for path in FOLDER.iterdir()} == {path_of(*each).name for each in CASTS}


def test_a_difference_leads_from_one_screen_to_the_next():
    terminal = Terminal(12, 2)
    red = frozenset({1})
    first = [[Cell(letter) for letter in "alarm: 0    "], [Cell() for _column in range(12)]]
    second = [
        [Cell(letter, fg="31", attributes=red) for letter in "alarm: 1    "],
        [Cell("障"), Cell(""), Cell("害"), Cell(""), *(Cell() for _column in range(8))],
    ]
    third = [second[0], [Cell("障"), Cell(""), Cell("碍"), Cell(""), *(Cell() for _column in range(8))]]
    before = None
    for screen in (first, second, third):
        terminal.feed(difference(before, screen))
        assert terminal.cells == screen
        before = screen
    assert difference(third, third) == ""


def test_a_file_of_another_version_is_refused(tmp_path):
    path = tmp_path / "old.cast"
    path.write_text('{"version": 1, "width": 80, "height": 24}\n')
    with pytest.raises(ValueError, match="asciicast v2"):
        load(path)


def test_a_cast_is_read_as_it_was_written(tmp_path):
    cast = Cast(4, 1, "題", (Event(0.0, "o", "\x1b[1m当\x1b[0m"), Event(1.25, "m", "mark")))
    path = tmp_path / "new.cast"
    path.write_text(cast.dump(), "utf-8")
    assert load(path) == cast


@pytest.mark.slow
@pytest.mark.pty
def test_a_story_is_played_anew_with_the_same_key_screens(tmp_path):
    story = next(each for each in STORIES if each.name == "change")
    before = i18n.language()
    try:
        cast = record(story, "en", tmp_path)
    finally:
        i18n.use(before)
    assert missing(cast, KEY_SCREENS["change"]["en"]) == []
    stored = load(path_of(story, "en"))
    assert [e.data for e in cast.events if e.kind == "m"] == [e.data for e in stored.events if e.kind == "m"]
    assert cast.events[-1].at == pytest.approx(stored.events[-1].at)
