from collections.abc import Iterable
from datetime import datetime, tzinfo

from services.i18n import _
from services.models import glyphs
from services.models.approvals import ApprovalRequest, ApprovalState, Consent, ConsentWay, Means
from services.models.changes import Plan
from widgets.drawing.format import stamp
from widgets.drawing.spans import Span

CONSENT_ROLES = {
    ConsentWay.SECOND_PERSON: "good",
    ConsentWay.ELSEWHERE: "caution",
    ConsentWay.EMERGENCY: "bad",
}
"""Colours: what a second person approved here differs from what is only recorded here."""


def means_text(means: Means | None) -> str:
    words = {Means.PHONE: _("by phone"), Means.WRITING: _("in writing"), Means.IN_PERSON: _("in person")}
    return words[means] if means else ""


def consent_text(consent: Consent, zone: tzinfo, now: datetime) -> str:
    when = stamp(consent.at, zone, now)
    if consent.way is ConsentWay.SECOND_PERSON:
        return _("Approved by {name}, a second person, {when}", name=consent.by, when=when)
    if consent.way is ConsentWay.EMERGENCY:
        text = _("EMERGENCY, recorded by {name} {when}: {reason}")
        return text.format(name=consent.by, when=when, reason=consent.reason)
    given = stamp(consent.consented_at or consent.at, zone, now)
    text = _("Approval obtained elsewhere: {who} {means} {when}")
    text = text.format(who=consent.who, means=means_text(consent.means), when=given)
    if not consent.reference:
        return text
    return _("{text} ({reference})", text=text, reference=consent.reference)


def consent_span(consent: Consent, zone: tzinfo, now: datetime) -> Span:
    glyph = glyphs.ATTENTION if consent.way is ConsentWay.EMERGENCY else glyphs.DONE
    return f"{glyph} {consent_text(consent, zone, now)}", CONSENT_ROLES[consent.way]


def approval_spans(plan: Plan, consents: Iterable[Consent], zone: tzinfo, now: datetime) -> list[Span]:
    consents = tuple(consents)
    spans = [consent_span(consent, zone, now) for consent in consents]
    if plan.approval and plan.steps and not consents:
        missing = _("Approval of {role}: still missing", role=plan.approval)
        spans.append((f"{glyphs.WAITING} {missing}", "caution"))
    return spans


def request_span(request: ApprovalRequest, *, awaited: bool = True) -> Span:
    styles: dict[ApprovalState, Span] = {
        ApprovalState.ASKED: (f"{glyphs.WAITING} {_('approval asked')}", "caution")
        if awaited
        else (f"{glyphs.UPCOMING} {_('approval asked')}", "key"),
        ApprovalState.GIVEN: (f"{glyphs.DONE} {_('approved')}", "good"),
        ApprovalState.DECLINED: (f"{glyphs.OFF} {_('declined')}", "warn"),
    }
    return styles.get(request.state, (f"{glyphs.OFF} {_('expired')}", "muted"))
