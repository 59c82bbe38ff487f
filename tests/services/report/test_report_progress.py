"""A duty of several days that was begun: the day's report says how far it is and names what is open."""

from services import i18n
from services.models.duties import OccurrenceState
from services.models.journal import RESTRAINS_CHANGES, EntryKind
from services.models.verdict import Verdict
from services.report.collecting.verdict import VerdictReason, of_duties
from services.report.rendering.markdown import to_markdown
from tests.services.report.ledger import Ledger

KEY = "key-rotation:AKIA2TOBANDEMOCICD01@2026-01-16"
LINES = (
    "新しいアクセスキー作成",
    "GitHub Secretsを更新",
    "デプロイ動作確認",
    "古いアクセスキー無効化",
    "7日後、古いアクセスキー削除",
)


def begin(ledger, at, *ticked, user="yamada", note=""):
    data = {RESTRAINS_CHANGES: False, "ticked": list(ticked), "unticked": [], "evidence": {}, "note": note}
    ledger.entry(at, EntryKind.PROGRESS, user=user, subject=KEY, target="key-rotation", data=data)


def test_the_report_names_what_is_open_until_the_duty_is_signed_off(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    ledger.began("2026-01-05 09:00")
    begin(ledger, "2026-01-19 09:20", LINES[0], note="作成のみ実施")
    begin(ledger, "2026-01-19 10:05", LINES[1], user="sato")
    i18n.use("ja")
    try:
        _check(ledger)
    finally:
        i18n.use("en")


def _check(ledger):
    report = ledger.report("2026-01-19", "2026-01-19 17:00")
    (line,) = [each for each in report.earlier if each.duty == "key-rotation"]
    text = to_markdown(report)
    reasons = list(of_duties([line]))
    assert line.underway
    assert line.state is OccurrenceState.LATE
    assert (line.checked, line.unchecked) == (LINES[:2], LINES[2:])
    assert [(tick.text, tick.by) for tick in line.ticked] == [(LINES[0], "yamada"), (LINES[1], "sato")]
    assert report.verdict is Verdict.ATTENTION
    assert reasons == [
        VerdictReason(Verdict.ATTENTION, f"作業中のまま遅延: {line.title}（残り: {'、'.join(LINES[2:])}）")
    ]
    for words in (
        "◐ 作業中・遅延",
        "残り: デプロイ動作確認、古いアクセスキー無効化、7日後、古いアクセスキー削除",
        "作成のみ実施（yamada",
        "sato 10:05",
    ):
        assert words in text, words

    ledger.sign("2026-01-20 09:00", KEY, was="late", checked=[*LINES[:3]], note="無効化は翌週")
    after = ledger.report("2026-01-20", "2026-01-20 17:00")
    (signed,) = [each for each in after.earlier if each.duty == "key-rotation"]
    assert (signed.underway, signed.unchecked) == (False, LINES[3:])
