"""A made-up January of duties with every state, seen on Wednesday the 14th at 14:42 JST."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.models.duties import (
    Day,
    DutyView,
    Month,
    Occurrence,
    OccurrenceState,
    ScheduledOccurrence,
    SignOff,
)
from services.models.runbook import Duty
from services.models.text import clean

JST = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 1, 14, 5, 42, tzinfo=UTC)
TODAY = date(2026, 1, 14)
HOSTILE = "[/ecs/web] [@click=app.quit]\x1b[2J\u202e全て正常 é́ 👩‍👩‍👧"
State = OccurrenceState

HOLIDAYS = {1: "元日", 2: "年末年始の休日", 3: "年末年始の休日", 12: "成人の日", 30: f"臨時閉庁 {HOSTILE}"}
LATER = {State.UPCOMING, State.UNPLANNED}
DAILY = (
    ("daily-morning", "始業時の確認", 9),
    ("daily-afternoon", "CloudWatch Alarms 確認（午後）", 14),
    ("daily-evening", "CloudWatch Alarms 確認、当日の運用報告", 17),
)
WEEKLY = (
    ("weekly-backup", "RDS バックアップの確認"),
    ("weekly-cost", "Cost Explorer でのコスト確認"),
    ("weekly-patches", "RDS セキュリティパッチの予告確認"),
)
MONTHLY = (
    ("monthly-trail", "CloudTrail ログの確認"),
    ("monthly-patches", "セキュリティパッチ確認（RDS）"),
    ("monthly-review", "月次レビュー（スロークエリ、WAFブロック）"),
)


def now() -> datetime:
    return NOW


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), JST).astimezone(UTC)


def slot(duty: str, title: str, day: date, hour: int | None = None, **more: object) -> ScheduledOccurrence:
    due = at(day, hour or 0)
    nominal = more.pop("nominal", (day,))
    fields = {
        "key": f"{duty}@{nominal[0] if nominal else day}",  # type: ignore[index]  # dates, or this data is wrong
        "duty": duty,
        "title": clean(title),
        "nominal": nominal,
        "day": day,
        "until": day,
        "due_at": due,
        "late_at": due + timedelta(minutes=30) if hour is not None else at(day + timedelta(days=1)),
        "missed_at": due + timedelta(hours=3) if hour is not None else None,
        "timed": hour is not None,
        **more,
        "remark": clean(more.get("remark", "")),
    }
    return ScheduledOccurrence(**fields)


def signed(
    slot: ScheduledOccurrence,
    minutes: int = 4,
    *,
    by: str = "山田 (yamada)",
    was: State = State.DUE,
    note: str = "",
) -> SignOff:
    return SignOff(by=by, at=slot.due_at + timedelta(minutes=minutes), note=note, was=was, seq=7)


def done(slot: ScheduledOccurrence, **more: object) -> Occurrence:
    return Occurrence(slot=slot, state=State.DONE, signed=signed(slot, **more))  # type: ignore[arg-type]  # as `signed`


def left_out(slot: ScheduledOccurrence) -> Occurrence:
    word = signed(slot, by="佐藤 (sato@10.0.3.17)", note="停電のため、翌日の回で兼ねる")
    return Occurrence(slot=slot, state=State.SKIPPED, signed=word)


def occurrence(slot: ScheduledOccurrence, state: State, **more: object) -> Occurrence:
    return Occurrence(slot=slot, state=state, **more)


def _state(slot: ScheduledOccurrence) -> Occurrence:
    if slot.day < date(2026, 1, 7):
        return occurrence(slot, State.NO_RECORD)
    if slot.due_at > NOW:
        return occurrence(slot, State.UPCOMING)
    if slot.day == date(2026, 1, 9) and slot.duty == "daily-evening":
        return left_out(slot)
    if slot.day == date(2026, 1, 13) and slot.duty == "daily-evening":
        return occurrence(slot, State.MISSED)
    if slot.day == date(2026, 1, 13) and slot.duty == "daily-afternoon":
        return done(slot, minutes=200, was=State.MISSED, note="会議のため。アラームはすべて OK")
    if slot.day == date(2026, 1, 8) and slot.duty == "daily-morning":
        return done(slot, minutes=48, was=State.LATE)
    if slot.day == date(2026, 1, 13) and slot.duty == "weekly-cost":
        return occurrence(slot, State.LATE)
    if slot.day == TODAY and slot.duty == "daily-afternoon":
        return occurrence(slot, State.LATE)
    return done(slot)


def _slots(day: date) -> list[ScheduledOccurrence]:
    closed = day.weekday() >= 5 or day.day in HOLIDAYS
    slots: list[ScheduledOccurrence] = []
    if day.weekday() == 6:
        slots.append(slot("weekly-deploy", "定期デプロイ（計画時）", day, 2, if_planned=True))
    if closed:
        return slots
    if day.day == 5:
        remark = "1日(木)、2日(金)、3日(土) ほか1日は閉庁日のため、次の開庁日に行います"
        slots.append(slot("dr-drill", "DR訓練（バックアップ復元訓練）", day, None, nominal=(date(2026, 1, 1),), until=date(2026, 1, 30), remark=remark))  # fmt: skip
        slots += [slot(duty, title, day, 9, nominal=(date(2026, 1, 1),), remark=remark) for duty, title in MONTHLY]  # fmt: skip
    if day.day in (5, 13, 19, 26):
        nominal = date(2026, 1, 12) if day.day == 13 else day
        remark = "12日(月)は成人の日のため、次の開庁日に行います" if day.day == 13 else ""
        slots += [slot(duty, title, day, 9, nominal=(nominal,), remark=remark) for duty, title in WEEKLY]
    if day.day == 27:
        slots.append(slot("month-end-scale-up", "月末のスケール調整（最大タスク数 5 → 10）", day, 9))
    if day.day == 21:
        slots.append(slot("hostile", HOSTILE, day, 10, remark=HOSTILE, nominal=(day - timedelta(days=1),)))
    slots += [slot(duty, title, day, hour) for duty, title, hour in DAILY]
    return sorted(slots, key=lambda item: (item.timed, item.due_at))


def _occurrence(slot: ScheduledOccurrence) -> Occurrence:
    if slot.if_planned:
        planned = slot.day.day == 18
        if slot.day < date(2026, 1, 7):
            return occurrence(slot, State.NO_RECORD)
        return occurrence(slot, State.UPCOMING if planned else State.UNPLANNED, planned=planned)
    if slot.duty == "dr-drill":
        return occurrence(slot, State.DUE)
    return _state(slot)


def _closed_name(day: date) -> str:
    return HOLIDAYS.get(day.day) or {5: "土曜日", 6: "日曜日"}.get(day.weekday(), "")


def _day(day: date) -> Day:
    name = _closed_name(day)
    return Day(
        day=day,
        is_open=not name,
        closed_name=name,
        holiday=day.day in (1, 12),
        occurrences=tuple(_occurrence(each) for each in _slots(day)),
    )


MONTH = Month(year=2026, month=1, days=tuple(_day(date(2026, 1, n)) for n in range(1, 32)))
ALL = tuple(each for day in MONTH.days for each in day.occurrences)


def empty_month(year: int, month: int) -> Month:
    days = [date(year, month, n + 1) for n in range(calendar.monthrange(year, month)[1])]
    return Month(year=year, month=month, days=tuple(Day(day=day, is_open=day.weekday() < 5) for day in days))


def one(duty: str, day: int) -> Occurrence:
    return next(each for each in MONTH.days[day - 1].occurrences if each.slot.duty == duty)


REVERT = occurrence(
    slot("", "最大タスク数を 5 に戻す（staff-api）", TODAY, 15, nominal=(), remark="変更操作 c-0042 の戻し: 10 → 5"),
    State.UPCOMING,
)  # fmt: skip
VIEW = DutyView(
    at=NOW,
    today=MONTH.days[13].model_copy(
        update={
            "occurrences": (
                MONTH.days[13].occurrences[0],
                occurrence(slot("daily-afternoon", DAILY[1][1], TODAY, 14), State.LATE),
                occurrence(slot("demo-due", "アラームの再確認", TODAY, 14, late_at=at(TODAY, 15)), State.DUE),
                REVERT,
                *MONTH.days[13].occurrences[2:],
            )
        }
    ),
    carried=tuple(each for each in MONTH.days[12].occurrences if each.open),
    running=(one("dr-drill", 5),),
    next=REVERT,
)
QUIET = DutyView(at=NOW, today=MONTH.days[17], next=one("daily-morning", 19))
DUTY = Duty(
    id="daily-afternoon",
    series="daily",
    title="CloudWatch Alarms 確認（午後）",
    section="日常監視 1",
    rule="FREQ=DAILY",
    at=("14:00",),
    inspections=("alarms", "dashboard", "error-logs", "next-year"),
    asks=(
        "ECS CPU使用率・メモリ使用率、RDS CPU使用率・接続数、ALB 5xxエラー率・レイテンシのアラームが OK か",
        "ECS CPU & Memory: CPU < 70%、メモリ < 70%",
        "エラーログの件数（通常: 1時間あたり10件未満）",
        HOSTILE,
    ),
    record="異常が発生した場合は Slack の #ops-alerts に記録。重大な問題は運用報告書に記載",
)
