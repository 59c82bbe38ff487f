import pytest

from tui.command_search import folded, score
from tui.commands import COMMANDS
from tui.modes import MODES


@pytest.mark.parametrize(
    ("query", "haystack"),
    [
        ("アラーム", "Alarms アラーム あらーむ aramu"),
        ("あらーむ", "Alarms アラーム"),
        ("ｱﾗｰﾑ", "Alarms アラーム"),
        ("KANSHI", "Watch 監視 かんし kanshi"),
        ("監視", "Watch 監視"),
        ("sukeeru", "すけーる sukeru scale"),
        ("スケール", "すけーる sukeru scale"),
        ("shūryō".replace("ū", "uu").replace("ō", "ou"), "しゅうりょう shuryo"),
        ("log tail", "Log tail ログ追跡"),
    ],
)
def test_a_command_is_found_in_every_way_of_writing_it(query, haystack):
    assert score(query, haystack) >= 0.6


def test_a_beginning_beats_a_middle_beats_scattered_letters():
    assert score("dash", "Dashboard") > score("board", "Dashboard") > score("dhb", "Dashboard") > 0


def test_nothing_typed_and_nothing_alike_score_nothing():
    assert score("", "Dashboard") == 0
    assert score("xyz", "Dashboard") == 0
    assert score("sukeeru", "Show times in JST or UTC, as everybody here likes them, or utc") == 0


def test_folding_is_idempotent():
    assert folded(folded("ｶﾀｶﾅ Ｗｉｄｅ")) == folded("ｶﾀｶﾅ Ｗｉｄｅ") == "かたかな wide"


def test_commands_and_modes_have_ids_and_keys_of_their_own():
    ids = [each.id for each in COMMANDS] + [each.id for each in MODES]
    assert len(ids) == len(set(ids))
    for scope in {"watch", "logs"}:
        keys = [
            key for each in COMMANDS if each.scope in ("app", scope) for key in each.key.split(",") if key
        ]
        keys += [mode.key for mode in MODES]
        assert len(keys) == len(set(keys))
