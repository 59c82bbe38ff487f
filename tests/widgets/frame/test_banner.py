import pytest

from services import i18n
from services.i18n import _
from services.models.problem import Problem, ProblemKind
from tests.widgets import gallery_data as gallery
from tests.widgets.stage import Stage, draw, running
from widgets.frame.banner import Banner

WORDS = Problem(
    kind=ProblemKind.UNREACHABLE,
    summary="AWS に接続できません（cloudwatch）。",
    remedy="ネットワーク、VPN、プロキシの設定を確認してください。読み取りは自動で再開します。",
    at=gallery.NOW,
)


@pytest.mark.parametrize("language", ["en", "ja"])
async def test_both_accounts_are_shown_where_there_is_little_room(language):
    i18n.use(language)
    text = _("These credentials are for account {actual}; the runbook's is {expected}.")
    summary = text.format(actual="123456789012", expected="210987654321")
    remedy = _("Choose another profile, role, endpoint or region, or another runbook.")
    async with running(Stage(Banner()), (80, 24), Banner) as (app, pilot, banner):
        await draw(pilot, banner, problem=WORDS.model_copy(update={"summary": summary, "remedy": remedy}))
        shown = " ".join(strip.text.strip() for strip in app.screen._compositor.render_strips()[:4])
    for number in ("123456789012", "210987654321"):
        assert number in shown
    assert shown.rstrip().endswith(remedy[-4:])


@pytest.mark.parametrize(("width", "rows"), [(200, 1), (100, 2), (60, 3)])
async def test_the_advice_never_ends_up_at_the_end_of_the_first_row(width, rows):
    async with running(Stage(Banner()), (width, 5), Banner) as (app, pilot, banner):
        await draw(pilot, banner, problem=WORDS)
        assert banner.size.height == rows
        lines = [strip.text.strip() for strip in app.screen._compositor.render_strips()]
        assert lines[0].startswith("◆ AWS に接続できません")
        assert not lines[0].endswith("—")
        assert "ネットワーク" in lines[min(rows - 1, 1)]
