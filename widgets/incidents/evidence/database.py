from services.i18n import _, plural
from services.models import glyphs
from services.models.date_text import span_text
from services.models.depletion import HOUR, SPANS, change_per_hour, ends
from services.models.first_wave import Measure, Source
from services.models.rds import DatabaseState
from services.models.units import BYTES, number
from widgets.drawing.format import coarse
from widgets.drawing.lines import Span
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import EvidenceContext, fact, heading, note, read_notes

_MOST_EVENTS = 6
_GIB = 1 << 30
_STATES = {DatabaseState.AVAILABLE: "good", DatabaseState.BUSY: "warn", DatabaseState.BROKEN: "bad"}


def database_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    evidence = context.evidence
    entries = read_notes(context, Source.DATABASE, width=width)
    database = evidence.database
    if database is not None:
        status: list[Span] = [(database.status, _STATES[database.state])]
        status.append((f"  {database.instance_class}  {database.engine} {database.engine_version}", "muted"))
        entries.append(fact("db", database.name, status, label=len(database.name) + 2))
        entries += _pending(context, width)
    entries += _network(context, width)
    entries += read_notes(context, Source.DATABASE_EVENTS, width=width)
    if evidence.database_events:
        entries.append(heading("db-events", _("Events of the database")))
    for index, event in enumerate(evidence.database_events[:_MOST_EVENTS]):
        time: Span = (context.time(event.at) + " ", "muted")
        entries.append(note(f"db-event:{event.at.timestamp()}:{index}", event.message, width, "", [time]))
    return entries


def _pending(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    database = context.evidence.database
    if database is None:
        return []
    if not database.pending_reported:
        return [note("db-pending", _("AWS does not report pending changes."), width, "warn")]
    if not database.pending:
        nothing: Span = (f"{glyphs.NORMAL} " + _("nothing is pending"), "good")
        return [fact("db-pending", _("Pending changes"), [nothing])]
    texts = [f"{setting.title} → {setting.value}" for setting in database.pending]
    if any(setting.outage for setting in database.pending):
        texts.append(_("applying it interrupts the database"))
    first: Span = (f"{glyphs.ATTENTION} " + _("Pending changes") + "  ", "warn")
    return [note("db-pending", _("; ").join(texts), width, "warn", [first])]


def _network(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    entries = read_notes(context, Source.NETWORK, width=width)
    path = context.evidence.network
    if path is None:
        return entries
    if path.allowed:
        words = _("port {port} is open to the tasks: {rule}", port=path.port, rule=path.rule)
        first: Span = (f"{glyphs.NORMAL} " + _("Security group") + "  ", "good")
        return [*entries, note("network", words, width, "", [first])]
    groups = _(", ").join(path.task_groups)
    words = _("no rule opens port {port} to the tasks ({groups})", port=path.port, groups=groups)
    first = (f"{glyphs.ABNORMAL} " + _("Security group") + "  ", "bad")
    return [*entries, note("network", words, width, "bad", [first])]


def storage_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    evidence = context.evidence
    series = evidence.curve(Measure.DB_FREE)
    entries = read_notes(context, Source.METRICS, width=width)
    if series is None or series.last is None:
        return [*entries, note("storage:none", _("The free storage was not read."), width, "warn")]
    total = evidence.database.storage_gib if evidence.database is not None else None
    free: list[Span] = [(number(series.last, BYTES), "strong")]
    if total:
        share = series.last / (total * _GIB)
        free += [(f"  / {total} GiB", "muted"), (f"  {share:.0%}", "bad" if share < 0.1 else "")]
    entries.append(fact("storage:free", _("Free storage"), free))
    for span in SPANS:
        per_hour = change_per_hour(series.times, series.values, span)
        hours = span // HOUR
        name = plural("past {count} hour", "past {count} hours", hours, count=hours)
        text = _("{change} an hour", change=number(per_hour, BYTES)) if per_hour is not None else "—"
        entries.append(fact(f"storage:{span}", name, [(text, "bad" if (per_hour or 0) < 0 else "muted")]))
    entries.append(_end(context, series.times, series.values, width))
    return [*entries, *_ceiling(context, width)]


def _end(
    context: EvidenceContext, times: tuple[int, ...], values: tuple[float, ...], width: int
) -> IncidentEntry:
    left = ends(times, values)
    if values[-1] <= 0:
        words = _("The database's storage is used up")
        return note("storage:end", f"{glyphs.ABNORMAL} {words}", width, "bad")
    if left is None:
        return note("storage:end", f"{glyphs.NORMAL} " + _("It does not fall certainly."), width, "good")
    since = context.now.timestamp() - times[-1]
    first, last = (coarse(seconds - since) for seconds in left)
    time = first if first == last else span_text(first, last)
    words = _("Used up in {time} if it goes on like this.", time=time)
    return note("storage:end", f"{glyphs.ABNORMAL} {words}", width, "bad")


def _ceiling(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    database = context.evidence.database
    if database is None:
        return []
    if database.max_storage_gib is None:
        words = _("RDS does not extend the storage by itself.")
    else:
        words = _("RDS extends the storage by itself up to {size} GiB.", size=database.max_storage_gib)
    return [note("storage:ceiling", words, width), *_pending(context, width)]
