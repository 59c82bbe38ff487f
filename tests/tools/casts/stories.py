"""The four stories: what a person does and reads, with a caption in both languages below the console."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services import i18n
from services.i18n import _
from tests.tools.casts.cast import Cast
from tests.tools.casts.recorder import Recorder

STAFF, USER = "staff-api", "ci-cd-user"


@dataclass(frozen=True, slots=True)
class Story:
    """One story."""

    name: str
    english: str
    japanese: str  # Its title
    command: str  # As a person types it
    options: tuple[str, ...]  # What the command needs beside that to play the same day in a minute
    play: Callable[[Recorder], None]


def _both(english: str, japanese: str) -> str:
    return {"en": english, "ja": japanese}[i18n.language()]


def _monday(on: Recorder) -> None:
    on.until("rds-connections-high")
    on.say(
        "Monday, shortly before nine: no alarm fires, one has no data.",
        "月曜 9 時前。発報中のアラームはないが、データの来ないアラームがある。",
        4,
    )
    on.press("2", _both("Opening check", "始業時の確認"), seconds=1)
    on.say("The day's duties. At nine they come due.", "今日の定例作業。9:00 に期限が来る。", 3)
    on.until("09:00:", "? 3")
    on.say(
        "Nine o'clock: every inspection has run by itself and judged what it read.",
        "9:00。点検はすでに自動で終わり、判定も出ている。",
        6,
    )
    on.press("↓", seconds=1)
    on.say(
        "The opening check: two need attention, three cannot be judged.",
        "始業時の確認: 注意 2、判定不能 3。",
        3,
    )
    on.press("⏎", _("Findings"), seconds=4)
    on.press("⏎", _("Measured values"), "rds-cpu-high", seconds=1)
    on.say(
        "A finding: what to do, each value beside its normal range, the evidence.",
        "点検結果: 対応、測定値と正常範囲、根拠。",
        7,
    )
    on.press("]", "2/3", seconds=1)
    on.say(
        "The next finding: the dashboard, widget by widget.",
        "次の点検結果: ダッシュボードを項目ごとに判定している。",
        5,
    )
    on.press("s", _("Note (optional)"), seconds=2)
    on.say(
        "A person signs off, with a note; Toban never does.",
        "確認するのは人。メモを付けて確認済みにする。",
        2,
    )
    on.type(_both("Reported to the PM", "PM に報告した"))
    on.press("⏎", "1/1", seconds=2)
    on.say(
        "Signed off. The next duty's finding: Friday's snapshot is missing.",
        "確認済み。次の定例作業の結果: 金曜日のスナップショットがない。",
        6,
    )
    on.press("Esc", seconds=0.3)
    on.press("Esc", seconds=0.7)
    on.press("g", _("Alarms"), seconds=1)
    on.say("The day's report, made from the journal.", "当日の運用報告書。記録だけから作られる。", 6)


def _alb_5xx(on: Recorder) -> None:
    on.until("/ecs/staff-api", _("following"))
    on.say("An ordinary morning: all alarms are ok.", "いつもの朝。アラームはすべて正常。", 2)
    on.follow(4)
    on.until("→ 5")
    on.say(
        "An alarm fires, and an incident opens by itself. Nobody has taken it yet.",
        "アラームが発報し、障害対応が自動で開いた。まだ誰も対応していない。",
        5,
    )
    on.press("!", "remaining connection slots", seconds=1)
    on.say(
        "The incident: the evidence is read, and the causes are weighed by it.",
        "障害対応の画面。証拠はすでに集まり、原因が見積もられている。",
        6,
    )
    on.say(
        'The database is saturated: the log says "remaining connection slots are reserved".',
        "有力な原因はデータベースの飽和。ログに「remaining connection slots are reserved」とある。",
        6,
    )
    on.press("c", "sato", seconds=1)
    on.say(
        "Taken: every console sees who responds.",
        "担当になった。誰が担当かは、どのコンソールにも表示される。",
        4,
    )
    on.press(".", seconds=0.3)
    on.press("1", "PSQLException", seconds=1)
    on.say(
        "The runbook's first step: the error log, at the minute it began.",
        "手順書の最初の手順。発生した時刻のエラーログが開く。",
        7,
    )
    on.press("Esc", _("Causes"), seconds=1)
    on.press("=", _("Which is the cause?"), seconds=2)
    on.say(
        "The cause: a person decides, not the program.",
        "原因の判断。決めるのは人であり、プログラムではない。",
        3,
    )
    on.press("⏎", _("What convinced you (optional)"), seconds=1)
    on.type(_both("connection slots are used up", "接続枠の枯渇をログで確認"))
    on.press("⏎", _("Timeline"), seconds=2)
    on.press("m", _("Tell somebody: read this aloud"), seconds=1)
    on.say(
        "What to say on the phone; who was told is recorded.",
        "電話で読み上げる文面。誰に伝えたかを記録する。",
        8,
    )
    on.press("⏎", _("Timeline"), seconds=1)
    on.say("The timeline has it all; the report is made from it.", "経過はすべて残り、報告書になる。", 5)


def _change(on: Recorder) -> None:
    on.until("ecs-cpu-high")
    on.say(
        "The tasks are at their maximum of five, and CPU is at its limit.",
        "タスクは上限の 5。CPU は限界に達している。",
        4,
    )
    on.press("4", _("Last hour"), seconds=1)
    on.say("What can be changed, with its present state in AWS.", "変更できるものと、AWS での現在の状態。", 5)
    on.press("⏎", _("Before → after"), _("Before you confirm"), seconds=1)
    on.say(
        "The plan: before and after, what to know first, the exact request, the way back.",
        "変更計画: 変更前と変更後、確認事項、送る要求そのもの、戻し方。",
        8,
    )
    on.press("F7", _("ask a second person"), seconds=1)
    on.say(
        "This change needs an approval. It was given by phone.",
        "この変更には承認が要る。電話で得たことを記録する。",
        2,
    )
    on.press("→", _("By what means"), seconds=1)
    for _answer in range(4):
        on.press("⏎", seconds=0.2)
    on.type(_both("call at 09:58", "9:58 の電話"), after=_("Reference"))
    on.press("⏎", _("Read-only: nothing can be sent. F9 arms the console."), seconds=2)
    on.press("F9", _("Allow changes"), seconds=1)
    on.say("Changes are allowed for 15 minutes, with a reason.", "15 分だけ変更を許可する。理由を残す。", 2)
    on.type(_both("CPU at its limit", "CPU が限界のため"))
    on.press("⏎", STAFF, seconds=2)
    on.say(
        "Nothing is sent before the target's name is typed.", "対象の名前を入力するまで、何も送らない。", 2
    )
    on.type(STAFF, after="⏎:")
    on.press("⏎", _("Done: AWS accepted it, and reading again confirms it."), seconds=1)
    on.say(
        "Recorded, checked again, sent once, and verified in AWS.",
        "記録し、再照合し、1 回だけ送り、AWS で確かめた。",
        6,
    )
    on.press("Esc", _("Changes made"), seconds=1)
    on.say(
        "The change is listed; u would plan its revert.", "変更の一覧に残る。u で戻す計画を立てられる。", 5
    )


def _key_rotation(on: Recorder) -> None:
    on.until("alb-5xx-error-rate")
    on.press("4", _("Access key rotation"), seconds=1)
    on.press("End", "AWS_ACCESS_KEY_ID", seconds=1)
    on.say(
        "The key of ci-cd-user is 91 days old. GitHub Actions uses it.",
        "ci-cd-user のキーは作成から 91 日。GitHub Actions が使っている。",
        5,
    )
    on.press("⏎", _("Before → after"), "iam:CreateAccessKey", seconds=1)
    on.say(
        "The first step creates a new key beside the old one.",
        "最初の手順: 古いキーを残したまま、新しいキーを作成する。",
        4,
    )
    on.press("F9", _("Allow changes"), seconds=1)
    on.type(_both("The key is 91 days old", "キーが 91 日経過"))
    on.press("⏎", USER, seconds=1)
    _confirm(on)
    on.say(
        "Created. The secret stays in memory, and is never shown.",
        "作成した。シークレットはメモリーにだけあり、表示しない。",
        4,
    )
    on.press("Esc", _("new key created, not handed over yet"), seconds=1)
    on.press("⏎", "github:PutSecret", seconds=1)
    on.say(
        "The second step writes it into GitHub's secrets, sealed.",
        "次の手順: 暗号化して GitHub のシークレットに書く。",
        5,
    )
    on.press("⏎", seconds=0.5)
    _confirm(on)
    on.press("Esc", _("handed over, not proven yet"), seconds=1)
    on.say(
        "Handed over. The old key stays until a workflow has run with the new one.",
        "渡した。ワークフローが新しいキーで動くまで、古いキーは残す。",
        5,
    )
    on.until(_("new key proven to be in use"))
    on.say(
        "Minutes later: AWS has seen the new key in use.", "数分後: 新しいキーの使用が AWS で確認できた。", 5
    )
    on.press("⏎", "iam:UpdateAccessKey", seconds=2)
    on.say("Now the old key can be deactivated.", "これで古いキーを無効にできる。", 3)
    on.press("⏎", seconds=0.5)
    _confirm(on)
    on.press("Esc", _("old key deactivated"), seconds=1)
    on.say("After seven days the last step deletes it.", "7 日後に、最後の手順で削除する。", 6)


def _confirm(on: Recorder) -> None:
    on.type(USER, after="⏎:")
    on.press("⏎", _("Esc closes this window."), "✓", seconds=2)


STORIES = (
    Story(
        "monday",
        "Monday: nine o'clock at the console",
        "月曜日: 9 時の点検",
        "toban demo --scenario monday-faults",
        ("--at", "2026-01-19 08:59", "--speed", "3"),
        _monday,
    ),
    Story(
        "alb-5xx",
        "ALB 5xx: from the alarm to its cause",
        "ALB 5xx: アラームから原因まで",
        "toban demo --scenario alb-5xx",
        ("--at", "2026-01-14 10:00", "--speed", "2"),
        _alb_5xx,
    ),
    Story(
        "change",
        "A change: planned, confirmed, verified",
        "変更: 計画、確認、検証",
        "toban demo --scenario ecs-cpu",
        ("--at", "2026-01-14 10:00", "--speed", "1"),
        _change,
    ),
    Story(
        "key-rotation",
        "A key rotation, with GitHub's secrets",
        "アクセスキーのローテーション（GitHub のシークレット）",
        "toban demo --scenario old-key",
        ("--at", "2026-01-19 10:00", "--speed", "4"),
        _key_rotation,
    ),
)


def record(story: Story, language: str, home: Path) -> Cast:
    """Play a story in `en` or `ja`; `home` is an empty folder for the console's files."""
    i18n.use(language)
    title = story.japanese if language == "ja" else story.english
    with Recorder(title, story.command, story.options, home) as recorder:
        story.play(recorder)
        return recorder.cast()
