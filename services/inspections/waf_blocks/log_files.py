"""The firewall's logs in S3: where they really go, and what lies under the days of the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.aws.client.errors import AwsError, NotFound
from services.aws.s3 import S3Reader
from services.aws.waf import WafReader
from services.i18n import _
from services.inspections.base import InspectionContext, InspectionRequest, table
from services.inspections.toolkit.logs.hourly_counts import local, zone_name
from services.inspections.toolkit.logs.queries import size_words
from services.inspections.waf_blocks.collected import Notes
from services.inspections.waf_blocks.coverage import missing, runs_words
from services.models.findings import Measure, Progress
from services.models.firewall import LogDestination, WebAcl
from services.models.objects import StoredObject
from services.models.runbook_looks import Firewall as Spec
from services.models.verdict import Verdict

NEWEST = 20
"""Objects shown, as many as the runbook looks at."""
PAGES = 120
"""Requests that the listing of all days may take."""
DAYS = 7
"""Days looked at, newest first, where only the newest objects are wanted."""
SILENT = timedelta(days=1)
"""Strangers knock at every public address each day: logs and counts that are older have stopped."""
DIRECT = "aws-waf-logs-"
"""AWS WAF itself writes only to buckets whose names begin so."""


async def destination(firewall: WafReader, acl: WebAcl, spec: Spec, notes: Notes) -> None:
    """Compare where the ACL's logs go with where the runbook looks for them."""
    title = _("Log delivery")
    try:
        found = await firewall.destination(acl)
    except AwsError as error:
        notes.unread(error, title)
        notes.unjudged(title)
        return
    if found is None:
        notes.measures.append(
            Measure(title=title, shown=_("off"), allowed=_("on"), verdict=Verdict.ATTENTION)
        )
        notes.remarks.append(
            _("The web ACL writes no logs: it cannot be told later whom it blocked and why.")
        )
        return
    notes.measures.append(Measure(title=title, shown=_shown(found), allowed=_("on"), verdict=Verdict.NORMAL))
    if remark := _compared(found, spec.log_bucket):
        notes.remarks.append(remark)


def _shown(found: LogDestination) -> str:
    words = {"firehose": _("Firehose: {name}"), "s3": _("S3: {name}"), "logs": _("CloudWatch Logs: {name}")}
    return words.get(found.kind, "{name}").format(name=found.name)


def _compared(found: LogDestination, bucket: str) -> str:
    if not bucket or (found.kind == "s3" and found.name == bucket):
        return ""
    if found.kind != "firehose":
        text = _("The logs go to {found}, not to the runbook's bucket {bucket}.")
    elif bucket.startswith(DIRECT):
        text = _(
            "The logs go to {found}, although WAF could write to the runbook's bucket {bucket} directly: check which is right."
        )
    else:
        text = _(
            "The logs go to {found}. They reach the runbook's bucket {bucket} only through it: WAF "
            "itself writes only to buckets whose names begin with aws-waf-logs-."
        )
    return text.format(found=_shown(found), bucket=bucket)


@dataclass(frozen=True, slots=True)
class Listed:
    """What lies in the bucket under the days of a window."""

    newest: tuple[StoredObject, ...] = ()
    count: int = 0
    days: int = 0
    """Days looked at."""
    held: tuple[date, ...] = ()
    """Of them, those with objects."""
    size: int | None = None
    """Bytes under all days, estimated where not all were listed; None: not known."""
    whole: bool = False
    """All days of the window were looked at."""

    @property
    def days_held(self) -> int:
        """How many days have logs; 0: not known."""
        return len(self.held) if self.whole else 0


class LogFiles:
    """Lists the bucket, day by day, newest first; never without a day in the prefix.

    `since` is from when on there must be logs: the window's beginning, or that of a firewall younger than it.
    """

    def __init__(
        self,
        context: InspectionContext,
        request: InspectionRequest,
        spec: Spec,
        notes: Notes,
        since: datetime,
    ) -> None:
        self._since = since
        self._context = context
        self._request = request
        self._spec = spec
        self._notes = notes

    async def under(self, days: Sequence[date], *, every: bool) -> Listed:
        """The objects of these days. `every`: all days count; else only the newest objects are wanted."""
        title = _("Log files in S3")
        if not self._spec.log_bucket:
            self._notes.remarks.append(_("The runbook names no log bucket (waf.log_bucket)."))
            return Listed()
        try:
            listed = await self._listed(days, every=every)
        except NotFound as error:
            self._notes.unread(error, title)
            self._notes.measures.append(
                Measure(title=title, shown=_("no such bucket"), verdict=Verdict.ATTENTION)
            )
            return Listed()
        except AwsError as error:
            self._notes.unread(error, title)
            self._notes.unjudged(title)
            return Listed()
        self._judge(title, listed)
        return listed

    async def _listed(self, days: Sequence[date], *, every: bool) -> Listed:
        objects = S3Reader(self._context.reader)
        found: list[StoredObject] = []
        held: list[date] = []
        left, whole, size = PAGES, 0, 0
        for number, day in enumerate(days if every else days[:DAYS]):
            self._request.tell(Progress(text=_("Listing the logs"), done=number, total=len(days)))
            listing = await objects.under(self._spec.log_bucket, self._prefix(day), pages=left)
            left -= listing.pages
            found += listing.objects
            held += [day] if listing.objects else []
            if not listing.complete:
                break
            whole += 1
            size += sum(each.size for each in listing.objects)
            if not left or (not every and len(found) >= NEWEST):
                break
        estimate = size * len(days) // whole if whole and size else None
        newest = sorted(found, key=lambda each: (each.modified, each.key), reverse=True)
        return Listed(
            tuple(newest[:NEWEST]),
            len(found),
            whole,
            tuple(held),
            size=estimate if every else None,
            whole=whole == len(days),
        )

    def _prefix(self, day: date) -> str:
        return f"{self._spec.log_prefix}{day:%Y/%m/%d}/"

    def _judge(self, title: str, listed: Listed) -> None:
        place = f"s3://{self._spec.log_bucket}/{self._spec.log_prefix}yyyy/mm/dd/"
        if not listed.count:
            text = _(
                "No log files under {place}: check waf.log_prefix, and whether logs are still delivered."
            )
            self._notes.remarks.append(text.format(place=place))
            self._notes.measures.append(
                Measure(title=title, shown="0", allowed="> 0", verdict=Verdict.ATTENTION, value=0)
            )
            return
        zone, newest = self._context.calendar.zone, listed.newest[0].modified
        stopped = newest < self._request.until - SILENT
        if stopped:
            text = _("No log files since {at}: the logs do not show what WAF did after that.")
            self._notes.remarks.append(text.format(at=local(newest, zone)))
        verdict = self._gaps(listed)
        self._notes.measures.append(
            Measure(
                title=title,
                shown=f"{listed.count:,}",
                allowed="> 0",
                verdict=Verdict.UNKNOWN if stopped else verdict,
                value=listed.count,
                at=newest,
                note=_("the newest of {at}").format(at=local(newest, zone)),
            )
        )
        self._notes.table(
            table(
                _("Newest log files"),
                (_("Time ({zone})").format(zone=zone_name(zone)), _("Size"), _("Object")),
                [(local(each.modified, zone), size_words(each.size), each.key) for each in listed.newest],
            )
        )

    def _gaps(self, listed: Listed) -> Verdict:
        """Say on which days there are no logs, and judge that."""
        holes = missing(listed.held)
        if holes:
            text = _(
                "No log files for these days (UTC), although there are some for days before and after: "
                "{days}. The logs do not show what WAF did then."
            )
            self._notes.remarks.append(text.format(days=runs_words(holes)))
        first = min(listed.held)
        if listed.whole and first > _day_after(self._request.since):
            text = _("The log files of the window begin on {day} (UTC); there are none for the days before.")
            self._notes.remarks.append(text.format(day=first.isoformat()))
        if holes:
            return Verdict.ATTENTION
        return Verdict.UNKNOWN if listed.whole and first > _day_after(self._since) else Verdict.NORMAL


def _day_after(at: datetime) -> date:
    """The first day that files must be of: that of `at` itself may hold no more than a moment."""
    return at.astimezone(UTC).date() + timedelta(days=1)
