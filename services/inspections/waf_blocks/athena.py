"""Counts the whole window with Athena: only with a limit on scanned bytes, and only at an agreed price."""

from dataclasses import dataclass

from services.aws.athena import Athena
from services.aws.client.errors import AwsError
from services.aws.client.prices import usd_of_athena, yen_per_dollar
from services.i18n import _
from services.inspections.base import table
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.toolkit_wording import size_words, yen_words
from services.inspections.waf_blocks.sql import LIMIT, blocked_query, groups_of
from services.models.athena import SqlResult, SqlState, Workgroup
from services.models.findings import Progress
from services.models.runbook_inspections import Firewall as Spec
from services.models.waf import BlockedGroup


@dataclass(frozen=True, slots=True)
class Counted:
    groups: tuple[BlockedGroup, ...] = ()
    answered: bool = False  # Athena responded; otherwise the remarks say why not
    estimate_yen: float | None = None  # The estimated cost, if Athena was not queried because of it
    unread: int = 0  # Number of unreadable rows; the largest count may be among them

    @property
    def total(self) -> int:
        return sum(group.count for group in self.groups if group.kind == "all")


def configured(spec: Spec) -> bool:
    return bool(spec.athena_table and spec.athena_database and spec.workgroup)


class AthenaHistory:
    def __init__(self, builder: FindingBuilder, spec: Spec) -> None:
        self._builder = builder
        self._context = builder.context
        self._request = builder.request
        self._spec = spec
        self._athena = Athena(builder.context.reader)

    async def count(self, size: int | None, acl_arn: str) -> Counted:
        """Count the blocked requests of the window. `size`: bytes of its logs; None: unknown, the limit counts."""
        try:
            workgroup = await self._athena.workgroup(self._spec.workgroup)
            cutoff = self._cutoff(workgroup)
            if cutoff is None:
                return Counted()
            refused = self._too_much(size, cutoff)
            return refused or self._read(
                await self._run(blocked_query(self._spec, self._request.span, acl_arn))
            )
        except AwsError as error:
            title = _("Athena")
            self._builder.unread(error, f"{title}:")
            return Counted()

    def _cutoff(self, workgroup: Workgroup) -> int | None:
        if not workgroup.enabled:
            text = _("Athena was not queried: the workgroup {name} is disabled.")
        elif workgroup.cutoff is None:
            text = _(
                "Athena was not queried: the workgroup {name} has no limit on bytes scanned per query "
                "(BytesScannedCutoffPerQuery)."
            )
        else:
            return workgroup.cutoff
        self._builder.remark(text.format(name=workgroup.name))
        return None

    def _too_much(self, size: int | None, cutoff: int) -> Counted | None:
        if size is not None and size > cutoff:
            text = _(
                "Athena was not queried: the logs of the window are {size}, above the workgroup's limit of "
                "{cutoff} per query."
            )
            self._builder.remark(text.format(size=size_words(size), cutoff=size_words(cutoff)))
            return Counted()
        yen = self._yen(cutoff if size is None else size)
        words = (
            _("Estimate: at most {size}, {yen} (the workgroup's limit).")
            if size is None
            else _("Estimate: {size}, {yen} (the objects in S3 for the days of the window).")
        )
        self._builder.remark(
            words.format(size=size_words(cutoff if size is None else size), yen=yen_words(yen))
        )
        if self._request.consent or yen <= self._context.runbook.inspecting.ask_above_yen:
            return None
        limit = yen_words(self._context.runbook.inspecting.ask_above_yen)
        text = _(
            "Athena was not queried: it would cost about {yen}; above {limit} consent is required first."
        )
        self._builder.remark(text.format(yen=yen_words(yen), limit=limit))
        return Counted(estimate_yen=yen)

    async def _run(self, query: str) -> SqlResult:
        newest = SqlResult(state=SqlState.QUEUED)

        def report(result: SqlResult) -> None:
            nonlocal newest
            newest = result
            text = _("Athena: {size} scanned", size=size_words(result.scanned))
            self._request.on_progress(Progress(text=text))

        self._builder.table(table(_("The query"), (_("Command"),), [(line,) for line in query.splitlines()]))
        try:
            return await self._athena.run(
                query, database=self._spec.athena_database, workgroup=self._spec.workgroup, on_progress=report
            )
        finally:
            # AWS charges for scanned bytes however the query ends, also if the run is cancelled.
            self._context.scanned(newest.scanned, self._yen(newest.scanned))

    def _read(self, result: SqlResult) -> Counted:
        if result.state is not SqlState.SUCCEEDED:
            self._builder.remark(_failure(result))
            return Counted()
        if result.reused:
            self._builder.remark(
                _("Athena reused the result of the same query within the last hour: nothing was scanned.")
            )
        else:
            text = _("Athena scanned {size}: {yen}.")
            yen = yen_words(self._yen(result.scanned))
            self._builder.remark(text.format(size=size_words(result.scanned), yen=yen))
        if len(result.rows) >= LIMIT:
            self._builder.remark(_("Only the {count} largest counts are shown.", count=LIMIT))
        groups = groups_of(result.rows)
        unread = len(result.rows) - len(groups)
        if unread:
            self._builder.remark(_("Unreadable rows in Athena's response: {count}.", count=unread))
        return Counted(groups, answered=True, unread=unread)

    def _yen(self, size: int) -> float:
        costs, inspecting = self._context.runbook.costs, self._context.runbook.inspecting
        return usd_of_athena(size, inspecting.athena_usd_per_tb) * yen_per_dollar(costs)


def _failure(result: SqlResult) -> str:
    words = {
        SqlState.FAILED: _("The Athena query failed."),
        SqlState.CANCELLED: _("The Athena query was stopped, by someone or by the workgroup's limit."),
    }
    text = words.get(result.state, _("The Athena query did not finish in time and was stopped."))
    return f"{text} {result.reason}".strip()
