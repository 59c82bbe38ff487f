"""What `toban mcp` may cost: every call is counted, and AWS is not asked without end."""

import time

import mcp_types as types
import pytest

from tests.tui.cli.mcp.client import CALLS
from tui.cli.mcp.registry import MOST_YEN, PERIOD, Spending
from tui.cli.mcp.server import Tools
from tui.cli.opened_journal import CommandStopped
from tui.start_options import StartOptions

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


def test_charges_count_for_a_day(monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    spending = Spending()
    spending.add(MOST_YEN - 1)
    spending.check()
    now = PERIOD / 2
    spending.add(1)
    with pytest.raises(CommandStopped, match=r"cost ¥1,000, and AWS is not asked above ¥1,000"):
        spending.check()
    now = PERIOD
    spending.check()


@pytest.mark.slow
async def test_a_client_that_asks_for_ever_ends_at_the_limit(embedded_now, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    spending = Spending()
    tools = Tools(StartOptions(), spending)

    async def fails(name: str, arguments: dict[str, object]) -> bool | None:
        params = types.CallToolRequestParams(name=name, arguments=arguments)
        return (await tools.call(None, params)).is_error  # type: ignore[arg-type]

    for name, arguments in (
        ("run_inspections", {"names": ["costs"]}),
        ("assess_alarm", CALLS["assess_alarm"]),
    ):
        before = spending.spent()
        assert not await fails(name, arguments)
        assert spending.spent() > before
    spending.add(MOST_YEN)
    asked = embedded_now.counts()
    for name in ("list_alarms", "run_inspections", "assess_alarm", "plan_change"):
        assert await fails(name, CALLS[name])
    assert embedded_now.counts() == asked
    assert not await fails("list_duties", CALLS["list_duties"])
