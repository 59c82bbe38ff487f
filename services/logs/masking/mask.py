"""The clipboard is not masked: what a reader copies stays with the reader."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import orjson
from pydantic import BaseModel

from services.i18n import _
from services.logs.masking import further, personal_data, secrets
from services.logs.masking.further import compiled
from services.logs.masking.kinds import HIDDEN, MAIL, OUT_OF_TIME, TELEPHONE, TITLES, MaskedText, MaskSpan
from services.logs.masking.names import named
from services.logs.masking.values import is_secret

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
_NUMBER, _HEAD = re.compile(r"[\d.eE+-]+"), re.compile(r"(?<![\d.eE+-])[\d.eE+-]{1,40}\Z")
_KEY_ID = re.compile("(?:AKIA|ASIA)[A-Z0-9]{12,20}")
_QUOTED_BEFORE = re.compile(r'(\\?")\s{0,4}:\s{0,4}\Z')

T = TypeVar("T")


class FurtherPattern(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def pattern(self) -> str: ...


class Masker:
    def __init__(self, patterns: Sequence[FurtherPattern] = (), *, contacts: Iterable[str] = ()) -> None:
        """`contacts`: texts whose telephone numbers and mail addresses stay readable, such as the runbook's contacts."""
        self._contacts = "\n".join(contacts)
        self._further = compiled(tuple((str(each.id), each.pattern) for each in patterns))
        self.counts: Counter[str] = Counter()  # The number of masked parts by kind, over all texts so far

    def mask(self, text: str) -> str:
        masked = self.masked(text)
        self.counts.update(masked.counts)
        return masked.text

    def masked(self, text: str) -> MaskedText:
        """The text with `***` in place of each secret, and their number by kind; `counts` of the masker stay."""
        return self._masked(text)

    def cell(self, column: str, text: str) -> str:
        """A cell of a table with `***` for its secrets; the name of its column may tell that all of it is one."""
        by_name = named(column)
        if by_name is None or not is_secret(text, by_name, strict=by_name.is_vague):
            return self.mask(text)
        self.counts[by_name.kind] += 1
        return HIDDEN

    def without_secrets(self, answer: T) -> T:
        """A model or a JSON value with `***` for the secrets in its texts. Personal data and the ids of
        access keys stay: they say who did what, and with which key."""
        masked: T = self._answer(answer)
        return masked

    def _answer(self, value: Any) -> Any:
        match value:
            case BaseModel():
                return value.model_copy(update={name: self._answer(each) for name, each in value})
            case dict():
                return {key: self._answer(each) for key, each in value.items()}
            case list() | tuple() if type(value) in (list, tuple):
                return type(value)(map(self._answer, value))
            case str() if type(value) is str:
                return self._masked(value, is_answer=True).text
            case _:
                return value

    def _masked(self, text: str, *, is_answer: bool = False) -> MaskedText:
        try:
            spans = self._spans(text, is_answer=is_answer)
        except TimeoutError:
            # What such a pattern has not looked at may hold what it is for.
            return MaskedText(HIDDEN, {OUT_OF_TIME: 1})
        if not spans:
            return MaskedText(text, {})
        pieces, end, counts = [], 0, Counter[str]()
        for span in spans:
            pieces += [text[end : span.start], _sign(text, span)]
            counts[span.kind] += 1
            end = span.end
        return MaskedText("".join([*pieces, text[end:]]), dict(counts))

    def _spans(self, text: str, *, is_answer: bool) -> list[MaskSpan]:
        """What is masked, in order and without overlaps; of two that overlap, the earlier or longer one counts."""
        spans = list(secrets.find(text))
        # `://user:password@host` is no mail address.
        ends = {span.end for span in spans if text.startswith(("@", "%40"), span.end)}
        if is_answer:
            spans = [span for span in spans if not _KEY_ID.fullmatch(text, span.start, span.end)]
        else:
            spans += [
                span
                for span in personal_data.find(text)
                if span.kind != MAIL or not any(span.start < end < span.end for end in ends)
            ]
        spans += further.find(text, self._further)
        spans = _in_strings(text, spans)
        spans.sort(key=lambda span: (span.start, -span.end))
        merged: list[MaskSpan] = []
        for span in spans:
            if merged and span.start < merged[-1].end:
                merged[-1] = merged[-1]._replace(end=max(span.end, merged[-1].end))
            elif not self._stays(span, text[span.start : span.end]):
                merged.append(span)
        return merged

    def _stays(self, span: MaskSpan, part: str) -> bool:
        return part == HIDDEN or (span.kind in (MAIL, TELEPHONE) and self._is_contact(part))

    def _is_contact(self, part: str) -> bool:
        whole = rf"(?<![A-Za-z0-9._%+-]){re.escape(part)}(?![A-Za-z0-9-])"
        return part in self._contacts and re.search(whole, self._contacts) is not None


def mask(text: str, patterns: Sequence[FurtherPattern] = ()) -> MaskedText:
    return Masker(patterns).masked(text)


def title_of(kind: str, patterns: Iterable[FurtherPattern] = ()) -> str:
    if kind in TITLES:
        return _(TITLES[kind])
    return next((str(getattr(each, "title", kind)) for each in patterns if each.id == kind), kind)


def _in_strings(text: str, spans: Iterable[MaskSpan]) -> list[MaskSpan]:
    """The spans, none of which reaches over the end of a string, so that a text that is JSON stays it. A
    number of JSON has no quotes: it is masked whole, in quotes."""
    if text[:1] not in "{[" or not _is_json(text):
        return list(spans)
    ends = [place for match in _STRING.finditer(text) for place in match.span()]
    inner = []
    for span in spans:
        at = bisect_right(ends, span.start)
        if at % 2:
            start, end = _escape_around(text, span.start), _escape_around(text, min(span.end, ends[at] - 1))
            inner.append(span._replace(start=start, end=end, quote=span.quote if "\\" in span.quote else ""))
        elif (number := _NUMBER.match(text, span.start)) is not None:
            head = _HEAD.search(text, max(0, span.start - 40), span.start)
            start = head.start() if head is not None else span.start
            inner.append(span._replace(start=start, end=number.end(), quote='"'))
    return [span for span in inner if span.start < span.end]


def _escape_around(text: str, at: int) -> int:
    """Where the escape of JSON begins that `at` is in the midst of; `at` if it is in none."""
    for first in range(max(0, at - 5), at):
        if text[first] != "\\" or (first - len(text[:first].rstrip("\\"))) % 2:
            continue
        if at < first + (6 if text[first + 1 : first + 2] == "u" else 2):
            return first
    return at


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _sign(text: str, span: MaskSpan) -> str:
    """`***`, in quotes where a number of JSON stood, so that the JSON stays JSON."""
    if span.quote:
        return f"{span.quote}{HIDDEN}{span.quote}"
    before = _QUOTED_BEFORE.search(text, max(0, span.start - 12), span.start)
    if before is None or not text[span.start : span.end].isdecimal():
        return HIDDEN
    return f"{before[1]}{HIDDEN}{before[1]}"
