"""Several tails of one account, in virtual time: within five requests a second, each line read at most 1.5 times."""

import pytest

from services.logs.follow import limiter as limits
from services.logs.follow import sweeps
from services.logs.follow.limiter import LogLimiter
from tests.services.logs.follow.virtual_account import MINUTE, MS, Account, Followed, pass_time, settle


class Load:
    """Four groups that are written to at a steady rate, and their tails."""

    def __init__(self, rate, page=3200):
        self.account = Account(page)
        self.limiter = LogLimiter(self.account.clock, requests=5)
        self.rate = rate
        self.groups = tuple(f"/g/{name}" for name in "abcd")
        self.tails: list[Followed] = []
        self.written: dict[str, set[str]] = {group: set() for group in self.groups}
        self.second = 0

    async def start(self):
        self.tails = [Followed(self.account, self.limiter, group, start_ms=MS) for group in self.groups]
        await settle()

    async def run(self, seconds):
        """Write for so many seconds."""
        for _second in range(seconds):
            self.second += 1
            now = self.account.now
            for group in self.groups:
                rows = [
                    (now - 1000 + 1000 * index // self.rate, f"{self.second}-{index}")
                    for index in range(self.rate)
                ]
                self.put(group, rows)
            await pass_time(self.account, 1.0, 0.5)

    def put(self, group, rows):
        self.account.write(group, rows)
        self.written[group] |= {name for _at, name in rows}

    async def quiet(self, seconds):
        await pass_time(self.account, seconds, 0.5)

    @property
    def reads_a_line(self):
        return self.account.reads.total() / sum(map(len, self.written.values()))

    def check(self):
        for tail in self.tails:
            assert tail.ids.keys() == self.written[tail.group], "nothing lost"
            assert set(tail.ids.values()) <= {1}, "nothing twice"

    async def stop(self):
        for tail in self.tails:
            await tail.stop()


@pytest.fixture
def hundredth(monkeypatch):
    """A hundredth of the lines a second and a page, for a hundredth of the work."""
    monkeypatch.setattr(limits, "LINES", limits.LINES / 100)
    monkeypatch.setattr(limits, "BYTES", limits.BYTES / 100)
    for module in (limits, sweeps):
        monkeypatch.setattr(module, "PAGE_LINES", 32)
    monkeypatch.setattr("services.logs.follow.follower.PAGE_LINES", 32)


@pytest.mark.usefixtures("hundredth")
async def test_a_full_account_reads_each_line_at_most_one_and_a_half_times():
    load = Load(12, page=32)
    await load.start()
    await load.run(60)
    before = load.account.reads.total(), sum(map(len, load.written.values()))
    requests = len(load.account.requests)
    await load.run(120)
    reads = (load.account.reads.total() - before[0]) / (sum(map(len, load.written.values())) - before[1])
    assert reads <= 1.5
    assert load.account.refused == 0
    assert (len(load.account.requests) - requests) / 120 < 5
    last = load.tails[0].last
    assert last.stats.lateness == 2.0
    assert last.stats.incomplete_from is not None, "it says what it cannot look for"
    # A burst, and lines that are late: all of it has come soon after the load is gone.
    for group in load.groups:
        load.put(group, [(load.account.now - index // 10, f"burst {index}") for index in range(500)])
        for minutes in (1, 5, 14, 40, 90):
            load.put(group, [(load.account.now - minutes * MINUTE, f"late {minutes}")])
    await load.run(10)
    await load.quiet(12 * 60)
    load.check()
    for tail in load.tails:
        assert {f"late {minutes}" for minutes in (1, 5, 14, 40, 90)} <= tail.late
        assert tail.last.stats.incomplete_from is None, "and it says that nothing is missing any more"
        assert tail.last.stats.lateness >= 6000.0
    await load.stop()


async def test_late_lines_of_a_quiet_account_come_within_minutes_and_are_marked():
    load = Load(2)
    await load.start()
    await load.run(10)
    for minutes in (1, 5, 14, 40, 90, 119):
        load.put("/g/a", [(load.account.now - minutes * MINUTE, f"late {minutes}")])
    await load.quiet(7)
    assert "late 1" in load.tails[0].late, "the next round finds what is at most two minutes late"
    await load.quiet(70)
    assert {"late 5", "late 14"} <= load.tails[0].late
    await load.quiet(300)
    load.check()
    assert load.tails[0].late == {f"late {minutes}" for minutes in (1, 5, 14, 40, 90, 119)}
    assert load.account.refused == 0
    await load.stop()


@pytest.mark.slow
async def test_five_thousand_lines_a_second():
    load = Load(1_250)
    await load.start()
    await load.run(180)
    print(f"{load.reads_a_line:.2f} reads a line, {len(load.account.requests) / 180:.1f} requests a second")
    assert load.reads_a_line <= 1.5
    assert load.account.refused == 0
    await load.quiet(15)
    load.check()
    await load.stop()
