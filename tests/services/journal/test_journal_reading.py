import random
from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.journal.queries import MANY_KINDS, fold
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import Entry, EntryKind, EntryQuery, NewEntry, Person
from tests.services.journal.book import NOON, append, checked, filled, note, open_journal, tampered
from tui.cli.entry_text import by_day
from widgets.journal.contents import contents_lines
from widgets.journal.detail import fact_lines, person_lines

JST = ZoneInfo("Asia/Tokyo")
KINDS = [kind for kind in EntryKind if kind is not EntryKind.OTHER]
PEOPLE = ("alice", "bob", "uid 1004")
TARGETS = ("staff-api", "alb-5xx", "")
TEXTS = ("始業点検を確認", "ＣＰＵ使用率 ﾊﾞｯｸｱｯﾌﾟ", "Scaled OUT 100%", "a_b", "定例作業　完了")
WORDS = (
    "",
    "点検",
    "cpu",
    "バックアップ",
    "scaled out",
    "100%",
    "_",
    "ALICE",
    "完了　定例",
    "s17",
    "nothing",
)


@pytest.fixture(scope="module")
def sample_journal(tmp_path_factory):
    """Two hundred entries of every kind over some days, not always in the order of their times; as lists hold them."""
    rng = random.Random(3)
    path = tmp_path_factory.mktemp("reading") / "j.db"
    with closing(Store(path)) as store:
        store._db.execute("PRAGMA synchronous = OFF")
        entries = []
        for number in range(200):
            draft = NewEntry(
                kind=rng.choice(KINDS),
                text=rng.choice(TEXTS),
                target=rng.choice(TARGETS),
                subject=f"s{number // 4}",
            )
            at = NOON + timedelta(hours=number) + timedelta(minutes=rng.randint(-90, 90))
            entry = append(store, draft, at=at, person=Person(user=rng.choice(PEOPLE)))
            entries.append(entry.without_large_body())
    return path, entries


def fits(query, entry):
    """What a query means, without an index."""
    searched = fold(" ".join((entry.text, entry.target, entry.subject, entry.person.user)))
    return (
        (not query.kinds or entry.kind in query.kinds)
        and query.person in ("", entry.person.user)
        and query.target in ("", entry.target)
        and query.subject in ("", entry.subject)
        and (query.since is None or entry.at >= query.since)
        and (query.before is None or entry.at < query.before)
        and all(word in searched for word in fold(query.words).split())
    )


hours = st.none() | st.integers(-5, 210).map(lambda hour: NOON + timedelta(hours=hour))
queries = st.builds(
    EntryQuery,
    kinds=st.frozensets(st.sampled_from(KINDS), max_size=MANY_KINDS + 2),
    person=st.sampled_from(("", *PEOPLE, "nobody")),
    target=st.sampled_from(TARGETS),
    subject=st.sampled_from(("", "", "s17")),
    since=hours,
    before=hours,
    words=st.sampled_from(WORDS),
)


@given(
    query=queries,
    before=st.none() | st.integers(0, 210),
    after=st.none() | st.integers(0, 210),
    limit=st.integers(1, 60),
    newest_first=st.booleans(),
)
def test_what_a_query_finds_is_what_it_means(sample_journal, query, before, after, **options):
    path, entries = sample_journal
    expected = [
        entry
        for entry in entries
        if fits(query, entry)
        and (before is None or entry.seq < before)
        and (after is None or entry.seq > after)
    ]
    if options["newest_first"]:
        expected.reverse()
    with closing(JournalReader.open(path)) as reader:
        assert (
            reader.find(query, before_seq=before, after_seq=after, **options) == expected[: options["limit"]]
        )


async def test_pages_go_both_ways_and_lose_nothing(sample_journal):
    path, entries = sample_journal
    query = EntryQuery(person="alice")
    wanted = [entry for entry in reversed(entries) if entry.person.user == "alice"]
    async with open_journal(path) as journal:
        down: list[Entry] = []
        before, more = None, True
        while more:
            page = await journal.page(query, before_seq=before, limit=7)
            down += page.entries
            before, more = page.entries[-1].seq, page.more
        assert down == wanted
        up: list[Entry] = []
        after, more = 0, True
        while more:
            page = await journal.page(query, after_seq=after, limit=7)
            up = [*page.entries, *up]
            after, more = page.entries[0].seq, page.more
        assert up == wanted
        between = await journal.page(query, before_seq=wanted[2].seq, after_seq=wanted[5].seq)
        assert between.entries == tuple(wanted[3:5])
        assert await journal.entries(query, after_seq=wanted[3].seq) == tuple(reversed(wanted[:3]))


async def test_people_and_targets(sample_journal):
    path, _entries = sample_journal
    async with open_journal(path) as journal:
        assert set(await journal.people()) == set(PEOPLE)
        assert set(await journal.targets()) == {"staff-api", "alb-5xx"}


async def test_an_empty_journal_has_nothing(tmp_path):
    async with open_journal(tmp_path / "j.db") as journal:
        assert (await journal.page()).entries == ()
        assert not (await journal.page()).more
        assert await journal.people() == ()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("at", at) for at in (253402300799_000000, -62135596800_000000, 1 << 62, "x", b"\0")),
        *(("body", body) for body in ("[" * 100_000, '{"a":' * 5000, "9" * 5000, "[]", "\x1b[2J", b"\xff")),
        *(("kind", kind) for kind in ("", "newer", b"note")),
        *((column, b"\xff\0") for column in ("subject", "target", "text", "user", "claim", "hash")),
    ],
    ids=lambda case: repr(case)[:12],
)
async def test_a_damaged_row_is_shown_as_far_as_possible(tmp_path, column, value):
    path = tmp_path / "j.db"
    filled(path, 3)
    tampered(path, f"UPDATE entries SET {column} = ? WHERE seq = 2", values=(value,))
    assert not checked(path).intact
    async with open_journal(path) as journal:
        entries = (await journal.page()).entries
    assert [entry.seq for entry in entries] == [3, 2, 1]
    spoilt = entries[1]
    assert spoilt.at.astimezone(JST)
    assert isinstance(spoilt.data, dict)
    assert list(by_day(entries, JST))
    for width in (20, 120):
        assert [
            *fact_lines(spoilt, JST, width),
            *person_lines(spoilt, width),
            *contents_lines(spoilt, JST, width),
        ]


@pytest.mark.parametrize("words", ["\x00", "\ud800", "'", '"', "%", "\\", "\u202e", "*", "a" * 10_000])
async def test_any_words_may_be_searched_for(sample_journal, words):
    async with open_journal(sample_journal[0]) as journal:
        await journal.page(EntryQuery(words=words, person=words))


async def test_reading_goes_on_while_another_writes(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as ours, open_journal(path) as theirs:
        for number in range(1, 20):
            await theirs.append(note(str(number)))
            assert (await ours.page(limit=1)).entries[0].seq == number
