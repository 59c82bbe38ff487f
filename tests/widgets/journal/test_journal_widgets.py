import json
from typing import Any

import pytest
from textual.app import App

from services import i18n
from services.i18n import _
from services.models import glyphs
from services.models.feeds import FeedState
from services.models.journal import EntryKind, EntryQuery, JournalHealth
from services.models.journal_view import EntryLink, JournalView
from services.models.verification import ChainFault, ChainFaultKind, Verification
from tests.widgets import gallery_data, journal_data
from tests.widgets.stage import Stage, at_rest, draw, press, running
from tui.cli.entry_text import by_day
from widgets.drawing.lines import plain, width_of
from widgets.drawing.table import Row
from widgets.journal.contents import contents_lines
from widgets.journal.detail import EntryDetail, chain_lines, story_lines
from widgets.journal.journal_wording import (
    KIND_STYLES,
    cells,
    checkpoint_spans,
    day_title,
    filter_spans,
    kind_spans,
    kind_word,
    text_beside_kind,
)
from widgets.journal.panel import JournalPanel
from widgets.journal.table import JournalTable
from widgets.journal.verification_lines import verification_lines


def journal_app() -> Stage:
    return Stage(JournalPanel("Journal", now=gallery_data.now, zone=gallery_data.JST))


def text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def test_every_kind_has_its_own_word_and_a_mark_of_the_grammar():
    assert set(KIND_STYLES) == set(EntryKind)
    marks = {value for name, value in vars(glyphs).items() if name.isupper()}
    assert {style.mark for style in KIND_STYLES.values()} <= {*marks, " "}
    assert len({style.word for style in KIND_STYLES.values()}) == len(KIND_STYLES)


def test_a_kind_of_a_later_version_is_called_unknown_by_its_name():
    entry = journal_data.entry(1, EntryKind.OTHER, "x").model_copy(update={"unknown_kind": "co-signed"})
    mark, words = kind_spans(entry)
    assert (mark[0], words[0]) == ("? ", "unknown kind (co-signed)")
    hostile = entry.model_copy(update={"unknown_kind": "\x1b[2J" + "x" * 99})
    assert "␛[2Jx" in plain([kind_spans(hostile)])[0]
    assert width_of(kind_spans(hostile)) < 70
    unreadable = journal_data.entry(1, EntryKind.OTHER, "x")
    assert kind_spans(unreadable)[1][0] == "unknown kind"
    query = EntryQuery(kinds=frozenset({EntryKind.NOTE}), unknown_kinds=frozenset({"freeze", "co-signed"}))
    assert plain([filter_spans(query, gallery_data.JST, gallery_data.NOW.date())]) == [
        "kind note, unknown kind (co-signed), unknown kind (freeze)"
    ]


def test_an_outcome_shows_its_result():
    marks = [
        kind_spans(journal_data.entry(1, EntryKind.OUTCOME, "x", state=state))
        for state in ("done", "failed", "unknown", "refused", "?")
    ]
    words = [word for _mark, (word, _role) in marks]
    assert words == ["request accepted", "failed", "outcome unknown", "not sent", "outcome"]
    assert [role for (_mark, role), _word in marks if role == "good"] == []


def test_an_end_that_was_not_promised_has_no_mark_of_success():
    kind = EntryKind.WATCHED
    marks = [
        kind_spans(journal_data.entry(1, kind, "x", state=state))[0]
        for state in ("done", "failed", "gave-up")
    ]
    assert [(mark.strip(), role) for mark, role in marks] == [
        (glyphs.DONE, "good"),
        (glyphs.ABNORMAL, "bad"),
        (glyphs.NOT_JUDGED, "caution"),
    ]


def test_a_step_that_was_accepted_and_verified_reads_differently_everywhere():
    # Entries of earlier versions have one text for both.
    text = "完了: 最大タスク数を 10 にする（staff-api）。"
    accepted = journal_data.entry(1, EntryKind.OUTCOME, text, state="done", verified=None)
    verified = journal_data.entry(2, EntryKind.OUTCOME, text, state="done", verified=True)
    for language, expected in (("en", ["request accepted", "verified"]), ("ja", ["受理", "検証済み"])):
        i18n.use(language)
        assert [kind_word(each) for each in (accepted, verified)] == expected
    i18n.use("ja")
    zone = gallery_data.JST
    printed = list(by_day([accepted, verified], zone))[1:]
    assert ["受理" in line for line in printed] == [True, False]
    assert ["検証済み" in line for line in printed] == [False, True]
    assert {mark for each in (accepted, verified) for mark, _role in kind_spans(each)[:1]} == {"▶ ", "✓ "}


WRITTEN = (
    (EntryKind.OUTCOME, {"state": "done", "verified": True}, "Verified: {title} ({target}). {text}"),
    (EntryKind.OUTCOME, {"state": "done", "verified": None}, "Accepted: {title} ({target}). {text}"),
    (EntryKind.OUTCOME, {"state": "failed"}, "Failed: {title} ({target}). {text}"),
    (EntryKind.OUTCOME, {"state": "unknown"}, "Outcome unknown: {title} ({target}). {text}"),
    (EntryKind.OUTCOME, {"state": "refused"}, "Not sent: {title} ({target}). {text}"),
    (EntryKind.SIGN_OFF, {}, "Signed off: {title}, due {due}"),
    (EntryKind.SKIPPED, {}, "Skipped: {title}, due {due}"),
    (EntryKind.PROGRESS, {}, "Under way: {title}, due {due}"),
)
"""Texts as the services write them, with the kinds beside which they stand."""


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize(("kind", "data", "source"), WRITTEN)
def test_a_row_says_its_kind_once(kind, data, source, language):
    i18n.use(language)
    fields = {name: f"<{name}>" for name in ("title", "target", "text", "due")}
    entry = journal_data.entry(1, kind, _(source).format(**fields), **data)
    (_time, *beside) = cells(entry, gallery_data.JST)
    row = " ".join(plain(beside))
    assert row.casefold().count(kind_word(entry).removesuffix(" by AWS").casefold()) == 1
    assert "<title>" in row


def test_a_text_that_begins_with_another_word_stays_whole():
    for text in ("Alarms: normal – no alarm fires.", "verified", "Verified: "):
        entry = journal_data.entry(1, EntryKind.OUTCOME, text, state="done", verified=True)
        assert text_beside_kind(entry) == text


async def test_the_last_column_does_not_touch_the_edge():
    app = Stage(JournalTable())
    async with app.run_test(size=(120, 12)):
        table = app.query_one(JournalTable)
        entries = [
            journal_data.entry(
                number, EntryKind.PLAN, "x" * 90, target="service/facility-prod-cluster/staff-api"
            )
            for number in range(1, 30)
        ]
        table.set_rows([Row(str(entry.seq), cells(entry, gallery_data.JST)) for entry in entries])
        lines = [table.render_line(y).text for y in range(table.size.height)]
        assert any("staff-api" in line for line in lines)
        assert all(line[table.scrollable_content_region.width - 1] == " " for line in lines)


def test_numbers_in_an_entry_are_rounded_by_their_unit():
    entry = journal_data.entry(
        1, EntryKind.USAGE, "x", yen=1.6012499999999998, worst_yen=12.0, calls=1234, share=0.30000000000000004
    )
    lines = plain(contents_lines(entry, gallery_data.JST, 60))
    assert lines == [
        "requests to AWS: 1234",
        "share: 0.30",
        "yen without the free tier: ¥12.00",
        "yen: ¥1.60",
    ]


async def test_empty_not_found_failed_and_waiting_are_drawn_differently():
    messages = []
    async with running(journal_app(), (100, 12), JournalPanel) as (app, pilot, panel):
        for state in (
            FeedState(),
            journal_data.state(journal_data.NOTHING),
            journal_data.state(journal_data.NOTHING_FOUND),
            FeedState(problem=gallery_data.PROBLEM),
            journal_data.state(),
        ):
            await draw(pilot, panel, state=state)
            messages.append(text(app))
    waiting, empty, not_found, failed, full = messages
    assert "Reading" in waiting
    assert "Nothing is recorded yet" in empty
    assert "Esc shows all" in not_found
    assert "The journal cannot be read" in failed
    assert gallery_data.PROBLEM.summary in failed
    assert "RDSの保守" in full
    assert "20 entries" in full


async def test_a_stale_journal_keeps_its_entries_and_says_so():
    async with running(journal_app(), (100, 20)) as (app, pilot):
        state = journal_data.state()
        app.query_one(JournalPanel).state = FeedState(
            value=state.value,
            fetched_at=gallery_data.NOW,
            problem=gallery_data.PROBLEM,
            interval=state.interval,
        )
        await at_rest(pilot)
        assert "stale" in text(app)
        assert "RDSの保守" in text(app)


async def test_the_day_of_the_visible_entries_is_always_shown():
    async with running(journal_app(), (100, 7), JournalPanel) as (app, pilot, panel):
        panel.begin(journal_data.state(journal_data.VIEW.model_copy(update={"older": False})))
        await pilot.pause()
        assert "Today, " in text(app)
        panel.table.focus()
        await press(pilot, "end")
        assert "11-24" in text(app).splitlines()[1], "the head names the day whose heading is out of view"


def test_the_contents_are_pretty_whole_and_harmless():
    lines = plain(contents_lines(journal_data.ENTRIES[3], gallery_data.JST, 60))
    assert "plan:" in lines[0]
    assert any("after: 8" in line for line in lines)
    hostile = "\n".join(plain(contents_lines(journal_data.ENTRIES[0], gallery_data.JST, 60)))
    assert "\x1b" not in hostile
    assert "\u202e" not in hostile
    spoilt = journal_data.ENTRIES[0].model_copy(update={"body": "{not json\x1b"})
    assert "not json" in "".join(plain(contents_lines(spoilt, gallery_data.JST, 60)))
    for width in (10, 40, 200):
        assert all(
            width_of(line) <= max(width, 12)
            for line in contents_lines(journal_data.ENTRIES[0], gallery_data.JST, width)
        )


def test_the_contents_are_readable_and_in_the_screens_time():
    body: dict[str, object] = {
        "why": "first", "reason": "second", "was": "missed", "due_at": "2026-01-14T00:00:00+00:00",
        "verified": True, "note": "2026-01-14", "other": None,
    }  # fmt: skip
    assert plain(contents_lines(journal_data.entry(1, EntryKind.SIGN_OFF, "x", **body), gallery_data.JST, 60)) == [
        "due at: 2026-01-14(Wed) 09:00:00 JST", "note: 2026-01-14", "other: —", "reason: second",
        "verified: yes", "at sign-off: missed", "reason: first",
    ]  # fmt: skip


def test_a_deep_body_does_not_run_out_of_the_screen():
    deep: dict[str, object] = {"end": "here"}
    for _level in range(60):
        deep = {"in": deep}
    lines = contents_lines(journal_data.entry(1, EntryKind.NOTE, "x", **deep), gallery_data.JST, 40)
    assert "here" in "".join(plain(lines))


def test_a_body_that_is_too_deep_ends_with_a_hint():
    body = '{"in":' * 800 + '"there"' + "}" * 800
    lines = plain(
        contents_lines(journal_data.ENTRIES[0].model_copy(update={"body": body}), gallery_data.JST, 40)
    )
    assert "see the export" in lines[-1]


def test_a_hash_that_cannot_be_stored_outside_is_explained():
    def says(**fields: Any) -> str:
        return "".join(text for text, _ in checkpoint_spans(JournalHealth(writable=True, **fields)))

    assert says(entries=7) == ""
    assert "No hash is kept externally: x" in says(entries=7, anchor_problem="x")
    assert "No hash after entry 5 is kept externally: x" in says(
        entries=7, anchored_seq=5, anchor_problem="x"
    )
    assert says(entries=7, anchored_seq=7, anchor_problem="x").endswith("▲ x")


def test_the_state_of_the_chain_is_written_out():
    entry = journal_data.ENTRIES[0]
    says = lambda link: "\n".join(plain(chain_lines(entry, link, 80)))  # noqa: E731
    assert "as it was written" in says(journal_data.GOOD)
    assert "ALTERED" in says(EntryLink(unaltered=False, tied=True))
    assert "BROKEN" in says(EntryLink(unaltered=True, tied=False))
    assert "could not be checked" in says(None)


def test_the_story_marks_where_one_is():
    lines = plain(
        story_lines(journal_data.STORY, journal_data.STORY[1], gallery_data.JST, gallery_data.NOW, 60)
    )
    assert [line.startswith("▌") for line in lines] == [False, False, True, True, False, False]


def test_a_filter_is_described_in_full():
    query = EntryQuery(
        kinds=frozenset({EntryKind.NOTE}), person="tanaka", target="rds", words="業者", since=gallery_data.NOW
    )
    words = "".join(text for text, _role in filter_spans(query, gallery_data.JST, gallery_data.NOW.date()))
    for part in ("note", "tanaka", "rds", "業者", "11-25(Tue)"):
        assert part in words
    assert filter_spans(EntryQuery(), gallery_data.JST, gallery_data.NOW.date()) == []


def test_days_have_names():
    today = gallery_data.NOW.astimezone(gallery_data.JST).date()
    assert day_title(today, today).startswith("Today")
    assert day_title(today.replace(day=today.day - 1), today).startswith("Yesterday")
    assert "2024" in day_title(today.replace(year=2024), today)


def test_a_verification_says_what_it_rests_on_and_what_to_do():
    says = lambda **facts: "\n".join(plain(verification_lines(Verification(path="/j.db", **facts), 80)))  # noqa: E731
    assert "10 entries were checked" in says(entries=10, anchors=2, anchored_seq=10)
    assert "a later cut-off would go unnoticed" in says(entries=10, anchors=2, anchored_seq=8)
    cut_off = ChainFault(kind=ChainFaultKind.CUT_OFF, seq=9, text="entry 10 was written")
    assert "An external log" not in says(entries=8, anchors=2, anchored_seq=10, faults=(cut_off,))
    assert "cannot be determined" in says(entries=10, anchor_note="no log")
    assert gallery_data.PROBLEM.remedy in says(problem=gallery_data.PROBLEM)
    faulty = says(
        entries=10,
        faults=(ChainFault(kind=ChainFaultKind.SWAPPED, seq=7, text="stands where 6 was"),),
        unlisted=3,
    )
    for words in ("4 problems", "#7 swapped", "3 more", "Keep a copy of /j.db"):
        assert words in faulty


async def test_the_detail_shows_an_entry_with_its_story():
    async with running(
        Stage(EntryDetail(now=gallery_data.now, zone=gallery_data.JST)), (120, 40), EntryDetail
    ) as (app, pilot, detail):
        detail.entry, detail.story, detail.link = journal_data.STORY[1], journal_data.STORY, journal_data.GOOD
        detail.focus()
        await at_rest(pilot)
        output = text(app)
        for words in ("上限を 8 にする", "tanaka", "assumed-role", "api のタスク数上限", "step"):
            assert words in output
        assert detail.neighbour(-1) == journal_data.STORY[0]
        assert detail.neighbour(1) == journal_data.STORY[2]
        assert detail.neighbour(2) is None


async def test_a_long_window_is_shown_quickly():
    entries = tuple(journal_data.entry(seq, EntryKind.NOTE, f"note {seq}") for seq in range(1000, 0, -1))
    async with running(journal_app(), (120, 40), JournalPanel) as (_app, pilot, panel):
        panel.begin(journal_data.state(JournalView(entries=entries, total=1000)))
        await pilot.pause()
        assert len(panel.table.rows) > 1000


def test_a_sign_off_is_described_in_the_screens_language():
    i18n.use("ja")
    findings = [{"inspection": "alarms", "verdict": "abnormal", "decision": "overruled"}]
    body = json.dumps({"was": "late", "findings": findings, "strange": "late"})
    entry = journal_data.ENTRIES[3].model_copy(update={"kind": EntryKind.SIGN_OFF, "body": body})
    text = "\n".join(plain(contents_lines(entry, gallery_data.JST, 60)))
    for words in ("確認時の状態: 遅延", "点検: alarms", "判定: 異常", "判断: 判定修正", "strange: late"):
        assert words in text, text


async def test_the_head_keeps_to_the_room_that_a_scroll_bar_leaves():
    async with running(Stage(JournalTable()), (80, 12), JournalTable) as (_app, pilot, table):
        wide = [("x" * 14, "")]
        rows = [
            Row(str(number), ([("09:00:00", "")], [("note", "")], [("tanaka", "")], wide * 4, wide))
            for number in range(2)
        ]
        table.set_rows(rows)
        await pilot.pause()
        table.show_vertical_scrollbar = True
        assert "…" not in table.render_line(0).text
        assert table.render_line(0).text.rstrip().endswith("Target")
