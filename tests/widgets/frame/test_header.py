from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from services import i18n
from services.models.identity import Identity
from services.models.runbook import Environment
from tests.conftest import assert_in
from tests.tools.painting import painting
from tests.widgets.stage import Stage, running
from widgets.drawing.format import coarse
from widgets.frame.header import Header, HeaderFacts, HeaderLine, ModeLabel

NOW = datetime(2026, 1, 5, 0, 0, 12, tzinfo=UTC)
FACTS = HeaderFacts(
    environment=Environment.PRODUCTION,
    system="役所設備管理システム",
    account="123456789012",
    region="ap-northeast-1",
    identity=Identity(account="123456789012", arn="arn", name="operator@example"),
    expires_in="52m",
    calls=1234,
    yen=0.42,
    modes=(ModeLabel("1", "監視", True), ModeLabel("3", "ログ")),
)


class Bench(App[None]):
    def __init__(self, facts: HeaderFacts) -> None:
        super().__init__()
        self.facts = facts

    def compose(self) -> ComposeResult:
        header = Header(lambda: NOW, ZoneInfo("Asia/Tokyo"))
        header.facts = self.facts
        yield header


async def text_at(width: int, facts: HeaderFacts = FACTS) -> str:
    async with running(Bench(facts), (width, 5)) as (app, pilot):
        await pilot.pause()
        return "".join(segment.text for segment in app.screen._compositor.render_strips()[0])


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
async def test_the_header_fills_one_row_and_never_loses_environment_and_time(width):
    text = await text_at(width)
    assert cell_len(text) == width
    assert_in(text, "09:00:12 JST", "PROD")


async def test_the_one_on_duty_is_named_before_what_is_constant():
    modes = tuple(
        ModeLabel(str(number), title, number == 5)
        for number, title in enumerate(["監視", "点検", "ログ", "操作", "対応", "記録"], 1)
    )
    text = await text_at(120, replace(FACTS, modes=modes, expires_in="", on_duty="佐藤 花子"))
    assert "on duty 佐藤 花子" in text
    assert "toban" not in text


async def test_a_wide_header_says_everything():
    text = await text_at(200)
    for part in (
        "役所設備管理システム",
        "123456789012",
        "ap-northeast-1",
        "operator@example",
        "1,234",
        "0.42",
        "監視",
        "52m",
    ):
        assert part in text


async def test_an_account_that_is_not_the_runbooks_is_named():
    wrong = HeaderFacts(
        environment=Environment.PRODUCTION,
        account="123456789012",
        identity=Identity(account="999999999999", arn="arn", name="x"),
    )
    text = await text_at(160, wrong)
    assert_in(text, "999999999999", "123456789012")


async def test_only_the_clock_is_repainted_for_the_time():
    async with running(Bench(FACTS), (120, 5), HeaderLine) as (_app, pilot, line):
        await pilot.pause()
        line.facts = HeaderFacts(**{name: getattr(FACTS, name) for name in FACTS.__slots__})
        assert not line._repaint_required


async def test_what_waits_in_a_mode_does_not_read_as_another_modes_key():
    modes = (
        ModeLabel("2", "Inspect", True, "5"),
        ModeLabel("3", "Logs"),
        ModeLabel("4", "Change", badge="!1"),
    )
    assert "2 Inspect(5)   3 Logs  4 Change(!1)" in await text_at(200, replace(FACTS, modes=modes))


async def test_the_account_and_the_costs_are_dropped_before_words_are_shortened():
    titles = ("Watch", "Inspect", "Logs", "Change", "Journal")
    modes = tuple(ModeLabel(key, title, key == "2") for key, title in zip("12346", titles, strict=True))
    demo = replace(FACTS, demo="ordinary-day", modes=modes, expires_in="", calls=29)
    wide, narrow = await text_at(120, demo), await text_at(100, demo)
    for text in (wide, narrow):
        for title in ("1 Watch", "2 Inspect", "6 Journal", "read-only"):
            assert title in text
    assert "123456789012" in wide
    assert "123456789012" not in narrow
    assert "29 calls" not in narrow


@pytest.mark.parametrize("language", ["en", "ja"])
async def test_80_columns_say_what_is_late_and_armed(language):
    i18n.use(language)
    facts = replace(IN_TROUBLE, late=3, read_only=False, armed_left=coarse(720), link="", bugs=0)
    text = await text_at(80, facts)
    late, armed = ("late: 3", "ARMED 12m") if language == "en" else ("遅延 3", "変更許可 12分")
    for part in (late, armed, "4(!1)", "09:00:12 JST"):
        assert part in text
    for part in ("123456789012", "1,234"):
        assert part not in text


async def test_a_second_paints_one_digit_and_facts_that_stay_paint_nothing():
    time = NOW
    header = Header(lambda: time, ZoneInfo("Asia/Tokyo"))
    header.facts = FACTS

    async with running(Stage(header), (120, 5)) as (app, pilot):
        await pilot.pause()
        with painting() as requests:
            header.facts = replace(FACTS)
            header.clock.redraw()
            assert requests == []
            time = NOW + timedelta(seconds=1)
            header.clock.redraw()
            assert [(each.kind, each.cells) for each in requests] == [("HeaderClock", 1)]
            header.facts = replace(FACTS, calls=1235)
            assert [each.kind for each in requests[1:]] == ["HeaderLine"]
        await pilot.pause()
        assert "09:00:13 JST" in app.screen._compositor.render_strips()[0].text


TITLES = ("Watch", "Inspect", "Logs", "Change", "Journal")
IN_TROUBLE = replace(
    FACTS,
    demo="denied",
    modes=tuple(
        ModeLabel(key, title, key == "2", badge={"2": "5", "4": "!1"}.get(key, ""))
        for key, title in zip("12346", TITLES, strict=True)
    ),
    skew="clock set ahead by 1d 0h: check NTP",
    skew_short="▲ clock +1d 0h",
    link="slow line 1.2 s",
    bugs=1,
)


async def test_several_problems_leave_the_modes_on_a_narrow_terminal():
    narrow = await text_at(80, IN_TROUBLE)
    for part in ("2 Inspect(5)", "4(!1)", "read-only", "▲ clock +1d 0h"):
        assert part in narrow
    wide = await text_at(200, IN_TROUBLE)
    for part in ("2 Inspect(5)", IN_TROUBLE.skew, "slow line 1.2 s", "internal errors: 1"):
        assert part in wide


async def test_one_part_that_is_too_long_drops_no_other():
    text = await text_at(120, replace(IN_TROUBLE, skew="x" * 200, skew_short="x" * 200))
    for part in ("2 Inspect(5)", "read-only", "slow line 1.2 s", "123456789012"):
        assert part in text


@pytest.mark.parametrize("width", range(60, 204, 11))
async def test_who_is_on_duty_takes_the_room_of_nothing_that_can_change(width):
    facts = replace(IN_TROUBLE, expires_in="", identity=None)
    bare, line = await text_at(width, facts), await text_at(width, replace(facts, on_duty="佐藤 健二"))
    constant = {FACTS.account, FACTS.region, FACTS.system}
    assert {part for part in bare.split() if part not in line} <= {*constant, "1,234", "calls", "¥0.42"}
    assert width < 200 or "佐藤 健二" in line
