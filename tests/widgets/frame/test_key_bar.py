from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.frame.key_bar import fitting

KEYS = st.lists(
    st.tuples(st.text("ab^", min_size=1, max_size=4), st.text("語x", min_size=1, max_size=9)), max_size=9
)


@given(KEYS, st.integers(12, 120))
def test_what_does_not_fit_goes_from_the_end_and_help_stays(keys: list[tuple[str, str]], width: int) -> None:
    pairs = fitting((*((key, words, False) for key, words in keys), ("?", "ヘルプ", True)), width)
    assert pairs[-1] == ("?", "ヘルプ")
    assert pairs[:-1] == keys[: len(pairs) - 1]
    assert sum(cell_len(key) + 1 + cell_len(words) for key, words in pairs) + 2 * (len(pairs) - 1) <= width
