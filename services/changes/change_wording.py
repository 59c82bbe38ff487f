from datetime import datetime, tzinfo

from services.aws.client.remedies import unrepeated
from services.i18n import N_, _, sentences
from services.models.aws_calls import AwsCall
from services.models.change_runs import StepState
from services.models.changes import Observation
from services.models.date_text import zoned_time
from services.models.journal import Entry
from services.models.problem import Problem
from services.models.text import clean

_OUTCOMES = {
    StepState.DONE: N_("Done: {title} ({target}). {text}"),
    StepState.FAILED: N_("Failed: {title} ({target}). {text}"),
    StepState.UNKNOWN: N_("Outcome unknown: {title} ({target}). {text}"),
    StepState.REFUSED: N_("Not sent: {title} ({target}). {text}"),
}


_ANSWERED = {
    None: N_("Accepted: {title} ({target}). {text}"),
    True: N_("Verified: {title} ({target}). {text}"),
    False: N_("Accepted, not visible yet: {title} ({target}). {text}"),
}
"""By whether AWS shows the accepted change; None: not read yet, or unreadable."""
_LONGEST_KIND = 40  # Maximum length of a kind's name


def outcome_text(state: StepState, title: str, target: str, text: str) -> str:
    return _(_OUTCOMES[state], title=title, target=target, text=text).strip()


def answered_text(verified: bool | None, title: str, target: str, text: str) -> str:
    return _(_ANSWERED[verified], title=title, target=target, text=text).strip()


def problem_text(problem: Problem) -> str:
    """Nothing that a change sends or reads is simply repeated, so the remedy does not promise that."""
    detail = f"[{problem.detail}]" if problem.detail and problem.detail not in problem.summary else ""
    return sentences(problem.summary, detail, unrepeated(problem))


def lock_text(name: str, at: datetime, zone: tzinfo, now: datetime) -> str:
    return _("{name} has been changing it, or its outcome has been unknown, since {when}.").format(
        name=name, when=zoned_time(at, zone, now)
    )


def not_judged(entry: Entry, version: str, zone: tzinfo, now: datetime) -> str:
    """Why this entry blocks all changes, and which version can interpret it; `version` may be ""."""
    what = _(
        "Entry {seq} of the journal ({when}, {name}) is of a kind that this version does not know, {kind}, and may "
        "forbid changes.",
        seq=f"{entry.seq:,}",
        when=zoned_time(entry.at, zone, now),
        name=entry.person.name,
        kind=clean(entry.kind_name, _LONGEST_KIND),
    )
    if version:
        remedy = _("Make changes with version {version} of the console, or a later one.", version=version)
    else:
        remedy = _("Make changes with the version of the console that wrote it, or a later one.")
    return sentences(what, remedy)


def accepted_text(call: AwsCall) -> str:
    if call.service == "toban":
        return _("It was handed over.")
    return _("{party} accepted it.", party=call.party)


def observed_done(observation: Observation) -> str:
    """The response was lost, and AWS shows what only this request can have made."""
    return _("The response was lost; AWS shows that it was done: {state}", state=observation.text)


def observed_undone(call: AwsCall, observation: Observation) -> str:
    text = _("{party} shows the state before the change: it was not done. {state}")
    return text.format(party=call.party, state=observation.text)
