"""Approvals: requests, consents and the rules by which one allows a plan. Fails closed."""

import re
from collections.abc import Iterable, Set
from datetime import datetime, timedelta

from services.changes.ages import APART, Ages, marked
from services.changes.approval import entries
from services.changes.approvers import approver
from services.clock import Clock, real
from services.i18n import _, sentences
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.journal.projection import GroupedProjection
from services.models.approvals import ApprovalRequest, ApprovalState, Consent, ConsentWay, Means
from services.models.changes import Plan
from services.models.journal import Entry, EntryKind, NewEntry, Person
from services.models.runbook import Runbook

_NAMES = re.compile(r"[^\s():]+")
_LABELS = frozenset({"sudo", "login", "uid"})


def are_two(one: Person, other: Person) -> bool:
    """Whether no OS user name of one is the other's and their AWS identities differ; an unknown one is no
    other. Names that differ in case alone count as one, because a directory may not distinguish them."""
    identities = one.identity.casefold(), other.identity.casefold()
    if not all(identities) or identities[0] == identities[1]:
        return False
    names, others = _names(one), _names(other)
    return bool(names) and bool(others) and names.isdisjoint(others)


def is_one_of(person: Person, users: Iterable[str]) -> bool:
    """Whether the OS user that the person's session began as is among `users`; case does not count. Of `alice
    (sudo: bob)` that is bob, so that nobody approves by becoming the approver with sudo."""
    names = [name for name in _NAMES.findall(person.user.casefold()) if name not in _LABELS]
    return bool(names) and names[-1] in {user.casefold() for user in users}


def awaits(request: ApprovalRequest, person: Person) -> bool:
    """Whether a request waits for this person: as a second person to answer it, or to confirm what was approved."""
    if request.state is ApprovalState.ASKED:
        return are_two(request.asker, person)
    return request.state is ApprovalState.GIVEN and request.asker.user == person.user


def _names(person: Person) -> frozenset[str]:
    """Every OS user in `alice (sudo: bob)`."""
    return frozenset(_NAMES.findall(person.user.casefold())) - _LABELS


def may_approve(plan: Plan, runbook: Runbook, person: Person) -> bool:
    who = approver(runbook, plan.approval_scope)
    return who is None or not who.users or is_one_of(person, who.users)


def obstacle(request: ApprovalRequest, runbook: Runbook, me: Person) -> str:
    """Why `me` cannot approve it, in a sentence; "" if I can."""
    if request.state is not ApprovalState.ASKED:
        return _answered(request)
    if not are_two(request.asker, me):
        return _(
            "Approving needs a second person: another OS user with another AWS identity. Asked by {asker} "
            "({identity}); you are {me} ({mine}).",
            asker=request.asker.name,
            identity=request.asker.identity or _("identity unknown"),
            me=me.name,
            mine=me.identity or _("identity unknown"),
        )
    who = approver(runbook, request.plan.approval_scope)
    if who is not None and not may_approve(request.plan, runbook, me):
        text = _("The runbook lets only {users} approve as {role}; you are {me}.")
        return text.format(users=_(", ").join(who.users), role=request.plan.approval, me=me.name)
    return ""


def _answered(request: ApprovalRequest) -> str:
    if request.state is ApprovalState.GIVEN:
        consent = request.consent
        name = (consent.who or consent.by) if consent is not None else "?"
        return _("{name} has approved it already.", name=name)
    if request.state is ApprovalState.DECLINED:
        return _("{name} declined it: {reason}", name=request.declined_by, reason=request.decline_reason)
    if request.state is ApprovalState.USED:
        return _("It was confirmed already.")
    return _("The request has expired.")


VALID_SECONDS = 1800.0
"""How long a request waits for its answer, and an approval for its plan's confirmation (real time)."""
OLDEST = timedelta(days=31)
"""Age of an approval obtained elsewhere from which it cannot have been given for a plan of today."""
_SPAN = timedelta(days=1)  # How far back the first read goes at least; nothing older can be valid


class NotApproved(Exception):
    """An approval was not recorded; the text says why."""


class Approvals(GroupedProjection):
    def __init__(self, journal: Journal, runbook: Runbook, clock: Clock) -> None:
        window = real(clock, VALID_SECONDS)
        super().__init__(journal, dict.fromkeys(entries.APPROVAL_KINDS, max(_SPAN, 2 * window)))
        self._runbook = runbook
        self._clock = clock
        self._ages = Ages(clock, window)
        self._plans: dict[str, Plan] = {}

    # ---- asking and answering

    async def ask(self, plan: Plan, note: str = "") -> None:
        """Record a request for the plan's approval; a second request changes nothing. Raises NotApproved, JournalError."""
        self._check_role(plan)
        try:
            await self._append(entries.asked(plan, note))
        except AlreadyRecorded:
            await self._request(plan)

    async def approve(self, plan: Plan) -> None:
        """Approve, as a second person, a plan that this console has made again. Raises NotApproved, JournalError."""
        request = await self._request(plan)
        self._check_role(plan)
        if plan.refusals or not plan.steps:
            raise NotApproved(_("The plan was refused: {why}", why=sentences(*plan.refusals)).strip())
        if why := self.obstacle(request):
            raise NotApproved(why)
        await self._answer(entries.approved(plan))

    async def decline(self, plan: Plan, reason: str) -> None:
        """Decline a plan whose approval was asked for. Raises NotApproved, JournalError."""
        if not reason.strip():
            raise NotApproved(_("A reason is required."))
        await self._request(plan)
        await self._answer(entries.declined(plan, reason))

    async def obtain(self, plan: Plan, *, who: str, means: Means, at: datetime, reference: str) -> None:
        """Record an approval obtained elsewhere. Raises NotApproved, JournalError."""
        self._check_role(plan)
        if not who.strip():
            raise NotApproved(_("Who approved it is required."))
        if at > self._clock.now():
            raise NotApproved(_("The approval cannot have been given in the future."))
        if at < self._clock.now() - OLDEST:
            text = _("An approval that is older than {days} days is not for this plan: obtain it anew.")
            raise NotApproved(text.format(days=OLDEST.days))
        if means is Means.WRITING and not reference.strip():
            raise NotApproved(_("Where the written approval is kept is required: the reference."))
        await self._answer(entries.obtained(plan, who=who, means=means, at=at, reference=reference))

    async def declare_emergency(self, plan: Plan, reason: str) -> None:
        """Record that the plan is carried out as an emergency: during a freeze, or where nobody can approve.
        Raises NotApproved, JournalError."""
        if not reason.strip():
            raise NotApproved(_("A reason is required."))
        if not plan.freeze and not (plan.approval_scope and self.is_undecided(plan)):
            raise NotApproved(
                _(
                    "An emergency overrides a change freeze or an approver that is undecided; this plan has neither."
                )
            )
        await self._answer(entries.emergency(plan, reason))

    # ---- reading

    async def load(self) -> None:
        """Read the entries written since. Raises JournalError."""
        await self.read(self._clock.now())

    async def catch_up(self) -> None:
        """Read what consoles of all hosts have written up to this moment: for decisions. Raises JournalError."""
        await self.journal.catch_up()
        await self.load()

    def consents(self, plan: Plan) -> tuple[Consent, ...]:
        """Every valid consent to exactly this plan, from the entries read so far; an emergency first."""
        recorded = self.recorded(plan.id)
        asking = next((entry for entry in recorded if entry.kind is EntryKind.APPROVAL_ASKED), None)
        valid = []
        for entry in recorded:
            consent = entries.consent_of(entry)
            if consent is not None and self._allows(consent, entry, plan, asking):
                valid.append(consent)
        return tuple(sorted(valid, key=lambda consent: consent.way is not ConsentWay.EMERGENCY))

    def may_serve(self, plan: Plan) -> bool:
        """Whether approvals can still be asked for, given and used under this plan's id, as far as they are
        read. False once one was declined, used or expired, or covers another plan: the plan needs a new
        id."""
        return all(
            entry.kind in _CURRENT and entry.data.get("digest") == plan.digest and self._is_fresh(entry)
            for entry in self.recorded(plan.id)
        )

    def is_undecided(self, plan: Plan) -> bool:
        who = approver(self._runbook, plan.approval_scope)
        return who is None or who.undecided

    def requests(self) -> tuple[ApprovalRequest, ...]:
        """The requests that wait for an answer or for their plan's confirmation, newest first."""
        open_states = (ApprovalState.ASKED, ApprovalState.GIVEN, ApprovalState.DECLINED)
        requests = (self.request(plan) for plan in self._plans)
        waiting = [request for request in requests if request is not None and request.state in open_states]
        return tuple(sorted(waiting, key=lambda request: request.seq, reverse=True))

    def awaited(self) -> tuple[ApprovalRequest, ...]:
        me = self.journal.person
        return tuple(
            each
            for each in self.requests()
            if awaits(each, me)
            and (each.state is not ApprovalState.ASKED or may_approve(each.plan, self._runbook, me))
        )

    def is_of(self, plan: Plan) -> bool:
        return all(entry.data.get("digest") == plan.digest for entry in self.recorded(plan.id))

    def obstacle(self, request: ApprovalRequest) -> str:
        """Why the person here cannot approve what is asked for; "" if they can."""
        return obstacle(request, self._runbook, self.journal.person)

    def is_own(self, request: ApprovalRequest) -> bool:
        """Whether the approval was given by the person here, or by somebody with their OS user or AWS identity."""
        me, recorded = self.journal.person, self.recorded(request.plan.id)
        answer = next((entry for entry in recorded if entry.kind is EntryKind.APPROVED), None)
        if answer is None or not me.identity:
            return False
        return are_two(request.asker, answer.person) and not are_two(me, answer.person)

    def request(self, plan: str) -> ApprovalRequest | None:
        recorded = self.recorded(plan)
        asking = next((entry for entry in recorded if entry.kind is EntryKind.APPROVAL_ASKED), None)
        if asking is None or plan not in self._plans:
            return None
        answer = next((entry for entry in recorded if entry.kind in _ANSWERS), None)
        state, newest = self._state(recorded, asking, answer)
        return ApprovalRequest(
            plan=self._plans[plan],
            asker=asking.person,
            note=str(asking.data.get("note", "")),
            at=asking.at,
            state=state,
            until=self._ages.until(newest.seq),
            consent=entries.consent_of(answer) if answer else None,
            declined_by=answer.person.name if answer and answer.kind is EntryKind.DECLINED else "",
            decline_reason=str(answer.data.get("reason", ""))
            if answer and answer.kind is EntryKind.DECLINED
            else "",
            seq=asking.seq,
        )

    def apply(self, entry: Entry) -> bool:
        self._ages.add(entry)
        return super().apply(entry)

    def rebuild(self, subjects: Set[str]) -> None:
        for subject in subjects:
            plan = entries.plan_of(self.recorded(subject))
            if plan is not None:
                self._plans[subject] = plan

    # ---- rules

    def _allows(self, consent: Consent, entry: Entry, plan: Plan, asking: Entry | None) -> bool:
        if consent.digest != plan.digest or not self._is_fresh(entry):
            return False
        if consent.way is ConsentWay.EMERGENCY:
            return bool(consent.reason)
        if self.is_undecided(plan):
            return False
        if consent.way is ConsentWay.ELSEWHERE:
            return bool(consent.who)
        # Neither who asked nor who confirms may have approved.
        return (
            asking is not None
            and are_two(asking.person, entry.person)
            and are_two(self.journal.person, entry.person)
            and may_approve(plan, self._runbook, entry.person)
        )

    def _is_fresh(self, entry: Entry) -> bool:
        """Whether the entry is young enough by a clock that cannot be set and by the wall clock. The first
        counts from when this console read it, which after a start says little; the second compares another
        machine's clock with this one's, so there it only bounds that."""
        age = self._clock.now() - entry.at
        apart = APART if self._ages.is_of_another_machine(entry.seq) else timedelta()
        is_recent = -max(apart, timedelta(seconds=5)) <= age < self._ages.window + apart
        return is_recent and bool(self._ages.remaining(entry.seq))

    def _state(
        self, recorded: list[Entry], asking: Entry, answer: Entry | None
    ) -> tuple[ApprovalState, Entry]:
        """(the request's state, the entry from which it expires)."""
        newest = answer or asking
        if any(entry.kind is EntryKind.PLAN for entry in recorded):
            return ApprovalState.USED, newest
        if not self._is_fresh(newest):
            return ApprovalState.EXPIRED, newest
        if answer is None:
            return ApprovalState.ASKED, newest
        declined = answer.kind is EntryKind.DECLINED
        return (ApprovalState.DECLINED if declined else ApprovalState.GIVEN), newest

    def _check_role(self, plan: Plan) -> None:
        if self.is_undecided(plan):
            raise NotApproved(
                _(
                    "The runbook names nobody as {role}, so nobody can approve it. Name the person in the runbook; in "
                    "an emergency record the reason."
                ).format(role=plan.approval)
            )

    async def _request(self, plan: Plan) -> ApprovalRequest:
        """The open request for exactly this plan. Raises NotApproved, JournalError."""
        await self.catch_up()
        request = self.request(plan.id)
        if request is None or request.state is not ApprovalState.ASKED:
            raise NotApproved(_("Nobody waits for the approval of this plan any more."))
        if request.plan.digest != plan.digest:
            raise NotApproved(
                _(
                    "Planned again from live state, it is another plan than the one asked for: it cannot be approved."
                )
            )
        return request

    async def _answer(self, draft: NewEntry) -> None:
        try:
            await self._append(draft)
        except AlreadyRecorded as error:
            await self.load()
            raise NotApproved(_("It was answered already: {answer}", answer=error.entry.text)) from error

    async def _append(self, draft: NewEntry) -> None:
        entry = await self.journal.append(marked(draft, self._clock))
        self.absorb([entry])


_ANSWERS = (EntryKind.APPROVED, EntryKind.DECLINED)
_CURRENT = (EntryKind.APPROVAL_ASKED, EntryKind.APPROVED, EntryKind.EMERGENCY)
