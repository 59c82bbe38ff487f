"""Tables of blocked addresses, rules and URIs, and whether one address stands out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from operator import itemgetter

from services.i18n import _
from services.inspections.base import table
from services.inspections.toolkit.logs.hourly_counts import local, zone_name
from services.inspections.toolkit.wording import hours_words
from services.models.evidence import Evidence, Row
from services.models.findings import Measure
from services.models.verdict import Verdict
from services.models.waf import BlockedGroup, Samples

NEWEST = 20


@dataclass(frozen=True, slots=True)
class Sources:
    """Blocked requests by address, and how reliable they are."""

    groups: tuple[BlockedGroup, ...] = ()
    is_complete: bool = False
    """They cover the whole window; otherwise only samples."""

    def addresses(self) -> list[tuple[str, str, int]]:
        """(address, countries, requests), most requests first."""
        counts: Counter[str] = Counter()
        countries: dict[str, set[str]] = {}
        for group in self.of("address"):
            counts[group.name] += group.count
            countries.setdefault(group.name, set()).add(group.country)
        return [(name, " ".join(sorted(countries[name])), count) for name, count in counts.most_common()]

    def of(self, kind: str) -> list[BlockedGroup]:
        """The groups of one kind, most requests first."""
        return [group for group in self.groups if group.kind == kind]

    def tables(self, limit: int) -> Iterable[Evidence]:
        """Addresses, rules, URIs; URIs are external text, so they are private."""
        where = _("entire window") if self.is_complete else _("samples of the last 3 hours")
        rows = [
            Row(cells=(name, country, f"{count:,}"), verdict=Verdict.ATTENTION if count >= limit else None)
            for name, country, count in self.addresses()
        ]
        blocked = _("Blocked")
        title = _("{what} ({where})")
        yield table(
            title.format(what=_("Addresses"), where=where), (_("Address"), _("Country"), blocked), rows
        )
        for kind, what, column, private in (
            ("rule", _("Rules"), _("Rule"), False),
            ("uri", _("Requested paths"), _("Path"), True),
        ):
            cells = [(group.name, f"{group.count:,}") for group in self.of(kind)]
            yield table(title.format(what=what, where=where), (column, blocked), cells, private=private)


@dataclass(frozen=True, slots=True)
class FromOne:
    """Judges the address that was blocked most often."""

    limit: int
    """For all `days` together."""
    days: float
    total: int | None
    """Number of requests blocked in the window, from the metrics; None: unknown."""
    sources: Sources
    enough: bool
    """`sources` suffice to judge: they cover the whole window, or all that the runbook requires."""
    note: str = field(default="")

    def measure(self) -> Measure:
        """The address with most requests; if the total is below the limit, so is every address, whatever is unread."""
        title, allowed = _("From one address"), self._allowed()
        name, _countries, most = next(iter(self.sources.addresses()), ("", "", 0))
        value = (
            _("{what} ({where})").format(what=f"{most:,}", where=name)
            if name
            else "0"
            if self.enough or self.total == 0
            else ""
        )
        note = self.note if not self.sources.is_complete else ""
        verdict = Verdict.UNKNOWN
        if most >= self.limit:
            verdict = Verdict.ATTENTION
        elif self.enough:
            verdict = Verdict.NORMAL
        elif self.total is not None and self.total < self.limit:
            verdict, note = Verdict.NORMAL, _("fewer were blocked in total")
        return Measure(
            title=title,
            shown=value,
            allowed=allowed,
            verdict=verdict,
            partial=verdict is Verdict.ATTENTION and not self.enough,
            value=float(most) if value else None,
            note=note,
        )

    def _allowed(self) -> str:
        text = _("< {count} in {hours}")
        return text.format(count=f"{self.limit:,}", hours=hours_words(self.days * 24))


def newest(by_rule: Sequence[Samples], zone: tzinfo) -> Evidence:
    """The newest sampled requests that were blocked."""
    blocked = [
        (request.at, samples.rule, request)
        for samples in by_rule
        for request in samples.requests
        if request.blocked
    ]
    blocked.sort(key=itemgetter(0), reverse=True)
    return table(
        _("Newest blocked requests (samples)"),
        (_("Time ({zone})").format(zone=zone_name(zone)), _("Address"), _("Country"), _("Rule"), _("Path")),
        [
            (local(at, zone), request.address, request.country, rule, request.uri)
            for at, rule, request in blocked[:NEWEST]
        ],
        private=True,
    )
