"""Histories of incidents as facts: what happened, when, by whom. They know nothing of the product's models."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
MINUTE = timedelta(minutes=1)
PEOPLE = ("tanaka", "suzuki", "sato")
CAUSES = ("接続プールの枯渇", "設定の誤り", "外部サービスの障害")  # A person's own words
BASES = (
    "2026-01-14 10:00", "2026-01-15 02:40", "2026-01-14 23:51", "2025-12-31 23:50", "2026-03-31 23:54",
    "2026-01-17 13:00", "2026-01-30 16:56", "2026-01-16 17:14",
)  # fmt: skip
"""Working hours, night, midnight, the turn of the calendar and of the fiscal year, a weekend, the ends of a month and of a day."""


class Begin(StrEnum):
    ALARM = "alarm"
    FINDING = "finding"
    ATTACK = "attack"
    OUTAGE = "outage"


@dataclass(frozen=True)
class Playbook:
    """The runbook's limits for one kind of incident, and its steps by number: (kind, whom to tell)."""

    wait: int | None = None
    escalate: int | None = None
    to: str = ""
    steps: tuple[tuple[str, str], ...] = ()


DEV, PM, ADMIN, SUPPORT = "開発チーム", "PM（プロジェクトマネージャー）", "システム管理者", "AWSサポート"
_LOOK, _WAIT, _DECIDE, _CHANGE = ("look", ""), ("wait", ""), ("decide", ""), ("change", "")
PLAYBOOKS = {
    "alb-5xx-error-rate": Playbook(5, 10, DEV, (_LOOK, _LOOK, _LOOK, _WAIT, _DECIDE, ("tell", DEV), _CHANGE)),
    "ecs-cpu-high": Playbook(5, 5, PM, (_LOOK, _LOOK, _WAIT, _DECIDE, ("tell", PM))),
    "ecs-memory-high": Playbook(5, None, "", (_LOOK, _LOOK, _LOOK, _WAIT, _DECIDE)),
    "rds-storage-low": Playbook(steps=(_LOOK, _LOOK, _DECIDE, ("tell", PM), _CHANGE)),
    "rds-cpu-high": Playbook(steps=(_LOOK, _LOOK, _DECIDE, ("tell", PM))),
    "rds-connections-high": Playbook(steps=(_LOOK, _LOOK, _LOOK, _DECIDE)),
    "alb-latency-high": Playbook(steps=(_LOOK, _LOOK, _LOOK, _DECIDE)),
    "sign-ins": Playbook(to=ADMIN, steps=(_LOOK, _LOOK, _LOOK, _DECIDE, ("tell", ADMIN))),
    "backups": Playbook(to=SUPPORT, steps=(_LOOK, _LOOK, _DECIDE, ("tell", SUPPORT))),
    "costs": Playbook(to=PM, steps=(_LOOK, _LOOK, _DECIDE, ("tell", PM))),
    "waf-blocks": Playbook(steps=(_LOOK, _LOOK)),
    "outage:traffic": Playbook(None, 10, DEV, (_LOOK, _LOOK, _LOOK)),
}
"""By target, copied by hand from the runbook; of an attack and an outage the steps are what was match."""
LEVELS = {
    "ecs-cpu-high": (42.0, 93.0, 80.0, "%"), "ecs-memory-high": (50.0, 91.0, 80.0, "%"),
    "rds-cpu-high": (30.0, 92.0, 80.0, "%"), "rds-connections-high": (40.0, 88.0, 80.0, ""),
    "alb-latency-high": (0.2, 1.8, 1.0, "s"),
}  # fmt: skip
"""(usual, bad, threshold, unit) of the alarm's curve."""


@dataclass(frozen=True)
class Act:
    """Something that happened; `who` is "" for AWS and for the console."""

    at: datetime
    kind: str
    who: str = ""
    text: str = ""
    index: int = 0


def read_after(kind: str) -> timedelta:
    """How long after its transition an alarm is read; what people do is recorded at once."""
    return timedelta(seconds=3 if kind in ("begin", "alarm", "ok", "insufficient") else 0)


@dataclass(frozen=True)
class History:
    index: str
    begin: Begin
    target: str
    since: datetime  # The alarm's transition, the finding's reading, or the first bad minute of an outage
    spells: tuple[tuple[datetime, datetime], ...]  # When it was bad: from a minute until before another
    rate: int  # Requests a minute
    share: int  # Per cent of them that fail while it is bad
    acts: tuple[Act, ...]
    now: datetime
    caller: str
    other: str = ""
    """An alarm that fired a minute later: part of this incident, or its whole if `joined` says so."""
    read_seconds: int = 20  # Age of the console's reading at `now`
    unhealthy: bool = False  # One of two servers fails its health check while it is bad
    slots: bool = False  # The database refuses connections while it is bad
    approved: bool = True  # The runbook is
    partner: "History | None" = None
    """Set in the facts of the other alarm: the incident that this one is beside."""

    # ---- what was going on

    @property
    def onset(self) -> datetime:
        return self.spells[0][0]

    @property
    def playbook(self) -> Playbook:
        return PLAYBOOKS[self.target]

    @property
    def counts_errors(self) -> bool:
        return self.target == "alb-5xx-error-rate"

    def bad(self, minute: datetime) -> bool:
        return any(start <= minute < end for start, end in self.spells)

    def requests(self, minute: datetime) -> int:
        usual = self.rate + minute.minute % 7
        return 4 if self.begin is Begin.OUTAGE and self.bad(minute) else usual

    def errors(self, minute: datetime) -> int:
        if not self.counts_errors or not self.bad(minute):
            return 0
        return round(self.requests(minute) * self.share / 100) + minute.minute % 3

    def value(self, minute: datetime) -> float:
        """The curve of the alarm's own metric, or the database's connections beside errors."""
        if self.target == "rds-storage-low":
            has_grown = minute >= self.onset and not self.bad(minute)
            return (30 if has_grown else 9.0 - 0.01 * ((minute - self.onset) / MINUTE)) * 2**30
        if self.counts_errors:
            return 100 if self.bad(minute) else 40
        usual, bad, _threshold, _unit = LEVELS[self.target]
        return bad + minute.minute % 3 * bad / 100 if self.bad(minute) else usual

    def total(self, until: datetime, start: datetime | None = None) -> tuple[int, int]:
        """(requests, failures) of the whole minutes from T0 until a moment."""
        minute, requests, failures = start or self.onset, 0, 0
        while minute + MINUTE <= until:
            requests, failures, minute = (
                requests + self.requests(minute),
                failures + self.errors(minute),
                minute + MINUTE,
            )
        return requests, failures

    # ---- what was done

    def done(self, *kinds: str, at: datetime) -> tuple[Act, ...]:
        return tuple(act for act in self.acts if act.kind in kinds and act.at + read_after(act.kind) <= at)

    def last(self, *kinds: str, at: datetime) -> Act | None:
        return next(reversed(self.done(*kinds, at=at)), None)

    def closed(self, at: datetime) -> Act | None:
        return self.last("close", at=at)

    def holder(self, at: datetime) -> str:
        act = self.last("take", "accept", at=at)
        return act.who if act else ""

    def fires(self, at: datetime) -> bool:
        if self.begin in (Begin.FINDING, Begin.ATTACK):
            return False
        last = self.last("alarm", "ok", "insufficient", at=at)
        return last is None or last.kind == "alarm"

    def fired(self, at: datetime) -> datetime:
        act = self.last("alarm", at=at)
        return act.at if act else self.since

    def firings(self, at: datetime) -> list[tuple[datetime, datetime]]:
        """Each time in which the alarm fired that is over: from its transition to the one that ended it."""
        start: datetime | None = self.since
        ended = []
        for act in self.done("alarm", "ok", "insufficient", at=at):
            if act.kind == "alarm":
                start = start or act.at
            elif start is not None:
                ended.append((start, act.at))
                start = None
        return ended

    def offered(self, at: datetime) -> str:
        """To whom it is offered who has not accepted yet."""
        act = self.last("offer", "accept", "take", "close", at=at)
        return act.text if act is not None and act.kind == "offer" else ""

    def recovered(self, at: datetime) -> datetime | None:
        """When recovery was judged, unless the alarm has fired since."""
        act = self.last("recovered", "alarm", at=at)
        return act.at if act is not None and act.kind == "recovered" else None

    def trouble(self, at: datetime) -> datetime:
        """When the present trouble began: the first firing since the last judged recovery."""
        start, over = self.since, False
        for act in self.done("recovered", "alarm", at=at):
            if act.kind == "alarm" and over:
                start = act.at
            over = act.kind == "recovered"
        return start

    def end(self, at: datetime) -> datetime | None:
        closed = self.closed(at)
        return self.recovered(at) or (closed.at if closed else None)

    def told(self, role: str, at: datetime, since: datetime | None = None) -> Act | None:
        acts = self.done("tell", at=at)
        return next((act for act in acts if act.text == role and (since is None or act.at >= since)), None)

    def due(self, at: datetime) -> dict[str, datetime]:
        """When each clock that still runs, or has run out, is due."""
        start, book, due = self.trouble(at), self.playbook, {}
        if self.end(at) is not None:
            return {}
        if book.wait is not None:
            due["recovery"] = start + book.wait * MINUTE
        if book.escalate is not None and self.told(book.to, at, start) is None:
            due["escalation"] = start + book.escalate * MINUTE
        return due

    def cause(self, at: datetime) -> str:
        """What people hold to be the cause; "" while nobody has decided."""
        act = self.last("close", at=at) or self.last("decide", at=at)
        return act.text if act else ""

    def joined(self, at: datetime) -> bool:
        return self.last("into", at=at) is not None

    def has_part(self, at: datetime) -> bool:
        return self.last("part", at=at) is not None

    def step(self, index: int, at: datetime) -> list[tuple[str, Act]]:
        """(done or skipped, by which act) of a step, any of which may be claim; [] while it is open."""
        kind, role = self.playbook.steps[index]
        marks = [act for act in self.done("mark", "skip", at=at) if act.index == index]
        deeds = {"decide": self.done("decide", at=at), "tell": tuple(filter(None, [self.told(role, at)]))}
        recovered = self.recovered(at)
        closed, limit = self.closed(at), self.trouble(at) + (self.playbook.wait or 0) * MINUTE
        if kind == "wait" and (recovered or (closed and limit <= closed.at)):
            deeds["wait"] = (Act(recovered or limit, "recovered"),)
        acts = sorted((*deeds.get(kind, ()), *marks), key=lambda act: act.at)
        # Of a deed and a mark the newer one counts; a wait that a person skipped may be called either.
        counting = [
            act for act in acts if kind == "wait" or (act.kind == "skip") == (acts[-1].kind == "skip")
        ]
        return [("skipped" if act.kind == "skip" else "done", act) for act in counting]


def histories(seed: str, count: int) -> Iterator[History]:
    for number in range(count):
        yield _history(Random(f"{seed}:{number}"), f"{seed}:{number}")


def _history(draw: Random, index: str) -> History:
    begin = draw.choices(list(Begin), (66, 12, 8, 14))[0]
    alarms = [name for name in PLAYBOOKS if "-" in name and name not in ("sign-ins", "waf-blocks")]
    target = {
        Begin.ALARM: draw.choice([*alarms, *["alb-5xx-error-rate"] * 6, *["rds-storage-low"] * 2]),
        Begin.FINDING: draw.choice(("sign-ins", "backups", "costs")),
        Begin.ATTACK: "waf-blocks",
        Begin.OUTAGE: "outage:traffic",
    }[begin]
    base = datetime.fromisoformat(draw.choice(BASES)).replace(tzinfo=JST).astimezone(UTC)
    base += draw.randrange(0, 6) * MINUTE
    onset = base - draw.randrange(2, 5) * MINUTE
    since = onset if begin is Begin.OUTAGE else base + timedelta(seconds=draw.randrange(60))
    acts = _course(draw, begin, target, since)
    spells = _spells(onset, acts, base)
    moments = [act.at for act in acts]
    now = draw.choice([since + MINUTE, *moments, *moments, *[moments[-1]] * len(moments)])
    now += (
        timedelta(seconds=draw.randrange(5, 400))
        if draw.random() < 0.8
        else timedelta(hours=draw.randrange(1, 80))
    )
    whole = History(
        index, begin, target, since, spells, draw.randrange(60, 400), draw.randrange(12, 60),
        tuple(act for act in acts if act.at + read_after(act.kind) < now), now, "", "ecs-memory-high" if draw.random() < 0.35 else "",
        draw.randrange(1, 60), draw.random() < 0.5, draw.random() < 0.4, draw.random() < 0.5,
    )  # fmt: skip
    if target == "ecs-memory-high" or begin is not Begin.ALARM:
        whole = replace(whole, other="")
    remaining = tuple(act for act in whole.acts if whole.other or act.kind not in ("part", "into"))
    whole = replace(whole, acts=remaining)
    return replace(whole, caller=whole.holder(now) or "tanaka")


def _spells(onset: datetime, acts: list[Act], base: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Bad until a minute before each `ok`, and again two minutes before the alarm fires again."""
    far, spells, start = base + timedelta(days=9), [], onset
    for act in acts:
        minute = act.at.replace(second=0, microsecond=0)
        if act.kind == "ok":
            spells.append((start, max(minute - MINUTE, start + MINUTE)))
            start = far
        elif act.kind == "alarm":
            start = min(start, max(minute - 2 * MINUTE, spells[-1][1] if spells else onset))
    return (*spells, (start, far)) if start < far else tuple(spells)


@dataclass(frozen=True)
class _Drawn:
    draw: Random
    since: datetime

    def chance(self, percent: int) -> bool:
        return self.draw.randrange(100) < percent

    def at(self, first: float, last: float) -> datetime:
        return self.since + timedelta(seconds=self.draw.randrange(int(first * 60), int(last * 60)))


def _course(draw: Random, begin: Begin, target: str, since: datetime) -> list[Act]:
    """What happens, oldest first: the alarm's states, and what people do meanwhile; five seconds apart at least."""
    drawn = _Drawn(draw, since)
    acts = [Act(since, "begin")]
    if drawn.chance(92) and begin is not Begin.FINDING:
        acts.append(Act(drawn.at(1, 1.6) if begin is Begin.OUTAGE else drawn.at(0.13, 0.8), "capture"))
    if begin in (Begin.ALARM, Begin.OUTAGE):
        acts += _turns(drawn, is_judged=begin is Begin.ALARM)
    over = max(drawn.at(8, 30), *(act.at for act in acts))
    if drawn.chance(82) or begin is Begin.OUTAGE:
        took = since + timedelta(seconds=55) if begin is Begin.OUTAGE else drawn.at(1, 6)
        acts += _response(drawn, target, took, over)
    course: list[Act] = []
    for act in sorted(acts, key=lambda act: act.at):
        if not course or course[-1].kind != "close":
            earliest = course[-1].at + timedelta(seconds=5) if course else act.at
            course.append(replace(act, at=max(act.at, earliest)))
    return course


def _turns(drawn: _Drawn, *, is_judged: bool) -> Iterator[Act]:
    over = drawn.at(8, 30)
    if is_judged and drawn.chance(12):
        yield Act(drawn.at(3, 6), "insufficient")
    if not drawn.chance(72):
        return
    yield Act(over, "ok")
    if is_judged and drawn.chance(50):
        yield Act(over + timedelta(seconds=drawn.draw.randrange(130, 260)), "recovered")
    if drawn.chance(30):
        again = over + drawn.draw.randrange(6, 15) * MINUTE
        yield Act(again, "alarm")
        if drawn.chance(50):
            over = again + drawn.draw.randrange(6, 20) * MINUTE
            yield Act(over, "ok")
            if is_judged and drawn.chance(60):
                yield Act(over + 3 * MINUTE, "recovered")


def _response(drawn: _Drawn, target: str, took: datetime, over: datetime) -> list[Act]:
    """What people do: of two, one responds, and may hand over to the other."""
    draw, book = drawn.draw, PLAYBOOKS[target]
    one, other = draw.sample(PEOPLE, 2)
    habits = (
        (30, "look", (7, 12), ""), (55, "decide", (7, 25), draw.choice(CAUSES)), (25, "note", (9, 14), "様子を見る"),
        (55, "tell", (7, 25), draw.choice((book.to or PM, ADMIN))), (25, draw.choice(("part", "part", "into")), (2, 4), ""),
        (60 if target == "rds-storage-low" else 0, "ask", (6, 12), ""), (30, "offer", (15, 20), other),
    )  # fmt: skip
    acts = [Act(took, "take", one)]
    for index in draw.sample(range(len(book.steps)), 2):
        acts.append(Act(drawn.at(6, 9), draw.choice(("mark", "mark", "skip")), one, index=index))
    acts += [
        Act(drawn.at(*when), kind, one, text) for percent, kind, when, text in habits if drawn.chance(percent)
    ]
    if acts[-1].kind == "offer" and drawn.chance(70):
        acts.append(Act(drawn.at(21, 26), "accept", other))
    if drawn.chance(60):
        end = max(over, *(act.at for act in acts)) + timedelta(seconds=draw.randrange(60, 1500))
        acts.append(
            Act(end, "close", draw.choice((one, other)), draw.choice(CAUSES), index=int(drawn.chance(50)))
        )
    return acts
