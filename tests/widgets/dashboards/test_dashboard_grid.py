from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from widgets.dashboards.tile_grid import TileBox, TilePlace, placements

BOXES = st.lists(
    st.builds(TileBox, st.integers(0, 23), st.integers(0, 40), st.integers(1, 24), st.integers(1, 12)),
    max_size=12,
)


def overlap(one: TilePlace, two: TilePlace) -> bool:
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )


@given(BOXES, st.integers(20, 220), st.integers(4, 70))
def test_tiles_never_cover_each_other_nor_leave_the_width(boxes, width, height):
    tiles = placements(boxes, width, height)
    assert len(tiles) == len(boxes)
    for index, one in enumerate(tiles):
        assert one.x >= 0
        assert one.x + one.width <= width
        assert not any(overlap(one, two) for two in tiles[:index])


FOUR = [TileBox(0, 0, 12, 6), TileBox(12, 0, 12, 6), TileBox(0, 6, 12, 6), TileBox(12, 6, 12, 6)]


def test_a_wide_screen_keeps_the_dashboards_own_grid():
    tiles = placements(FOUR, 120, 24)
    assert [(place.x, place.y) for place in tiles] == [(0, 0), (60, 0), (0, 12), (60, 12)]
    assert tiles[0].width == 58
    assert tiles[1].x + tiles[1].width == 120


def test_tiles_fill_the_room_where_they_can_and_scroll_where_they_cannot():
    assert max(place.y + place.height for place in placements(FOUR, 120, 22)) == 22
    assert max(place.y + place.height for place in placements(FOUR, 120, 8)) > 15


def test_narrow_screens_stack_in_reading_order():
    assert [(place.x, place.y) for place in placements(FOUR, 80, 20)] == [(0, 0), (41, 0), (0, 10), (41, 10)]
    assert [(place.x, place.y) for place in placements(FOUR, 60, 20)] == [(0, 0), (0, 10), (0, 20), (0, 30)]


@given(BOXES, st.integers(20, 220), st.integers(4, 70), st.sets(st.integers(0, 11)))
def test_folded_tiles_take_one_line(boxes, width, height, folded):
    boxes = [replace(box, is_folded=index in folded) for index, box in enumerate(boxes)]
    tiles = placements(boxes, width, height)
    assert all((place.height == 1) == box.is_folded for box, place in zip(boxes, tiles, strict=True))
    for index, one in enumerate(tiles):
        assert one.x + one.width <= width
        assert not any(overlap(one, two) for two in tiles[:index])


WITH_TEXT = [TileBox(0, 0, 10, 4, is_folded=True), TileBox(10, 0, 14, 4, is_folded=True)] + [
    replace(box, y=box.y + 4) for box in FOUR
]


@given(st.integers(15, 60))
def test_four_charts_are_whole_above_the_fold(height):
    places = placements(WITH_TEXT, 118, height)
    assert [place.y for place in places[:2]] == [0, 0], "texts beside one another"
    assert all(place.y + place.height <= height for place in places)
    assert max(place.y + place.height for place in places) >= min(height - 1, 43), "no row is left empty"
    assert [place.y for place in places[2:4]] == [1, 1]


def test_more_charts_are_below_the_fold_rather_than_all_of_them_flat():
    more = [*WITH_TEXT, TileBox(0, 16, 12, 6), TileBox(12, 16, 12, 6)]
    places = placements(more, 118, 25)
    assert [place.height for place in places[2:6]] == [12] * 4
    assert places[-1].y >= 25
