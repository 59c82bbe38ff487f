"""What the checks of `toban doctor` share: the settings and the runbook, read once, and one connection to
AWS. Nothing is written, and no journal is created."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from services.alarms.beginning import begin
from services.aws.client.errors import AwsError, WrongAccount
from services.clock import Clock
from services.i18n import _
from services.journal.place import JournalPlace
from services.models.identity import Identity
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import Loaded, inspect_named
from services.toml.files import DataFileError
from tui.config import ConsoleConfig
from tui.exit_status import ExitStatus
from tui.start_options import StartError, StartOptions
from tui.startup.config_reader import Effective, effective, in_words, journal_place, of_system, status_of
from tui.startup.sources import settings_of

if TYPE_CHECKING:
    from services.aws.client.session import AwsSession


_PASSING = frozenset({ProblemKind.THROTTLED, ProblemKind.UNREACHABLE, ProblemKind.UNAVAILABLE})
"""Problems that time may mend."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """How one check went; the fields are those of `services.models.doctor_answer.CheckResult`."""

    verdict: Verdict | None
    text: str
    remedy: str = ""
    details: tuple[str, ...] = ()
    numbers: dict[str, float] = field(default_factory=dict)


class Skipped(Exception):
    """There is nothing to check, or what it needs failed in another check, which reports it; the message says which."""


def of_problem(problem: Problem, verdict: Verdict = Verdict.UNKNOWN) -> CheckOutcome:
    """A failed read: by default it says nothing about what was to be checked."""
    return CheckOutcome(verdict, problem.summary, problem.advice)


def remedy_of(problems: Sequence[Problem]) -> str:
    is_passing = any(problem.kind in _PASSING for problem in problems)
    return _("Run it again in a minute.") if is_passing else problems[0].advice


SECONDS = 8.0  # For one response of AWS


@dataclass
class Examination:
    options: StartOptions
    clock: Clock
    configuration: Effective | DataFileError
    """The settings in force for the system that is examined, or their mistakes."""
    book: Loaded | DataFileError | None
    """The runbook, or its mistakes; None: the configuration, which names it, cannot be read."""
    no_aws: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    refusals: list[WrongAccount] = field(default_factory=list)
    """Answers of AWS that were of another account or region, in any check."""

    @property
    def config(self) -> ConsoleConfig:
        """The settings in force. Raises Skipped if they cannot be read."""
        if isinstance(self.configuration, DataFileError):
            raise Skipped(_("the configuration cannot be used"))
        return self.configuration.config

    @property
    def runbook(self) -> Runbook:
        """The runbook. Raises Skipped if it cannot be used."""
        if not isinstance(self.book, Loaded):
            raise Skipped(_("the runbook cannot be used"))
        return self.book.runbook

    @property
    def place(self) -> JournalPlace:
        """Where the journal is. Raises Skipped if the settings do not say."""
        return journal_place(self.config, self.runbook)

    @cached_property
    def session(self) -> "AwsSession":
        """The connection to AWS; sends nothing yet. Raises Skipped if it is not wanted, or nothing says where to."""
        if self.no_aws:
            raise Skipped("--no-aws")
        settings = settings_of(self.config, self.runbook)
        session = begin(self.runbook, settings, self.clock).session
        if session.proof is not None:
            session.proof.on_refusal = self.refusals.append
        return session

    @cached_property
    def _caller(self) -> "asyncio.Task[Identity]":
        return asyncio.get_running_loop().create_task(self.session.identity(timeout=SECONDS))

    async def identity(self) -> Identity:
        """Who is calling AWS; asked once. Raises AwsError, Skipped."""
        return await asyncio.shield(self._caller)

    def mismatch(self, caller: Identity) -> str:
        """That account or region are not the runbook's, with both; "" if they are."""
        proof = self.session.proof
        return proof.mismatch(caller.account, self.session.settings.region) if proof is not None else ""

    async def connected(self) -> "AwsSession":
        """The connection once AWS has accepted the runbook's credentials; otherwise Skipped, as another check reports it."""
        try:
            caller = await self.identity()
        except AwsError as error:
            raise Skipped(error.problem.summary) from error
        if mismatch := self.mismatch(caller):
            raise Skipped(mismatch)
        return self.session

    async def close(self) -> None:
        if "_caller" in vars(self):
            self._caller.cancel()
            await asyncio.gather(self._caller, return_exceptions=True)
        if "session" in vars(self):
            await self.session.close()


@asynccontextmanager
async def examination(options: StartOptions, clock: Clock, *, no_aws: bool) -> AsyncIterator[Examination]:
    """Read the files in a thread. Raises StartError for flags that are mistaken."""
    subject = await asyncio.to_thread(_read, options, clock, no_aws)
    try:
        yield subject
    finally:
        await subject.close()


def _read(options: StartOptions, clock: Clock, no_aws: bool) -> Examination:
    try:
        configuration = effective(options)
        configuration = replace(configuration, config=of_system(configuration.config, options.system))
    except DataFileError as error:
        if status_of(error) is ExitStatus.USAGE:
            raise StartError("\n".join(in_words(error)), ExitStatus.USAGE) from error
        return Examination(options, clock, error, None, no_aws)
    try:
        book: Loaded | DataFileError = inspect_named(configuration.config.runbook)
    except DataFileError as error:
        book = error
    return Examination(options, clock, configuration, book, no_aws)
