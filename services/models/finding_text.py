"""What a finding measured, as text that leaves the console: for Slack, the phone, an incident."""

from services.i18n import _
from services.models.findings import Finding, Measure
from services.models.verdict import DISPLAY_ORDER, Verdict


def measure_text(measure: Measure) -> str:
    """`Root sign-ins 1 (normal: 0)`; what is wrong in words where the value itself is as it should be."""
    value = measure.shown or _("not judged")
    if measure.note and measure.shown == measure.allowed:
        return f"{measure.title} {measure.note}"
    if not measure.allowed:
        return f"{measure.title} {value}"
    return _("{title} {shown} (normal: {allowed})").format(
        title=measure.title, shown=value, allowed=measure.allowed
    )


def bad_measures(finding: Finding) -> tuple[Measure, ...]:
    """The measures that are not normal, in the order in which verdicts are shown."""
    bad = (each for each in finding.measures if each.verdict not in (None, Verdict.NORMAL))
    return tuple(sorted(bad, key=lambda measure: DISPLAY_ORDER.index(measure.verdict or Verdict.NORMAL)))
