"""One sentence beside the facts of its moment, and what the facts say of it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.i18n import language
from tests.services.incidents.outgoing.states import (
    ADMIN,
    DEV,
    JST,
    MINUTE,
    PLAYBOOKS,
    PM,
    SUPPORT,
    Act,
    Begin,
    History,
    read_after,
)  # fmt: skip

TITLES = {
    "alb-5xx-error-rate": ("ALB 5xxエラー率", "ALB 5xx error rate"), "alb-latency-high": ("ALB レイテンシ", "ALB latency"),
    "ecs-cpu-high": ("ECS CPU使用率", "ECS CPU"), "ecs-memory-high": ("ECS メモリ使用率", "ECS memory"),
    "rds-cpu-high": ("RDS CPU使用率", "RDS CPU"), "rds-connections-high": ("RDS 接続数", "RDS connections"),
    "rds-storage-low": ("RDS ストレージ空き容量", "RDS free storage"), "outage:traffic": ("Requests −96 %",) * 2,
} | {name: (f"点検 {name}",) * 2 for name in ("sign-ins", "backups", "costs", "waf-blocks")}  # fmt: skip
ROLES = {
    DEV: "Development team", PM: "PM (project manager)", ADMIN: "System administrator", SUPPORT: "AWS Support",
}  # fmt: skip
LASTS = r"under 1m|1分未満|\d+d \d+h|\d+日\d+時間|\d+h \d+m|\d+時間\d+分|\d+m|\d+分"


@dataclass(frozen=True)
class Claim:
    h: History
    at: datetime
    steps: Sequence[str]
    groups: dict[str, str]
    arg: str = ""

    def __getitem__(self, name: str) -> str:
        return self.groups.get(name) or ""

    def times(self, moment: datetime | None, text: str = "") -> bool:
        """Whether every time that it names is that moment's, to the minute and as it is read."""
        text = text or self["full"] or self["t"]
        if moment is None:
            return False
        local, numbers = moment.astimezone(JST), [int(number) for number in re.findall(r"\d+", text)]
        if self["full"] and text == self["full"]:
            form = "{0:%Y}年{0.month}月{0.day}日" if "年" in text else "{0:%a} {0.day} {0:%b %Y}"
            return text.startswith(form.format(local)) and f"{local:%H:%M}" in text
        if text.endswith("…"):
            return numbers[:2] == [local.month, local.day]
        *day, hour, minute = numbers
        year = [local.year] if len(day) != 2 else []
        near = {self.at.astimezone(JST).year, self.h.since.astimezone(JST).year}
        is_day = (
            not day
            or [*year, local.month, local.day] == day
            or (len(day) == 2 and local.year in near and day == [local.month, local.day])
        )
        is_named = bool(day) or local.date() in (
            self.at.astimezone(JST).date(),
            self.h.since.astimezone(JST).date(),
        )
        return is_day and is_named and (hour, minute) == (local.hour, local.minute)

    def lasts(self, delta: timedelta | None, text: str = "") -> bool:
        text = text or self["d"]
        if delta is None or text == "—":
            return delta is None and text == "—"
        if re.match("under|1分未満", text):
            return delta < MINUTE
        units = {"d": 1440, "日": 1440, "h": 60, "時間": 60, "m": 1, "分": 1}
        named = re.findall(r"(\d+)(d|日|h|時間|m|分)", text)
        minutes = sum(int(count) * units[unit] for count, unit in named)
        return 0 <= int(delta.total_seconds()) // 60 - minutes < units[named[-1][1]]

    def holds(self, fact: str) -> bool:
        name, _colon, arg = fact.partition(":")
        judge = FACTS.get(name)
        return bool(judge(self) if judge is not None else getattr(replace(self, arg=arg), name)())

    def is_quiet(self) -> bool:
        last = self.h.last("alarm", "ok", "insufficient", at=self.at)
        return last is not None and last.kind == "ok"

    def has_no_data(self) -> bool:
        last = self.h.last("alarm", "ok", "insufficient", at=self.at)
        return last is not None and last.kind == "insufficient"

    def lasts_since(self) -> bool:
        """`Since …` is read as: and still."""
        is_going_on = self.holds("is_open") and not self.is_quiet() and self.h.recovered(self.at) is None
        fired = self.h.fired(self.at)
        return is_going_on and self.times(fired) and self.lasts(self.at - fired)

    def at_closed(self) -> bool:
        closed = self.h.closed(self.at)
        return closed is not None and self.times(closed.at)

    def was_closed_by(self) -> bool:
        closed = self.h.closed(self.at)
        return closed is not None and closed.who == self["who"]

    def _acts(self, *kinds: str) -> list[Act]:
        late = (timedelta(0), timedelta(seconds=3))
        acts = list(self.h.done(*kinds, at=self.at))
        if self["t"]:
            acts = [act for act in acts if any(self.times(act.at + by, self["t"]) for by in late)]
        acts = [act for act in acts if self["who"] in ("", act.who, act.who or "tanaka")]
        return [
            act
            for act in acts
            if not self["n"] or act.kind not in ("mark", "skip") or act.index == int(self["n"]) - 1
        ]

    def did(self) -> bool:
        texts = filter(None, (self["cause"], self["role"], self["to"]))
        acts = [act for act in self._acts(self.arg) if all(self._names(act.text, text) for text in texts)]
        others = {act.who for act in self.h.acts}
        return bool(acts) and (not self["from"] or self["from"] in others - {self["who"]})

    def _names(self, role: str, text: str) -> bool:
        return _begins((role, ROLES.get(role, role)), text)

    def at_taken(self) -> bool:
        take = next(iter(self.h.done("take", at=self.at)), None)
        return take is not None and self.times(take.at)

    def mtta(self) -> timedelta | None:
        take = next(iter(self.h.done("take", at=self.at)), None)
        return take.at - self.h.since if take else None

    def mttr(self) -> timedelta | None:
        end = self.h.end(self.at)
        return end - self.h.since if end else None

    def is_mttr(self) -> bool:
        is_judged = self.holds("is_finding") or self.h.recovered(self.at) is not None
        return is_judged and self.lasts(self.mttr())

    def _step(self) -> list[tuple[str, Act]]:
        return self.h.step(int(self["n"]) - 1, self.at)

    def _stands(self, state: str) -> bool:
        names = {"recovered": ("the console", "コンソール")}
        acts = [act for each, act in self._step() if each == state]
        return any(
            self.times(act.at) and _begins((act.who, *names.get(act.kind, ())), self["by"]) for act in acts
        )

    def is_next_step(self) -> bool:
        still = [text for index, text in enumerate(self.steps) if not self.h.step(index, self.at)]
        return (
            self.holds("is_open")
            and bool(still)
            and re.sub(r"\s*[（(].*", "", still[0]) == re.sub(r"\s*[（(].*", "", self["step"])
        )

    def is_next_check(self) -> bool:
        due = [due for due in self.h.due(self.at).values() if due > self.at]
        return bool(due) and self.times(min(due))

    def is_escalation_late(self) -> bool:
        roles = {self.h.playbook.to, *([other(self.h).playbook.to] if self.h.has_part(self.at) else [])}
        return any(self._names(role, self["role"]) for role in roles) and self._late("escalation")

    def limit(self, kind: str) -> datetime | None:
        """Of an incident and what is part of it the clock that runs out first; none for recovery while it is being confirmed."""
        every = [self, *([replace(self, h=other(self.h))] if self.h.has_part(self.at) else [])]
        every = [one for one in every if kind == "escalation" or not one.is_quiet()]
        return min((due for one in every if (due := one.h.due(self.at).get(kind))), default=None)

    def _late(self, kind: str) -> bool:
        due = self.limit(kind)
        return due is not None and due <= self.at and self.times(due)

    def is_bad(self) -> bool:
        minute = self.at.replace(second=0, microsecond=0)
        return self.holds("is_open") and any(self.h.bad(minute - back * MINUTE) for back in range(1, 5))

    def _ends(self) -> list[datetime]:
        """Until when it may count: within a minute of the time that it names, or of its moment."""
        if not self["until"]:
            return [self.at.replace(second=0, microsecond=0) - back * MINUTE for back in range(4)]
        minutes = (self.at.replace(second=0, microsecond=0) - back * MINUTE for back in range(3 * 24 * 60))
        end = next((minute for minute in minutes if self.times(minute, self["until"])), None)
        return [end + by * MINUTE for by in (-1, 0, 1)] if end else []

    def _counts(self, starts: Sequence[datetime], ends: Sequence[datetime]) -> bool:
        share, count = int(self["n"]), int(self["n2"].replace(",", ""))
        totals = [self.h.total(end, start) for start in starts for end in ends]
        return any(
            failed == count and abs(100 * failed / max(1, asked) - share) <= 2 for asked, failed in totals
        )

    def is_value(self) -> bool:
        minute = self.at.replace(second=0, microsecond=0)
        values = [self.h.value(minute - back * MINUTE) for back in (1, 2)]
        return any(self._near(self["value"], value) for value in values)

    def _values(self) -> list[float]:
        """The minutes from T0 until its end, or until they were last read."""
        end = self.h.end(self.at) or self.at
        minutes = int((end - self.h.onset) / MINUTE)
        return [self.h.value(self.h.onset + number * MINUTE) for number in range(max(1, minutes))]

    @staticmethod
    def _near(text: str, value: float) -> bool:
        number = float(re.sub("[^0-9.-]", "", text) or "nan") * (
            0.001 if "ms" in text else 2**30 if "GiB" in text else 1
        )
        return abs(number - value) <= max(0.006 * abs(value), 0.06)

    def is_worst(self) -> bool:
        """The worst minute since T0: until the end, or of one that is open until it was read within the last minute."""
        h, name = self.h, self["measure"]
        curve: Any = {"5xx of the application": h.errors, "5xx（アプリ）": h.errors}.get(name)
        curve = curve or (
            h.requests if name in ("requests", "リクエスト数") else h.value if h.target in PLAYBOOKS else None
        )
        is_over = h.closed(self.at) is not None
        end = h.end(self.at) or self.at
        reads = [end if is_over else min(end, self.at - timedelta(seconds=h.read_seconds))]
        sign = (
            -1
            if (h.target == "rds-storage-low" and curve == h.value)
            or (curve == h.requests and h.begin is Begin.OUTAGE)
            else 1
        )
        starts = (h.onset, (h.since - 5 * MINUTE).replace(second=0, microsecond=0))
        for first, end in ((first, end) for first in starts for end in reads):
            minutes = [first + number * MINUTE for number in range(int((end - first) / MINUTE))]
            if minutes:
                worst = max(minutes, key=lambda minute: sign * curve(minute))
                same = [
                    minute
                    for minute in minutes
                    if self._near(self["worst"], curve(minute)) and self.times(minute)
                ]
                if same and self._near(self["worst"], curve(worst)):
                    return True
        return False

    def left_until(self) -> bool:
        closed = self.h.closed(self.at)
        due = (
            (closed.at + timedelta(days=7)).replace(hour=8, minute=0, second=0).astimezone(JST)
            if closed
            else None
        )
        return closed is not None and closed.index == 1 and f"{due:%m-%d}" in self["day"]

    def something_left(self) -> bool:
        closed = self.h.closed(self.at)
        return closed is not None and closed.index == 1

    def _every(self) -> list["Claim"]:
        is_begun = self.h.begin is not Begin.OUTAGE or self.h.last("take", at=self.at) is not None
        return [
            replace(self, h=one)
            for one in both(self.h, self.at - MINUTE)
            if is_begun and one.since + read_after("begin") <= self.at and not one.joined(self.at)
        ]

    def no_note(self) -> bool:
        local = self.at - timedelta(seconds=1)
        return not any(
            act.at.astimezone(JST).date() == local.astimezone(JST).date()
            for act in self.h.done("note", at=self.at)
        )

    def state(self) -> str:
        words = {
            "open": ("□ 未対応", "□ not taken"),
            "held": ("◐ 対応中", "◐ responding"),
            "closed": ("✓ 終了", "✓ ended"),
        }
        key = "closed" if self.holds("is_closed") else "held" if self.holds("is_held") else "open"
        return words[key][language() == "en"]

    def are_states(self) -> bool:
        states = [one.state() for one in self._every()]
        return set(re.split("、|, ", self["states"])) == {
            f"{state} {states.count(state)}" for state in states
        }

    def are_means(self) -> bool:
        """The mean time to recovery is that of what was judged to have recovered."""
        every, means = self._every(), []
        unjudged = [one for one in every if one.holds("is_closed") and one.holds("was_not_judged")]
        for name, those in (
            ("mtta", every),
            ("mttr", [one for one in every if not one.holds("was_not_judged")]),
        ):
            values = [value for one in those if (value := getattr(one, name)()) is not None]
            means.append(self.lasts(sum(values, timedelta()) / len(values) if values else None, self[name]))
        return (
            all(means)
            and int(self["n"]) == len(every)
            and (not self["n2"] or int(self["n2"]) == len(unjudged))
        )

    def is_row(self) -> bool:
        is_left = (self["left"] == "見直し") == self.something_left()
        is_part = bool(self["part"]) == self.h.joined(self.at)
        cells = (self["state"], self["cause"]) == (self.state(), self.h.cause(self.at) or "—")
        offered = re.split(r" \(offered to |（", self["holder"])
        is_held = offered[0] == (self.h.holder(self.at) or "—") and (
            len(offered) == 1
            or _begins([self.h.offered(self.at)], re.split(r"[,に…]", offered[1])[0].rstrip() + "…")
        )
        confirmed = re.match(r"not judged|復旧未確認", self["mttr"])
        is_mttr = (
            self.was_closed_after() and self.holds("was_not_judged")
            if confirmed
            else self.lasts(
                self.mttr() if self.holds("is_finding") or self.holds("has_recovered") else None, self["mttr"]
            )
        )
        return (
            cells
            and is_held
            and self.lasts(self.mtta(), self["mtta"])
            and is_mttr
            and self.holds("at_since")
            and is_left
            and is_part
        )

    def _turned(self) -> datetime:
        act = self.h.last("alarm", "ok", "insufficient", at=self.at)
        return act.at if act else self.h.since

    def recovered_after(self) -> bool:
        recovered = self.h.recovered(self.at)
        return (
            recovered is not None
            and self.times(recovered, self["t2"])
            and self.lasts(recovered - self.h.fired(self.at))
        )

    def was_closed_after(self) -> bool:
        closed = self.h.closed(self.at)
        text = self["d"] or (re.findall(LASTS, self["mttr"]) or ["—"])[0]
        return closed is not None and (text == "—" or self.lasts(closed.at - self.h.since, text))

    def responder(self) -> str:
        return (other(self.h) if self.h.joined(self.at) else self.h).holder(self.at)

    def asks_approval(self) -> bool:
        """The step that tells the PM is open, and so is the one that extends the storage."""
        is_storage = self.h.target == "rds-storage-low" and self.holds("is_open")
        return is_storage and not any(self.h.step(index, self.at) for index in (3, 4))

    def is_full_at(self) -> bool:
        """Within a tenth of the time that is left, by how the storage falls."""
        full, left = self.h.onset + 900 * MINUTE, self.h.onset + 900 * MINUTE - self.at
        near = [
            full + timedelta(minutes=by)
            for by in range(-90, 91)
            if abs(by) * MINUTE <= max(left / 10, 3 * MINUTE)
        ]
        return (
            self.h.bad(self.at - MINUTE)
            and self.is_read_at()
            and any(self.times(each, self["t2"]) for each in near)
        )

    def is_full_since(self) -> bool:
        """To the minutes by which curves are published."""
        full = self.h.onset + 900 * MINUTE
        return full <= self.at and any(self.times(full + by * MINUTE) for by in range(-2, 3))

    def is_read_at(self) -> bool:
        return self.was_read(self["t"])

    def was_read(self, text: str) -> bool:
        reads = [act.at for act in self.h.done("capture", "look", "close", at=self.at)]
        reads.append(self.h.now - timedelta(seconds=self.h.read_seconds))
        return not text or any(self.times(read - by * MINUTE, text) for read in reads for by in range(3))

    def counts_span(self) -> bool:
        """From T0 to the time that it names, which is that of a reading; what is over is counted to its end."""
        first, last = self.h.onset, self.h.end(self.at) or self.at
        minutes = [first + number * MINUTE for number in range(int((last - first) / MINUTE) + 2)]
        ends = [minute for minute in minutes if self.times(minute, self["t2"])]
        is_late = (
            not self["n2"] or self.h.closed(self.at) is None or any(last - end <= 4 * MINUTE for end in ends)
        )
        return self.times(first, self["t"]) and is_late and self._counts([first], ends)

    def is_recent(self) -> bool:
        """What is open is counted until three minutes ago at least: read within a minute, of whole minutes."""
        minute = self.at.replace(second=0, microsecond=0)
        return any(self.times(minute - back * MINUTE, self["t2"]) for back in range(4))

    def counts_requests(self) -> bool:
        """Requests from T0 to the time that it names, none of which failed."""
        before = (self.h.since - 5 * MINUTE).replace(second=0, microsecond=0)
        starts = (self.h.onset, before, before + MINUTE)
        minutes = [before + number * MINUTE for number in range(int((self.at - before) / MINUTE) + 2)]
        ends = [minute for minute in minutes if self.times(minute, self["t2"])]
        totals = [
            self.h.total(end, first) for first in starts if self.times(first, self["t"]) for end in ends
        ]
        is_recent = self.h.end(self.at) is not None or self.is_recent()
        return is_recent and (int(self["n2"].replace(",", "")), 0) in totals

    def is_next_look(self) -> bool:
        book, since = self.h.playbook, self._turned()
        times = [since + each * MINUTE for each in (book.wait, book.escalate) if each is not None]
        return any(
            self.times(each)
            for each in (*[each for each in times if each > self.at][:1], self.at + 10 * MINUTE)
        )


# fmt: off
FACTS: dict[str, Callable[[Claim], Any]] = {
    "true": lambda s: True,
    "is_open": lambda s: s.h.closed(s.at) is None,
    "is_closed": lambda s: not s.holds("is_open"),
    "fires": lambda s: s.holds("is_open") and s.h.fires(s.at),
    "fires_again": lambda s: s.holds("fires") and s.h.fired(s.at) > s.h.since,
    "fires_since": lambda s: s.holds("fires") and s.times(s.h.fired(s.at)),
    "needs_help": lambda s: s.holds("is_open") and (s.holds("a_part_goes_on") or (s.h.recovered(s.at) is None and not s.is_quiet())),
    # The other alarm of a history fires until its whole is closed.
    "a_part_goes_on": lambda s: s.holds("is_open") and s.h.has_part(s.at),
    "no_part_goes_on": lambda s: not s.holds("a_part_goes_on"),
    "goes_on": lambda s: s.h.end(s.at) is None or s.holds("a_part_goes_on"),
    "nothing_goes_on": lambda s: not s.holds("goes_on"),
    "has_recovered": lambda s: s.h.recovered(s.at) is not None,
    "at_recovered": lambda s: s.times(s.h.recovered(s.at)),
    "was_not_judged": lambda s: s.h.recovered(s.at) is None,
    "has_not_ended": lambda s: s.h.end(s.at) is None,
    "at_since": lambda s: s.times(s.h.since, s["full"]) if s["full"] else s.times(s.h.since),
    "at_onset": lambda s: s.times(s.h.onset, s["t"]),
    "at_now": lambda s: s.times(s.h.now),
    "has_alarm": lambda s: s.h.begin is Begin.ALARM,
    "is_attack": lambda s: s.h.begin is Begin.ATTACK,
    "is_finding": lambda s: s.h.begin in (Begin.FINDING, Begin.ATTACK),
    "is_whole": lambda s: not s.h.joined(s.at),
    "is_caller": lambda s: s["who"] == s.h.caller,
    "is_holder": lambda s: s["who"] == s.h.holder(s.at),
    "is_held": lambda s: bool(s.h.holder(s.at)),
    "nobody_holds": lambda s: not s.h.holder(s.at),
    "nobody_told": lambda s: not s.h.done("tell", at=s.at),
    "was_told": lambda s: any(s._names(act.text, s["role"]) for act in s._acts("tell")),
    "was_decided": lambda s: any(act.text == s["cause"] for act in s._acts("decide")),
    "is_mtta": lambda s: s.lasts(s.mtta()),
    "has_no_mttr": lambda s: s.mttr() is None,
    "is_undecided": lambda s: s.holds("is_open") and not s.h.cause(s.at),
    "nobody_decided": lambda s: not s.h.cause(s.at),
    "is_cause": lambda s: bool(s["cause"]) and s["cause"] == s.h.cause(s.at),
    # The console's own: only of what was read, only until somebody decides.
    "is_guess": lambda s: s.holds("is_undecided") and s.holds("is_captured") and s.h.begin in (Begin.ALARM, Begin.OUTAGE),
    "is_captured": lambda s: s.h.last("capture", at=s.at) is not None,
    "is_not_captured": lambda s: not s.holds("is_captured"),
    "is_unmeasured": lambda s: not (s.holds("is_captured") and s.h.begin is Begin.ALARM and s.h.total(s.h.end(s.at) or s.at)[0]),
    "step_is_open": lambda s: not s._step(),
    "step_is_done": lambda s: s._stands("done"),
    "step_is_skipped": lambda s: s._stands("skipped"),
    "is_escalation_overdue": lambda s: s._late("escalation"),
    "is_escalation_due": lambda s: (due := s.limit("escalation")) is not None and due > s.at and s.times(due),
    "has_no_limit": lambda s: s.limit("escalation") is None,
    "is_slowest": lambda s: s.h.target == "alb-latency-high" and s._near(s["value"], max(s._values())),
    "is_recovery_late": lambda s: s._late("recovery"),
    "counts_now": lambda s: s.is_bad() and s._counts([start for start, _end in s.h.spells if start <= s.at], s._ends()),
    "is_unhealthy": lambda s: s.is_bad() and s.h.unhealthy and s.h.counts_errors and s.was_read(s["until"]),
    "is_slow": lambda s: s.h.target == "alb-latency-high" and s.is_bad() and s._near(s["value"], max(s._values())),
    "has_slots": lambda s: s.h.slots and s.holds("is_captured"),
    "nothing_left": lambda s: not s.something_left(),
    "some_open": lambda s: any(one.holds("is_open") for one in s._every()),
    "all_closed": lambda s: bool(s._every()) and not s.holds("some_open"),
    "nothing_happened": lambda s: not s.holds("some_open"),
    "no_alarm_fired": lambda s: s.h.begin is not Begin.ALARM or s.h.since > s.at,
    "is_outage": lambda s: s.h.begin is Begin.OUTAGE,
    "is_unapproved": lambda s: not s.h.approved,
    "is_not_quiet": lambda s: not s.is_quiet(),
    "is_not_firing": lambda s: not s.holds("fires"),
    "has_ended": lambda s: s.h.end(s.at) is not None,
    "fired_at": lambda s: s.times(s.h.fired(s.at), s["t"]),
    "alarm_fires": lambda s: s.h.fires(s.at),
    "quiet_since": lambda s: s.is_quiet() and any(s.times(s._turned() + timedelta(seconds=late), s["t2"]) for late in (0, 3)),
    "unknown_since": lambda s: s.times(s._turned(), s["t2"]),
    "turned_for": lambda s: s.times(s._turned()) and s.lasts(s.at - s._turned()),
    "fired_before": lambda s: any(s.times(start, s["t"]) and s.times(end, s["t2"]) for start, end in s.h.firings(s.at)),
    "is_responder": lambda s: s["who"] == s.responder(),
    "nobody_responds": lambda s: (s.holds("is_open") or s.h.joined(s.at)) and not s.responder(),
    "is_offered": lambda s: s["to"] == s.h.offered(s.at),
    "is_part_of": lambda s: s.h.joined(s.at) and s["other"] == TITLES[other(s.h).target][language() == "en"],
    "is_decided": lambda s: bool(s.h.cause(s.at)),
    "is_asked": lambda s: s.h.last("ask", at=s.at) is not None,
    "is_not_asked": lambda s: not s.holds("is_asked"),
    "was_slow": lambda s: s.h.target == "alb-latency-high" and s._near(s["value"], max(s._values())) and s.times(s.h.onset, s["t"]),
    "is_first_step": lambda s: s["step"] == s.steps[0],
    "is_not_escalated": lambda s: s.h.told(s.h.playbook.to or PM, s.at, s.h.trouble(s.at)) is None,
}
# fmt: on
"""What a row of sentences.txt may demand, beside the methods of `Claim`."""


def _begins(names: Sequence[str], text: str) -> bool:
    """Whether a text is one of the names, or what a narrow cell leaves of it."""
    return text in names or (text.endswith("…") and any(name.startswith(text[:-1]) for name in names))


def both(h: History, at: datetime) -> list[History]:
    return [h, *([other(h)] if h.last("part", "into", at=at + MINUTE) else [])]


def other(h: History) -> History:
    """The facts of the other alarm, which fired a minute before it was joined."""
    if h.partner is not None:
        return h.partner
    joining = next(act for act in h.acts if act.kind in ("part", "into"))
    since = joining.at - MINUTE
    acts = [Act(since, "begin"), replace(joining, kind="into" if joining.kind == "part" else "part")]
    if joining.kind == "part" and (closed := h.closed(h.now)):
        acts.append(replace(closed, index=0))
    spells = ((since - 2 * MINUTE, since + timedelta(days=9)),)
    return replace(
        h, begin=Begin.ALARM, target=h.other, since=since, spells=spells, acts=tuple(acts), partner=h
    )


def phase(claim: Claim) -> str:
    if claim.holds("is_closed"):
        return "closed"
    if claim.holds("is_finding"):
        return "finding"
    if claim.holds("has_recovered"):
        return "recovered"
    return "quiet" if claim.is_quiet() else "no-data" if claim.has_no_data() else "firing"
