"""The firewall's logs in S3: their actual destination, and what is stored for the days of the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.aws.client.errors import AwsError, NotFound
from services.aws.s3 import S3Reader
from services.aws.waf import WafReader
from services.i18n import _
from services.inspections.base import table
from services.inspections.toolkit.checks import undecided
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.logs.hourly_counts import local, zone_name
from services.inspections.toolkit.toolkit_wording import size_words
from services.inspections.waf_blocks.coverage import missing, runs_words
from services.models.date_text import day_text
from services.models.findings import Measure, Progress
from services.models.runbook_inspections import Firewall as Spec
from services.models.s3 import StoredObject
from services.models.verdict import Verdict, judgement
from services.models.waf import LogDestination, WebAcl

NEWEST = 20  # Number of objects shown, as in the runbook
PAGES = 120  # Maximum number of requests for listing all days
DAYS = 7  # Number of days listed, newest first, if only the newest objects are needed
SILENT = timedelta(days=1)
"""Logs whose newest file is older have stopped, if it is not known when a request was blocked."""
DIRECT = "aws-waf-logs-"  # Prefix of the buckets that AWS WAF itself can write to


async def destination(firewall: WafReader, acl: WebAcl, spec: Spec, builder: FindingBuilder) -> None:
    title = _("Log delivery")
    try:
        target = await firewall.destination(acl)
    except AwsError as error:
        builder.unread(error, f"{title}:")
        builder.unjudged(title)
        return
    if target is None:
        builder.measure(Measure(title=title, shown=_("off"), allowed=_("on"), verdict=Verdict.ATTENTION))
        builder.remark(_("The web ACL writes no logs: it cannot be told later whom it blocked and why."))
        return
    builder.measure(Measure(title=title, shown=_name(target), allowed=_("on"), verdict=Verdict.NORMAL))
    builder.remark(_difference(target, spec.log_bucket))


def _name(target: LogDestination) -> str:
    words = {"firehose": _("Firehose: {name}"), "s3": _("S3: {name}"), "logs": _("CloudWatch Logs: {name}")}
    return words.get(target.kind, "{name}").format(name=target.name)


def _difference(target: LogDestination, bucket: str) -> str:
    """Why the logs may not be in the runbook's bucket; "" if they are sent there."""
    if not bucket or (target.kind == "s3" and target.name == bucket):
        return ""
    if target.kind != "firehose":
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
    return text.format(found=_name(target), bucket=bucket)


@dataclass(frozen=True, slots=True)
class ListedFiles:
    newest: tuple[StoredObject, ...] = ()
    count: int = 0
    days: int = 0  # The days listed
    days_with_files: tuple[date, ...] = ()
    size: int | None = None  # Bytes of all days, estimated if not all were listed; None: unknown
    is_complete: bool = False  # All days of the window were listed

    @property
    def days_with_logs(self) -> int:
        """Number of days with logs; 0: unknown."""
        return len(self.days_with_files) if self.is_complete else 0


class LogFiles:
    """Lists the bucket day by day, newest first; never without a day in the prefix. `since`: from when on
    there must be logs: the start of the window, or of a firewall younger than the window. `blocked_at`: when
    a request was blocked whose log file must have arrived."""

    def __init__(
        self, builder: FindingBuilder, spec: Spec, since: datetime, blocked_at: datetime | None = None
    ) -> None:
        self._builder = builder
        self._request = builder.request
        self._spec = spec
        self._since = since
        self._blocked_at = blocked_at or builder.request.until - SILENT

    async def under(self, days: Sequence[date], *, every: bool) -> ListedFiles:
        """The objects of these days. `every`: all days are needed; otherwise only the newest objects."""
        title = _("Log files in S3")
        if not self._spec.log_bucket:
            self._builder.check(undecided(title, "waf.log_bucket", self._builder.context.runbook))
            return ListedFiles()
        try:
            listed = await self._listed(days, every=every)
        except NotFound as error:
            self._builder.unread(error, f"{title}:")
            self._builder.measure(Measure(title=title, shown=_("no such bucket"), verdict=Verdict.ATTENTION))
            return ListedFiles()
        except AwsError as error:
            self._builder.unread(error, f"{title}:")
            self._builder.unjudged(title)
            return ListedFiles()
        self._judge(title, listed)
        return listed

    async def _listed(self, days: Sequence[date], *, every: bool) -> ListedFiles:
        reader = S3Reader(self._builder.context.reader)
        objects: list[StoredObject] = []
        with_files: list[date] = []
        pages, complete, size = PAGES, 0, 0
        for number, day in enumerate(days if every else days[:DAYS]):
            self._request.on_progress(Progress(text=_("Listing the logs"), done=number, total=len(days)))
            listing = await reader.under(
                self._spec.log_bucket, f"{self._spec.log_prefix}{day:%Y/%m/%d}/", pages=pages
            )
            pages -= listing.pages
            objects += listing.objects
            with_files += [day] if listing.objects else []
            if not listing.complete:
                break
            complete += 1
            size += sum(item.size for item in listing.objects)
            if not pages or (not every and len(objects) >= NEWEST):
                break
        estimate = size * len(days) // complete if complete and size else None
        newest = sorted(objects, key=lambda item: (item.modified, item.key), reverse=True)
        return ListedFiles(
            tuple(newest[:NEWEST]),
            len(objects),
            complete,
            tuple(with_files),
            size=estimate if every else None,
            is_complete=complete == len(days),
        )

    def _judge(self, title: str, listed: ListedFiles) -> None:
        place = f"s3://{self._spec.log_bucket}/{self._spec.log_prefix}yyyy/mm/dd/"
        if not listed.count:
            text = _(
                "No log files under {place}: check waf.log_prefix, and whether logs are still delivered."
            )
            self._builder.remark(text.format(place=place))
            self._builder.measure(
                Measure(title=title, shown="0", allowed="> 0", verdict=Verdict.ATTENTION, value=0)
            )
            return
        zone, newest = self._builder.context.calendar.zone, listed.newest[0].modified
        stopped = newest < self._blocked_at
        if stopped:
            text = _("No log files since {at}: the logs do not show what WAF did after that.")
            self._builder.remark(text.format(at=local(newest, zone)))
        verdict = self._gaps(listed)
        self._builder.measure(
            Measure(
                title=title,
                shown=f"{listed.count:,}",
                allowed="> 0",
                **judgement((verdict, Verdict.UNKNOWN if stopped else None)),
                value=listed.count,
                at=newest,
                note=_("the newest of {at}", at=local(newest, zone)),
            )
        )
        self._builder.table(
            table(
                _("Newest log files"),
                (_("Time ({zone})", zone=zone_name(zone)), _("Size"), _("Object")),
                [(local(item.modified, zone), size_words(item.size), item.key) for item in listed.newest],
            )
        )

    def _gaps(self, listed: ListedFiles) -> Verdict:
        holes = missing(listed.days_with_files)
        if holes:
            text = _(
                "No log files for these days (UTC), although there are some for days before and after: "
                "{days}. The logs do not show what WAF did then."
            )
            self._builder.remark(text.format(days=runs_words(holes)))
        first = min(listed.days_with_files)
        if listed.is_complete and first > _day_after(self._request.since):
            text = _("The log files of the window begin on {day} (UTC); there are none for the days before.")
            self._builder.remark(text.format(day=day_text(first)))
        if holes:
            return Verdict.ATTENTION
        return Verdict.UNKNOWN if listed.is_complete and first > _day_after(self._since) else Verdict.NORMAL


def _day_after(at: datetime) -> date:
    """The first day that must have files: the day of `at` itself may have only a moment left."""
    return at.astimezone(UTC).date() + timedelta(days=1)
