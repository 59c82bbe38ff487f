"""What a console sends, asks for and costs, counted from one start and six of AWS's minutes: `make bench BENCH=smoke`."""

from tests.bench import aws_bench, wire_bench
from tests.bench.rows import Row, against
from tests.bench.start_bench import TOBAN
from tests.bench.world import running_world

GROUP = "smoke"
MINUTES = 6


def run(_quick: bool) -> list[Row]:
    with running_world("ordinary-day") as world:
        # Without log lines, whose number depends on the time of day.
        first, rest, _memory = wire_bench.filled(
            [TOBAN, "--endpoint-url", world.url, "--lang", "en"],
            world.env | wire_bench.AT_REST,
            wire_bench.QUICK_WORK,
            warm=wire_bench.QUICK_WARM,
        )
    stock_first, _load, _memory = wire_bench.stock("naive", 1.0)
    day, requests = aws_bench.business_day(MINUTES)
    most = wire_bench.MOST.bytes
    return [
        against(GROUP, "until all panels are filled", first, "B", "stock widgets", stock_first, "<= 0.25"),
        against(GROUP, "at rest: sent", rest.bytes, "B/s", "the most it may be", most, "<= 1"),
        *day,
        *requests,
    ]
