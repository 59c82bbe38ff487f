"""Source: PostgreSQL documentation, appendix "PostgreSQL Error Codes"; libpq's and Node's texts for failed connections."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from services.i18n import N_, _
from services.incidents.facts import Facts, detail_of, message_of
from services.incidents.signals.base import Judged, SignalSpec, absent, percent, present, unseen
from services.incidents.signals.dependencies import LOCKS, UNRESOLVED, Kind, dependency_of
from services.models.evidence import EvidencePlace
from services.models.first_wave import LogEntry, LogSample, Source
from services.models.text import clean

LEAST = 5  # Errors from which their kinds say anything
KNOWN = timedelta(minutes=10)
"""How long before T0 a kind of error must have been written to be known: T0 may be found late."""
HALF = 0.5  # Share of the errors from which one new kind dominates
SHOWN = 100  # Characters of a line that are quoted
_DATABASE = r"(?:5432|postgres|database|rds\.amazonaws|\bdb\b)"
_FAILED = r"(?:ECONNREFUSED|ECONNRESET|refused|(?:could not|failed to|unable to|cannot) connect|ETIMEDOUT|timed out|timeout expired|i/o timeout|no route)"
_REFUSED = re.compile(
    rf"{_FAILED}.{{0,120}}{_DATABASE}|{_DATABASE}.{{0,120}}{_FAILED}|データベースに接続|error connecting in .{{0,40}}pool",
    re.IGNORECASE,
)
_UNRESOLVED_NAME = re.compile(
    rf"^(?=.*rds\.amazonaws)(?=.*(?:{UNRESOLVED.pattern}))", re.IGNORECASE | re.DOTALL
)
_ABOUT = re.compile(
    r"connect|pool|database|postgres|sql|5432|terminat|shut|lock|cancel|time.?out|space|memory|resolve|lookup",
    re.IGNORECASE,
)
"""Words of lines that may say of the database, in other words, what a pattern does not find."""
_POOL = re.compile(
    r"timeout (?:acquiring|exceeded when trying to connect)|acquir\w+ (?:a )?connection.{0,40}time|"
    r"could not obtain a connection from the pool|QueuePool limit|pool (?:exhausted|timed? ?out)|connection pool|SQLTransientConnectionException|"
    r"obtain JDBC Connection|Connection is not available, request timed out",
    re.IGNORECASE,
)
_CLIENTS = re.compile(r"too many (?:clients|connections)", re.IGNORECASE)
_SLOTS = re.compile(r"remaining connection slots", re.IGNORECASE)
_TERMINATED = re.compile(
    r"terminating connection due to administrator command|database system is (?:shutting down|starting up)|"
    r"the database system is in recovery|all server processes terminated|terminated by signal|"
    r"terminating any other active server processes|AdminShutdown|\b57P0[123]\b",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(
    r"could not (?:extend file|write).{0,120}No space|(?:PANIC|FATAL|base/|pg_wal|pgsql_tmp).{0,120}No space left",
    re.IGNORECASE,
)
_UNSTARTED = re.compile(r"could not fork|out of memory|out of shared memory|\b53200\b", re.IGNORECASE)
_CANCELLED = re.compile(
    r"canceling statement due to statement timeout|\b57014\b|QueryCanceled", re.IGNORECASE
)
_DEFECT = re.compile(
    r"NullPointer|NoSuchMethod|NoSuchField|ClassCast|ClassNotFound|NoClassDefFound|IndexOutOfBounds|IllegalState|"
    r"IllegalArgument|Arithmetic|NumberFormat|DateTime\w*Exception|StackOverflow|UnsupportedOperation|InvalidClass|"
    r"TypeError|ReferenceError|RangeError|SyntaxError|KeyError|AttributeError|IndexError|ValueError|NameError|ImportError|"
    r"ModuleNotFound|ZeroDivision|UnboundLocal|AssertionError|NoMethodError|NilClass|nil pointer|panic:|undefined|"
    r"NoSuchFile|column .{0,80}does not exist|relation .{0,80}does not exist|Could not resolve placeholder|"
    r"No property|template|unmarshal|JSONDecode|JsonParse|Serialization|Validation",
    re.IGNORECASE,
)
"""Errors by which a program's own mistake is known."""
_TEMPORARY = re.compile(r"temporary file: path|base/pgsql_tmp", re.IGNORECASE)
_VARIABLE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27,}|\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b|\d+(?:\.\d+)*|\"[^\"]{0,200}\"|'[^']{0,200}'",
    re.IGNORECASE,
)


@lru_cache(4096)
def signature_of(text: str) -> str:
    """What stays the same in every line of one kind of error: numbers, ids and quoted values are left out."""
    return _VARIABLE.sub("#", message_of(text))[:200]


def _place(sample: LogSample | None, line: LogEntry) -> EvidencePlace | None:
    return EvidencePlace(kind="log", target=sample.group, at=line.at) if sample is not None else None


def _quote(text: str) -> str:
    return clean(text, SHOWN)


def _kinds(
    facts: Facts, source: Source = Source.APPLICATION_LOG
) -> tuple[Counter[str], set[str], dict[str, LogEntry]] | str:
    """(errors since T0 by kind, kinds known before, the first line of each kind), or why there are too few."""
    if why := facts.unread(source):
        return why
    sample = _sample(facts, source)
    if sample is not None and not sample.is_from_start:
        return _("the older lines of the log are not recorded")
    edge = facts.start - timedelta(minutes=1)
    since: Counter[str] = Counter()
    before: set[str] = set()
    first: dict[str, LogEntry] = {}
    for line in sample.lines if sample is not None else ():
        kind = signature_of(line.text)
        if line.at < edge - KNOWN:
            before.add(kind)
        elif line.at >= edge:
            since[kind] += 1
            first.setdefault(kind, line)
    if since.total() < LEAST:
        return _("too few errors were logged since then")
    return since, before, first


def _sample(facts: Facts, source: Source) -> LogSample | None:
    return facts.evidence.own_log if source is Source.OWN_LOG else facts.evidence.application_errors


def new_kind(facts: Facts, source: Source = Source.APPLICATION_LOG) -> Judged:
    kinds = _kinds(facts, source)
    if isinstance(kinds, str):
        return unseen(kinds)
    since, before, first = kinds
    news = [(count, kind) for kind, count in since.items() if kind not in before]
    count, kind = max(news, default=(0, ""))
    share = count / since.total()
    value = _("{share} of {count}", share=percent(share), count=since.total())
    if share < HALF:
        return absent(value, f"≥ {percent(HALF)}")
    line = first[kind]
    # A message that names another cause is that cause's sign, not one of a defect in the code.
    message = message_of(line.text)
    if source is Source.APPLICATION_LOG and dependency_of(message, detail_of(line.text)) is not None:
        return unseen(_("the errors name what they depend on"), is_out_of_reach=True)
    return present(
        f"{value}: {_quote(message)}",
        at=line.at,
        place=_place(_sample(facts, source), line),
        is_direct=bool(_DEFECT.search(message)) and sum(facts.errors_since()) >= LEAST,
    )


def _as_before(facts: Facts) -> Judged:
    kinds = _kinds(facts)
    if isinstance(kinds, str):
        return unseen(kinds)
    since, before, _first = kinds
    share = sum(count for kind, count in since.items() if kind in before) / since.total()
    value = percent(share)
    return present(value, "≥ 80%") if share >= 0.8 else absent(value, "≥ 80%")


def _is_of_database(message: str) -> bool:
    """Whether a line of the application blames nothing else: a cache's time-out may speak of the database, too."""
    dependency = dependency_of(message)
    return dependency is None or dependency.kind is Kind.DATABASE


def _says(pattern: re.Pattern[str], *, is_own: bool = False) -> Callable[[Facts], Judged]:
    """Whether the log of the database, and unless `is_own` that of the application, has such a line."""

    def judge(facts: Facts) -> Judged:
        evidence = facts.evidence
        read = [
            (evidence.database_lines, facts.database_messages),
            *([] if is_own else [(evidence.application_errors, facts.application_messages)]),
        ]
        for sample, messages in read:
            matches = [
                message
                for message in messages
                if pattern.search(message) and (sample is evidence.database_lines or _is_of_database(message))
            ]
            if matches:
                line = messages[matches[0]][0]
                count = sum(len(messages[message]) for message in matches)
                text = _("{count} × {text}", count=count, text=_quote(matches[0]))
                return present(text, at=line.at, place=_place(sample, line))
        if facts.log_gap:
            return unseen(facts.log_gap)
        if not is_own and any(facts.errors_since()) and not facts.application_messages:
            return unseen(
                _("the application's log has no line that is read as an error"), is_out_of_reach=True
            )
        lines = (line.text for sample, _messages in read if sample is not None for line in sample.lines)
        if any(map(_ABOUT.search, lines)):
            return unseen(_("lines that may be about it say something else"), is_out_of_reach=True)
        return absent()

    return judge


SIGNALS = (
    SignalSpec("new-error", N_("One new kind of error makes up most of them"), Source.APPLICATION_LOG, new_kind, direct_for=("application-error",), group="error-kinds", look="tail"),
    SignalSpec("errors-as-before", N_("The errors are of the kinds known before"), Source.APPLICATION_LOG, _as_before, group="error-kinds", look="tail"),
    SignalSpec("db-refused", N_("Connections to the database fail"), Source.APPLICATION_LOG, _says(_REFUSED), group="dbtext", look="tail"),
    SignalSpec("db-pool-timeout", N_("The application times out waiting for a pooled connection"), Source.APPLICATION_LOG, _says(_POOL), group="dbtext", look="tail"),
    SignalSpec("db-too-many-clients", N_("The database refuses connections: there are too many"), Source.DATABASE_LOG, _says(_CLIENTS), direct_for=("database-saturated",), group="dbtext", look="tail"),
    SignalSpec("db-slots-reserved", N_("The database has no connection left"), Source.DATABASE_LOG, _says(_SLOTS), direct_for=("database-saturated",), group="dbtext", look="tail"),
    SignalSpec("db-terminated", N_("The database has stopped or started"), Source.DATABASE_LOG, _says(_TERMINATED), direct_for=("database-unreachable",), group="dbtext", look="tail"),
    SignalSpec("db-locks", N_("Sessions of the database wait for locks"), Source.DATABASE_LOG, _says(LOCKS), direct_for=("database-locks",), group="dbtext", look="slow-queries"),
    SignalSpec("db-cancelled", N_("Statements of the database run into their time limit"), Source.DATABASE_LOG, _says(_CANCELLED), group="dbtext", look="slow-queries"),
    SignalSpec("db-memory", N_("The database is out of memory"), Source.DATABASE_LOG, _says(_UNSTARTED, is_own=True), group="dbtext", look="databases"),
    SignalSpec("db-name-unresolved", N_("The database's name cannot be resolved"), Source.APPLICATION_LOG, _says(_UNRESOLVED_NAME), direct_for=("database-unreachable",), group="dbtext", look="tail"),
    SignalSpec("db-no-space", N_("The database has no space left"), Source.DATABASE_LOG, _says(_NO_SPACE), direct_for=("database-full",), group="dbtext", look="tail"),
    SignalSpec("temporary-files", N_("The database writes large temporary files"), Source.DATABASE_LOG, _says(_TEMPORARY), direct_for=("temporary-files",), look="slow-queries"),
)  # fmt: skip
