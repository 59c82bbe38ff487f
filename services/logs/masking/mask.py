"""Masks secrets and personal data: the one place that does, for exports, Slack texts, reports and the journal.

The clipboard is not masked: what a reader copies stays with the reader.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from services.i18n import _
from services.logs.masking import personal_data, secrets
from services.logs.masking.kinds import HIDDEN, MAIL, TELEPHONE, TITLES, MaskedText, Span

_QUOTED_BEFORE = re.compile(r'(\\?")\s{0,4}:\s{0,4}\Z')


class FurtherPattern(Protocol):
    """A pattern of the runbook: `services.models.runbook_masking.MaskPattern`."""

    @property
    def id(self) -> str:
        """Its kind."""
        ...

    @property
    def pattern(self) -> str:
        """A regular expression that `services.logs.masking.further` accepts."""
        ...


class Masker:
    """Masks text after text, and counts what it masked."""

    def __init__(self, further: Sequence[FurtherPattern] = (), *, contacts: Iterable[str] = ()) -> None:
        """`contacts`: texts whose telephone numbers and mail addresses stay readable, such as the runbook's contacts."""
        self._contacts = "\n".join(contacts)
        self._further = _compiled(tuple((str(each.id), each.pattern) for each in further))
        self.counts: Counter[str] = Counter()
        """The number of masked parts by kind, over all texts so far."""

    def mask(self, text: str) -> str:
        """The text with `***` in place of each secret."""
        masked = self.masked(text)
        self.counts.update(masked.counts)
        return masked.text

    def masked(self, text: str) -> MaskedText:
        """The text with `***` in place of each secret, and their number by kind; `counts` of the masker stay."""
        spans = self._spans(text)
        if not spans:
            return MaskedText(text, {})
        pieces, end, counts = [], 0, Counter[str]()
        for span in spans:
            pieces += [text[end : span.start], _sign(text, span)]
            counts[span.kind] += 1
            end = span.end
        return MaskedText("".join([*pieces, text[end:]]), dict(counts))

    def _spans(self, text: str) -> list[Span]:
        """What is masked, in order and without overlaps; of two that overlap, the earlier or longer one counts."""
        spans = [*secrets.find(text), *personal_data.find(text), *self._of_runbook(text)]
        spans.sort(key=lambda span: (span.start, -span.end))
        merged: list[Span] = []
        for span in spans:
            if merged and span.start < merged[-1].end:
                merged[-1] = merged[-1]._replace(end=max(span.end, merged[-1].end))
            elif not self._stays(span, text[span.start : span.end]):
                merged.append(span)
        return merged

    def _stays(self, span: Span, part: str) -> bool:
        return part == HIDDEN or (span.kind in (MAIL, TELEPHONE) and self._is_contact(part))

    def _is_contact(self, part: str) -> bool:
        """Whether a contact has this number or address, not only one that it is a part of."""
        whole = rf"(?<![A-Za-z0-9._%+-]){re.escape(part)}(?![A-Za-z0-9-])"
        return part in self._contacts and re.search(whole, self._contacts) is not None

    def _of_runbook(self, text: str) -> Iterator[Span]:
        for kind, pattern in self._further:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield Span(*match.span(), kind)


def mask(text: str, patterns: Sequence[FurtherPattern] = ()) -> MaskedText:
    """One text masked; `patterns` are the runbook's further ones."""
    return Masker(patterns).masked(text)


def title_of(kind: str, patterns: Iterable[FurtherPattern] = ()) -> str:
    """A kind in words: of this project, or the runbook's own."""
    if kind in TITLES:
        return _(TITLES[kind])
    return next((str(getattr(each, "title", kind)) for each in patterns if each.id == kind), kind)


@lru_cache(maxsize=32)
def _compiled(patterns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern)) for kind, pattern in patterns)


def _sign(text: str, span: Span) -> str:
    """`***`, in quotes where a number of JSON stood, so that the JSON stays JSON."""
    before = _QUOTED_BEFORE.search(text, max(0, span.start - 12), span.start)
    if before is None or not text[span.start : span.end].isdecimal():
        return HIDDEN
    return f"{before[1]}{HIDDEN}{before[1]}"
