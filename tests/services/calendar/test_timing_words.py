import pytest

from services import i18n
from services.calendar.timing_wording import timing
from services.models.runbook import Duty
from services.runbook.loader import load_builtin

CASES = [
    ({"rule": "FREQ=DAILY", "at": ("09:00",)}, "every day, 09:00, not on closed days", "毎日、09:00、閉庁日は行わない"),
    (
        {"rule": "FREQ=WEEKLY;BYDAY=MO,TH", "closed_day": "next-open"},
        "every week on Monday, Thursday, on a closed day: the next open day",
        "毎週 月曜日、木曜日、閉庁日なら次の開庁日",
    ),
    (
        {"rule": "FREQ=MONTHLY;BYMONTH=1,2,4,5,6;BYMONTHDAY=-1", "open_days_before": 2, "closed_day": "previous-open"},
        "the last day of Jan, Feb, Apr–Jun, the open day that is number 3 from its end, "
        "on a closed day: the previous open day",
        "1、2、4～6月の末日、その日までの開庁日の最後から 3 番目、閉庁日なら前の開庁日",
    ),
    (
        {"rule": "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=1", "within": "month", "closed_day": "keep"},
        "day 1 of Apr, any open day of that month, closed days, too",
        "4月の1日、その月の開庁日のうちに、閉庁日でも行う",
    ),
    (
        {"anchor": "access-key:ci-cd-user+90d", "closed_day": "previous-open"},
        "90 days after an access key of ci-cd-user was created, on a closed day: the previous open day",
        "ci-cd-user のアクセスキー作成から 90 日後、閉庁日なら前の開庁日",
    ),
    (
        {"rule": "FREQ=MONTHLY;BYDAY=2TU", "only_when_planned": True},
        "FREQ=MONTHLY;BYDAY=2TU, only when planned, not on closed days",
        "FREQ=MONTHLY;BYDAY=2TU、計画したときだけ、閉庁日は行わない",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "in_english", "in_japanese"), CASES)
def test_when_it_takes_place(fields, in_english, in_japanese):
    duty = Duty.model_validate({"id": "d", "title": "D", **fields})
    assert timing(duty) == in_english
    i18n.use("ja")
    assert timing(duty) == in_japanese


def test_every_duty_of_the_shipped_runbook_has_words():
    assert not [duty.id for duty in load_builtin("facility-prod").duties if "FREQ=" in timing(duty)]
