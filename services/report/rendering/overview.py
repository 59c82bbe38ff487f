"""The day in one line."""

from collections import Counter

from services.i18n import _
from services.models.report import DayReport
from services.models.verdict import DISPLAY_ORDER
from services.report.collecting.finding_lines import counts
from services.report.rendering import wording

_INSPECTION_OF_ALARMS = "alarms"


def alarms_known(report: DayReport) -> bool:
    """Whether the day's alarms are known: some are recorded, or an inspection of the alarms found none."""
    return bool(report.alarms) or any(line.inspection == _INSPECTION_OF_ALARMS for line in report.findings)


def overview(report: DayReport) -> str:
    """The day in one line: how many findings and duties of which verdict and state, alarms, changes."""
    if report.verdict is None:
        return _("Nothing was due and nothing was inspected.")
    verdicts = Counter(counts(line) for line in report.findings if not line.superseded)
    words = [f"{wording.verdict(each)} {verdicts[each]}" for each in DISPLAY_ORDER if verdicts[each]]
    states = Counter(line.state for line in (*report.duties, *report.earlier))
    duties = [f"{wording.duty_state(state)} {count}" for state, count in states.items()]
    fired = sum(line.state == "alarm" for line in report.alarms)
    parts = [
        _("Findings: {counts}").format(counts=_(", ").join(words)) if words else "",
        _("Duties: {counts}").format(counts=_(", ").join(duties)) if duties else "",
        _("Alarms fired: {count}").format(count=fired)
        if alarms_known(report)
        else _("Alarms fired: not known"),
        _("Changes: {count}").format(count=len(report.changes)),
    ]
    return _("; ").join(filter(None, parts))
