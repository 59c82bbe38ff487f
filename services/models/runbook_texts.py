"""`en.title = "…"` stands beside `title = "…"`. Lists such as `en.asks` have a line for each line of their own list."""

from services.models.base import Clean, Decided
from services.models.translated import Texts


class TitleTexts(Texts):
    """English texts of a system, a log group, an input field or a service's costs."""

    title: Clean = ""


class AlarmTexts(Texts):
    """English texts of an alarm."""

    title: Clean = ""
    heard_by: Clean = ""


class ParameterTexts(Texts):
    """English texts of a parameter of a saved query."""

    title: Clean = ""


class QueryTexts(Texts):
    """English texts of a saved query."""

    title: Clean = ""
    source: Clean = ""


class ReasonTexts(Texts):
    """English texts of a region that is denied."""

    reason: Clean = ""


class DocumentTexts(Texts):
    """English texts of the written runbook."""

    document: Clean = ""
    readers: tuple[Clean, ...] = ()
    approved_by: Decided = ""
    heard_by: Clean = ""


class RdsTexts(Texts):
    """English texts of the RDS instance."""

    window: Clean = ""


class LimitTexts(Texts):
    """English texts of a limit."""

    title: Clean = ""
    unit: str = ""
    source: Clean = ""


class StepTexts(Texts):
    """English texts of a step."""

    text: Clean = ""
    note: Clean = ""


class StepRoles(StepTexts):
    """English texts of a step with the role it names; filled in from contacts and approvers."""

    to: Clean = ""


class CauseTexts(Texts):
    """English texts of a cause."""

    cause: Clean = ""
    action: Clean = ""


class PlaybookTexts(Texts):
    """English texts of a playbook."""

    title: Clean = ""
    caution: tuple[Clean, ...] = ()


class PlaybookRoles(PlaybookTexts):
    """English texts of a playbook with the roles it names; filled in from contacts and approvers."""

    escalate_to: Clean = ""
    approval: Clean = ""


class ProcedureTexts(Texts):
    """English texts of a procedure."""

    title: Clean = ""
    section: Clean = ""
    timing: Clean = ""
    revert: Clean = ""
    caution: tuple[Clean, ...] = ()


class ProcedureRoles(ProcedureTexts):
    """English texts of a procedure with the role it names; filled in from the approvers."""

    approval: Clean = ""


class ContactTexts(Texts):
    """English texts of a contact."""

    role: Clean = ""
    contact: Decided = ""
    scope: Clean = ""


class ApproverTexts(Texts):
    """English texts of an approver."""

    role: Clean = ""
    name: Decided = ""
    approves: tuple[Clean, ...] = ()


class DutyTexts(Texts):
    """English texts of a duty."""

    title: Clean = ""
    section: Clean = ""
    asks: tuple[Clean, ...] = ()
    record: Clean = ""


class CostsTexts(Texts):
    """English texts of the cost guidelines."""

    usd_jpy_source: Clean = ""


class CostsRoles(CostsTexts):
    """English texts of the cost guidelines with the role they name; filled in from contacts and approvers."""

    report_to: Clean = ""


class InspectionTexts(Texts):
    """English texts of an inspection that the runbook defines."""

    title: Clean = ""
    unit: str = ""
    advice: tuple[Clean, ...] = ()
    source: Clean = ""
