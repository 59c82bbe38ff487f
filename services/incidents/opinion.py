"""A second opinion on an incident, from AWS DevOps Agent; it never counts in the scores.

Asking costs money, so the price is said first, a person confirms it, writing must be armed, and the journal has the
request before it is sent. Whoever asked follows it to its end; asking again goes on with what was begun.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from services.aws.client.errors import AwsError, nothing_done
from services.aws.devops_agent import DevopsAgentReader, Investigations
from services.clock import Clock, real
from services.i18n import _
from services.incidents.entries import SCHEMA
from services.incidents.service import Incidents
from services.models.base import RawId
from services.models.incidents import Incident
from services.models.journal import Entry, EntryKind, EntryQuery, NewEntry
from services.models.opinions import AgentRecord, Opinion, OpinionState
from services.models.runbook import Runbook
from services.models.runbook_playbooks import DevopsAgent
from services.models.text import clean, clean_block

EVERY = 20.0
"""Seconds between two looks at an investigation, which takes five to eight minutes."""
WINDOW = 60.0
"""Real seconds after which a request that was announced can no longer be in progress."""
LOOKS = 90
"""Looks after which an investigation is no longer followed."""
LONGEST = 8000
"""Characters of AWS's words that are recorded."""
SHOWN = 600
"""Characters of them in the timeline's row."""
_ENDED = frozenset({"COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "SKIPPED", "LINKED"})
_SUMMARIES = ("summary", "conclusion", "root_cause", "rootcause", "finding", "result")
"""Parts of record types that tell more than the agent's single steps; the API lists no types."""


class SecondOpinion:
    def __init__(
        self,
        incidents: Incidents,
        runbook: Runbook,
        clock: Clock,
        *,
        agent: DevopsAgentReader,
        investigations: Investigations,
    ) -> None:
        self._incidents = incidents
        self._clock = clock
        self._agent = agent
        self._investigations = investigations
        self.settings: DevopsAgent | None = runbook.devops_agent
        """The agent space and the price; None: this system has none."""

    async def newest(self, incident: Incident) -> Opinion | None:
        """The newest request about an incident; None if nobody asked. Raises JournalError."""
        query = EntryQuery(kinds=frozenset({EntryKind.OPINION}), subject=incident.id)
        return opinion_of(await self._incidents.journal.entries(query))

    async def ask(self, incident: Incident, description: str) -> Opinion | None:
        """Ask once, or ask again what may not have arrived. Raises AlreadyRecorded (somebody asks), JournalError.

        The result tells whether AWS accepted it, and why it did not.
        """
        assert self.settings is not None, "without an agent space there is no key to ask"
        before = await self.newest(incident)
        if before is not None and self._is_under_way(before):
            return before
        number = before.number + 1 if before is not None else 1
        is_repeated = before is not None and before.state in (OpinionState.UNKNOWN, OpinionState.ASKED)
        token = before.token if before is not None and is_repeated else _token(incident.id, number)
        draft = asked(incident, number, token, self.settings.yen)
        await self._incidents.journal.append(draft)
        call = self._investigations.call(str(self.settings.space), clean(incident.title), description, token)
        try:
            task = await self._investigations.begin(call)
        except AwsError as error:
            state = OpinionState.FAILED if nothing_done(error) else OpinionState.UNKNOWN
            await self._record(incident, ended(incident, number, token, state, error.problem.summary))
        else:
            await self._record(incident, accepted(incident, number, token, str(task.id)))
        return await self.newest(incident)

    def _is_under_way(self, opinion: Opinion) -> bool:
        """Whether AWS investigates, or a console is about to ask; one that ended meanwhile asks no more."""
        if opinion.state is OpinionState.ASKED:
            return self._clock.now() - opinion.at < real(self._clock, WINDOW)
        return opinion.state is OpinionState.ACCEPTED

    async def follow(self, incident: Incident, opinion: Opinion) -> Opinion | None:
        """Wait for the end of an investigation and record what AWS says. Raises AwsError, JournalError."""
        assert self.settings is not None, "without an agent space there is no key to ask"
        space = str(self.settings.space)
        for look in range(LOOKS):
            if look:
                await self._clock.sleep(EVERY)
            task = await self._agent.task(space, str(opinion.task))
            if task.status in _ENDED:
                break
        else:
            return opinion
        records = await self._agent.records(space, str(task.execution)) if task.execution else ()
        words = words_of(records)
        if task.status == "COMPLETED" and words:
            draft = answered(incident, opinion, words)
        else:
            why = task.reason or _("the investigation ended as {status}").format(status=task.status)
            draft = ended(
                incident, opinion.number, opinion.token, OpinionState.FAILED, why, str(opinion.task)
            )
        await self._record(incident, draft)
        return await self.newest(incident)

    async def _record(self, incident: Incident, draft: NewEntry) -> None:
        await self._incidents.journal.append(draft)


def _token(incident: str, number: int) -> str:
    return sha256(f"{incident} {number}".encode()).hexdigest()[:40]


def words_of(records: Sequence[AgentRecord]) -> str:
    with_text = [record for record in records if record.text.strip()]
    summaries = [record for record in with_text if any(part in record.kind.casefold() for part in _SUMMARIES)]
    return clean_block((summaries or with_text)[0].text, LONGEST) if with_text else ""


# ---- entries


def _draft(
    incident: Incident, text: str, number: int, token: str, state: OpinionState, claim: str = "", **data: Any
) -> NewEntry:
    return NewEntry(
        kind=EntryKind.OPINION,
        subject=incident.id,
        target=incident.target,
        text=clean(" ".join(text.split())),
        data={**SCHEMA, "number": number, "token": token, "state": state.value, **data},
        claim=claim,
    )


def asked(incident: Incident, number: int, token: str, yen: int) -> NewEntry:
    text = _("Asking AWS DevOps Agent for a second opinion (about ¥{yen})").format(yen=f"{yen:,}")
    claim = f"opinion:{incident.id}:{number}"
    return _draft(incident, text, number, token, OpinionState.ASKED, claim, yen=yen)


def accepted(incident: Incident, number: int, token: str, task: str) -> NewEntry:
    text = _("AWS DevOps Agent investigates ({task})").format(task=clean(task))
    return _draft(incident, text, number, token, OpinionState.ACCEPTED, task=task)


def ended(
    incident: Incident, number: int, token: str, state: OpinionState, why: str, task: str = ""
) -> NewEntry:
    words = {
        OpinionState.UNKNOWN: _("It is not known whether AWS DevOps Agent accepted the request: {why}"),
    }
    text = words.get(state, _("AWS DevOps Agent gave no opinion: {why}")).format(why=why)
    return _draft(incident, text, number, token, state, task=task)


def answered(incident: Incident, opinion: Opinion, words: str) -> NewEntry:
    line = " ".join(words.split())
    excerpt = line if len(line) <= SHOWN else line[:SHOWN].rstrip() + "…"
    text = _("AWS's opinion: {text}").format(text=excerpt)
    claim = f"opinion-answer:{opinion.task}"
    return _draft(
        incident, text, opinion.number, opinion.token, OpinionState.ANSWERED, claim,
        task=str(opinion.task), words=words,
    )  # fmt: skip


def opinion_of(entries: Iterable[Entry]) -> Opinion | None:
    opinion: Opinion | None = None
    for entry in entries:
        data = entry.data
        state = next((each for each in OpinionState if each.value == data.get("state")), None)
        number, token, task = data.get("number"), data.get("token"), data.get("task")
        if state is None or not isinstance(number, int) or not isinstance(token, str):
            continue
        words = data.get("words")
        is_same = opinion is not None and opinion.number == number
        kept_task = str(opinion.task) if opinion is not None and is_same else ""
        opinion = Opinion(
            number=number,
            state=state,
            at=entry.at,
            by=entry.person.name,
            token=token,
            task=RawId(task if isinstance(task, str) and task else kept_task),
            words=words if isinstance(words, str) else "",
        )
    return opinion
