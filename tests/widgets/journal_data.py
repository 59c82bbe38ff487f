"""A made-up journal for the gallery and the tests."""

from datetime import timedelta

from services.models.canonical import canonical
from services.models.feeds import FeedState
from services.models.journal import Entry, EntryKind, EntryQuery, Person
from services.models.journal_view import EntryLink, JournalView
from tests.widgets import gallery_data

TANAKA = Person(
    user="tanaka",
    origin="ssh 10.1.2.3",
    identity="arn:aws:sts::123456789012:assumed-role/ops/tanaka",
    host="bastion-1",
)
SATO = Person(user="sato (sudo: ops)", origin="ssh 10.1.2.4", host="bastion-1")
GOOD = EntryLink(unaltered=True, tied=True)


def entry(
    seq: int,
    kind: EntryKind,
    text: str,
    *,
    subject: str = "",
    target: str = "",
    person: Person = TANAKA,
    **data: object,
) -> Entry:
    return Entry(
        seq=seq, at=gallery_data.NOW - timedelta(minutes=(20 - seq) * 97), kind=kind, subject=subject, target=target, text=text,
        person=person, body=canonical(data), previous=f"{seq - 1:064x}", hash=f"{seq:064x}",
    )  # fmt: skip


ENTRIES = (
    entry(20, EntryKind.NOTE, f"RDSの保守は業者と調整中 {gallery_data.HOSTILE}", target="rds", note=f"一行目\n{gallery_data.HOSTILE}"),
    entry(19, EntryKind.OUTCOME, "上限は 8 になりました", subject="plan-1", target="service/api", state="done", verified=True),
    entry(18, EntryKind.INTENT, "上限を 8 にする", subject="plan-1", target="service/api", step="max"),
    entry(17, EntryKind.PLAN, "api のタスク数上限 4 → 8", subject="plan-1", target="service/api", plan={"steps": [{"id": "max", "after": 8, "before": 4}], "warnings": []}),
    entry(16, EntryKind.ARMED, "15分間、変更を許可：予約開始に備える", until="2025-11-25T00:00:00Z"),
    entry(15, EntryKind.ACKNOWLEDGED, "alb-5xx-error-rate: 発報を確認", target="alb-5xx-error-rate", person=SATO, note="業者へ連絡済み"),
    entry(14, EntryKind.SIGN_OFF, "朝の点検を確認", subject="daily-0900@2025-11-25", target="daily-0900"),
    entry(13, EntryKind.SKIPPED, "週次点検を見送り：祝日", target="weekly", person=SATO),
    entry(12, EntryKind.STARTED, "コンソールを起動"),
    entry(11, EntryKind.OUTCOME, "答えが届かなかった", subject="plan-0", target="service/api", state="unknown"),
    entry(10, EntryKind.ENDED, "コンソールを終了"),
)  # fmt: skip
STORY = tuple(
    sorted((record for record in ENTRIES if record.subject == "plan-1"), key=lambda record: record.seq)
)
VIEW = JournalView(entries=ENTRIES, older=True, total=20)


def state(view: JournalView = VIEW) -> FeedState[JournalView]:
    return FeedState(value=view, fetched_at=gallery_data.NOW, interval=1e12)


FILTER = EntryQuery(
    kinds=frozenset({EntryKind.NOTE, EntryKind.OUTCOME}), person="tanaka", words=gallery_data.HOSTILE
)
NOTHING = JournalView()
NOTHING_FOUND = JournalView(query=EntryQuery(words="x"), total=20)
