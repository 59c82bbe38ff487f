"""Evidence of an incident as data of a journal entry: canonical JSON, compressed with zlib, as base64 text.
The data have the keys `restrains_changes` (false), `incident` (its id), `turn` (number of the claim it
belongs to), `encoding` (ENCODING), `requests`, `cut` (what was left out so that it fits, one text each) and
`evidence` (the text). DynamoDB takes 400 kB an item."""

import json
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError

from services.i18n import _, plural
from services.models.canonical import canonical
from services.models.first_wave import IncidentEvidence, LogSample, Source, SourceReading
from services.models.journal import RESTRAINS_CHANGES
from services.models.metrics import Series

ENCODING = "json+zlib+base64"
LIMIT = 256 * 1024  # Most bytes of `evidence` and the keys around it, as stored
LARGEST = 16 * 1024 * 1024
"""Most bytes of the JSON: a journal may have been edited, and a small text can unpack to gigabytes."""
_AROUND = 4 * 1024  # Bytes set aside for the other keys of the data
_YEARS = range(1970, 2200)
_LAST = 7_258_118_400  # Epoch seconds at the end of _YEARS

Trim = Callable[[IncidentEvidence], "IncidentEvidence | None"]
"""The evidence with fewer rows, and the cut named in its readings; None if there is nothing to leave out."""


class UnreadableEvidence(Exception):
    """The data of an entry are no evidence; the message says why, in words."""


def packed(evidence: IncidentEvidence, *, incident: str, turn: int = 1) -> dict[str, Any]:
    """The data of an EVIDENCE entry, at most LIMIT bytes as JSON. Whatever does not fit is left out in a
    fixed order, and both `cut` and the readings say so."""
    text = _encoded(evidence)
    for trim in _TRIMS:
        while not text and (smaller := trim(evidence)) is not None:
            evidence = smaller
            text = _encoded(evidence)
    return {
        RESTRAINS_CHANGES: False,
        "incident": incident,
        "turn": turn,
        "encoding": ENCODING,
        "requests": evidence.requests,
        "cut": [f"{reading.source}: {reading.cut}" for reading in evidence.readings if reading.cut],
        "evidence": text,
    }


def unpacked(data: Mapping[str, Any]) -> IncidentEvidence:
    """The evidence in an entry's data. Raises UnreadableEvidence."""
    text, encoding = data.get("evidence"), data.get("encoding")
    if encoding != ENCODING or not isinstance(text, str):
        raise UnreadableEvidence(_("The entry contains no evidence in a format that this version knows."))
    try:
        decoded = _decompressed(b64decode(text, validate=True))
        evidence = _validated(json.loads(decoded.decode("utf-8", "surrogatepass")))
        if not _is_sound(evidence):
            raise ValueError("times or numbers that nothing can be computed with")
        return evidence
    except (NotBase64, zlib.error, ValidationError, ValueError, RecursionError, OverflowError) as error:
        raise UnreadableEvidence(
            _("The evidence in the journal is damaged ({reason}).", reason=type(error).__name__)
        ) from error


def _validated(value: Any) -> IncidentEvidence:
    """The evidence; what a later version has added to it is left out. Raises ValidationError."""
    try:
        return IncidentEvidence.model_validate(value)
    except ValidationError as error:
        unknown = {_of_later_version(each["type"], each["loc"]) for each in error.errors()} - {()}
        if not unknown:
            raise
        for *way, last in sorted(unknown, key=_from_the_end):
            part = value
            for step in way:
                part = part[step]
            del part[last]
        return IncidentEvidence.model_validate(value)


def _of_later_version(kind: str, place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if kind == "extra_forbidden":
        return place
    names = (place[0], *place[-1:]) if kind == "enum" else ()
    return place[:-1] if names in (("readings", "source"), ("belongings", "kind")) else ()


def _from_the_end(place: tuple[int | str, ...]) -> tuple[int, ...]:
    """Orders places so that none is moved or gone by the removal of one before it: last rows first, parts before wholes."""
    return (*(-step if isinstance(step, int) else 0 for step in place), 1)


def _is_sound(value: object) -> bool:
    match value:
        case datetime():
            return value.tzinfo is not None and value.year in _YEARS
        case float():
            return isfinite(value)
        case Series():
            is_dated = all(0 <= at < _LAST for at in value.times)
            return is_dated and len(value.times) == len(value.values) and all(map(isfinite, value.values))
        case BaseModel():
            return all(map(_is_sound, value.__dict__.values()))
        case tuple():
            return all(map(_is_sound, value))
        case _:
            return True


def _encoded(evidence: IncidentEvidence) -> str:
    """The text of the evidence; "" if it is too large."""
    decoded = canonical(evidence.model_dump(mode="json")).encode("utf-8", "surrogatepass")
    if len(decoded) > LARGEST:
        return ""
    text = b64encode(zlib.compress(decoded, 9)).decode("ascii")
    return text if len(text) <= LIMIT - _AROUND else ""


def _decompressed(packed_bytes: bytes) -> bytes:
    """Raises zlib.error, and ValueError for what is cut off or too large."""
    machine = zlib.decompressobj()
    decoded = machine.decompress(packed_bytes, LARGEST + 1)
    if not machine.eof or len(decoded) > LARGEST:
        raise ValueError("incomplete, or too large")
    return decoded


def _with_cut(evidence: IncidentEvidence, source: Source, text: str, **fields: Any) -> IncidentEvidence:
    readings = tuple(
        reading.model_copy(update={"cut": text}) if reading.source is source else reading
        for reading in evidence.readings
    )
    if not any(reading.source is source for reading in readings):
        readings = (*readings, SourceReading(source=source, cut=text))
    return evidence.model_copy(update={**fields, "readings": readings})


def _lines_text(count: int) -> str:
    return plural(
        "Only the newest {count} line is recorded.", "Only the newest {count} lines are recorded.", count
    )


def _rows_text(count: int) -> str:
    return plural(
        "Only the newest {count} row is recorded.", "Only the newest {count} rows are recorded.", count
    )


def _events_text(count: int) -> str:
    return plural(
        "Only the newest {count} event is recorded.", "Only the newest {count} events are recorded.", count
    )


def _fewer(source: Source, key: str, inner: str = "", text: Callable[[int], str] = _rows_text) -> Trim:
    """Leave out the older half of the rows of a field, or of `inner` in it; they are newest first, but in a log."""

    def trim(evidence: IncidentEvidence) -> IncidentEvidence | None:
        whole = getattr(evidence, key)
        rows = getattr(whole, inner, ()) if inner else whole
        if not rows:
            return None
        update: dict[str, Any] = {inner: rows[: len(rows) // 2]}
        if isinstance(whole, LogSample):
            lines = rows[(len(rows) + 1) // 2 :]
            update = {inner: lines, "is_whole": False, "is_from_start": False}
        smaller = whole.model_copy(update=update) if inner else update[inner]
        count = len(update[inner])
        return _with_cut(evidence, source, text(count).format(count=f"{count:,}"), **{key: smaller})

    return trim


def _older_points(evidence: IncidentEvidence) -> IncidentEvidence | None:
    if not any(len(series.times) > 1 for series in evidence.series):
        return None
    text = _("Only the newest part of the curves is recorded.")
    return _with_cut(evidence, Source.METRICS, text, series=tuple(map(_newest_half, evidence.series)))


def _newest_half(series: Series) -> Series:
    start = len(series.times) // 2
    return series.model_copy(update={"times": series.times[start:], "values": series.values[start:]})


def _no_week_ago(evidence: IncidentEvidence) -> IncidentEvidence | None:
    if not evidence.week_ago:
        return None
    text = _("The curves of a week ago are not recorded.")
    return _with_cut(evidence, Source.METRICS, text, week_ago=())


def _nothing(evidence: IncidentEvidence) -> IncidentEvidence | None:
    text = _("The evidence is too large to be recorded.")
    bare = IncidentEvidence(
        alarm=evidence.alarm,
        began=evidence.began,
        ended=evidence.ended,
        readings=tuple(
            reading.model_copy(update={"cut": text}) if reading.is_read else reading
            for reading in evidence.readings
        ),
    )
    return None if bare == evidence else bare


_TRIMS: tuple[Trim, ...] = (
    _fewer(Source.APPLICATION_LOG, "application_errors", "lines", _lines_text),
    _fewer(Source.DATABASE_LOG, "database_lines", "lines", _lines_text),
    _fewer(Source.OWN_LOG, "own_log", "lines", _lines_text),
    _fewer(Source.ALARMS, "together"),
    _fewer(Source.SERVICE, "service", "events", _events_text),
    _fewer(Source.TRAIL, "writes"),
    _fewer(Source.SCALING, "activities"),
    _fewer(Source.DATABASE_EVENTS, "database_events"),
    _no_week_ago,
    _older_points,
    _fewer(Source.OWN_METRICS, "own_series"),
    _fewer(Source.TASKS, "stopped_tasks"),
    _fewer(Source.TASKS, "running_tasks"),
    _fewer(Source.DEPLOYMENTS, "deployments"),
    _fewer(Source.DEPLOYMENTS, "revisions"),
    _fewer(Source.TARGETS, "targets"),
    _nothing,
)
"""What is left out first, each until nothing of it is left: what costs least in judging."""
