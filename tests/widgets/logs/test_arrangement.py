import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from widgets.logs.arrangement.regions import MOST_PANES, MOST_SHARE, arrange

SHARES = st.lists(st.integers(1, MOST_SHARE), min_size=1, max_size=MOST_PANES)


@given(SHARES, st.integers(20, 300), st.integers(6, 100), st.integers(0, MOST_PANES - 1))
def test_panes_fill_the_room_without_overlap(shares, width, height, active):
    regions = arrange(shares, width, height, active % len(shares))

    assert sum(region.area for region in regions) == width * height
    assert Region.from_union(regions) == Region(0, 0, width, height)
    assert all(
        not one.overlaps(other) for index, one in enumerate(regions) for other in regions[index + 1 :] if one
    )


@given(st.integers(1, MOST_PANES), st.integers(0, MOST_PANES - 1))
def test_one_at_least_can_be_read_on_a_small_screen(count, active):
    regions = arrange([4] * count, 80, 18, active % count)

    assert regions[active % count].width >= 56
    assert regions[active % count].height >= 6
    assert all(region.height >= 1 for region in regions)


@pytest.mark.parametrize(
    ("size", "count", "columns"),
    [
        ((80, 18), 2, 1),
        ((80, 18), 3, 1),
        ((120, 33), 2, 1),
        ((120, 33), 4, 2),
        ((120, 33), 6, 2),
        ((200, 53), 2, 2),
        ((200, 53), 4, 2),
        ((200, 53), 6, 2),
    ],
)
def test_panes_are_stacked_until_they_become_flat(size, count, columns):
    assert len({region.x for region in arrange([4] * count, *size)}) == columns


def test_a_share_is_of_the_row_and_of_the_height():
    wide = arrange([4, 8], 200, 53)
    assert [region.width for region in wide] == [66, 134]
    stacked = arrange([2, 6], 120, 32)
    assert [region.height for region in stacked] == [8, 24]
