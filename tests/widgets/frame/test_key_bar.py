from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.frame.key_bar import BarKey, fitting

HELP = BarKey("?", "ヘルプ", 9, stays=True)
KEYS = st.lists(
    st.builds(
        BarKey,
        st.text("ab^", min_size=1, max_size=4),
        st.text("語x", min_size=1, max_size=9),
        st.integers(0, 2),
    ),
    max_size=9,
    unique=True,
).map(lambda keys: sorted(keys, key=attrgetter("place")))


@given(KEYS, st.integers(12, 120))
def test_what_does_not_fit_goes_from_the_end_and_help_stays(keys, width):
    rest = fitting((*keys, HELP), width)
    assert rest[-1] == HELP
    for place in range(3):
        mine = [each for each in keys if each.place == place]
        left = [each for each in rest if each.place == place]
        assert left == mine[: len(left)]
    cells = sum(cell_len(each.key) + 1 + cell_len(each.words) for each in rest) + 2 * (len(rest) - 1)
    assert cells <= width


def test_a_panel_with_many_keys_leaves_room_for_the_first_keys_of_its_screen():
    panel = [BarKey(each, "xxxxxxxx", 0) for each in "abcdefghijkl"]
    screen = [BarKey("o", "beside", 1), BarKey("x", "close", 1)]
    names = [each.key for each in fitting((*panel, *screen, HELP), 80)]
    assert names[-3:] == ["o", "x", "?"]
    assert names[:3] == ["a", "b", "c"]


def test_what_works_everywhere_gives_way_first_and_help_last():
    screen = [BarKey(each, "xxxxxxxx", 0) for each in "abcdef"]
    console = [HELP, BarKey("^p", "commands", 9, everywhere=True)]
    assert [each.key for each in fitting((*screen, *console), 80)] == [*"abcdef", "?"]
