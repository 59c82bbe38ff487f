import pytest

from widgets.frame.key_names import key_name, key_names


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("enter", "⏎"),
        ("escape", "Esc"),
        ("shift+tab", "Shift+Tab"),
        ("space", "Space"),
        ("pagedown", "PgDn"),
        ("f9", "F9"),
        ("f", "f"),
        ("ctrl+p", "^p"),
        ("ctrl+left", "^←"),
        ("G", "G"),
        ("question_mark", "?"),
        ("minus", "-"),
        ("plus", "+"),
        ("equals_sign", "="),
        ("at", "@"),
        ("dollar_sign", "$"),
        ("exclamation_mark", "!"),
        ("full_stop", "."),
        ("left_curly_bracket", "{"),
        ("5", "5"),
    ],
)
def test_a_key_is_spelled_as_people_read_it(key, name):
    assert key_name(key) == name


def test_the_keys_of_a_binding_are_spelled_one_by_one():
    assert key_names("f5,ctrl+r") == ["F5", "^r"]
