from services.i18n import N_, _
from services.models.problem import Problem, ProblemKind

_SUMMARIES = {
    "access-denied": N_("Permission missing: {permission}."),
    "throttled": N_("AWS is throttling requests ({service})."),
    "expired": N_("Your credentials have expired."),
    "expired-sso": N_("Your AWS sign-in (SSO) has expired."),
    "mfa": N_("An MFA code is required to start a session."),
    "mfa-refused": N_("AWS refused the MFA code."),
    "mfa-user": N_("AWS accepts an MFA code only with the access key of an IAM user."),
    "source-identity": N_(
        "The role does not allow its session to name the operator (sts:SetSourceIdentity)."
    ),
    "policy-too-large": N_("The change names too much for the session policy of one request."),
    "no-credentials": N_("AWS rejected these credentials, or there are none."),
    "profile": N_("The profile is not in the AWS configuration."),
    "unreachable": N_("AWS cannot be reached ({service})."),
    "timeout": N_("AWS did not respond in time ({service})."),
    "proxy": N_("The proxy cannot be reached."),
    "tls": N_("The connection to AWS is not trusted (TLS)."),
    "cut": N_("The response was cut short ({service})."),
    "not-found": N_("AWS does not have the requested resource ({service} {operation})."),
    "invalid": N_("AWS rejected the request ({service} {operation})."),
    "region": N_("No AWS region is configured."),
    "setup": N_("The AWS settings of this machine cannot be used."),
    "config": N_("The AWS configuration of this machine ({config}) cannot be used."),
    "incomplete": N_("The response is not what AWS sends ({service} {operation})."),
    "too-much": N_("The response has too many rows or bytes and was not read ({service} {operation})."),
    "redirect": N_(
        "The response redirects to {place}; the redirect was not followed ({service} {operation})."
    ),
    "unavailable": N_("AWS reported an internal error ({service})."),
    "lacking": N_("This endpoint ({endpoint}) has no {service} {operation}."),
    "error-page": N_(
        "{endpoint} answered {service} {operation} with an error page (HTTP {status}): something between may be "
        "failing, or it lacks the operation."
    ),
    "lacking-host": N_("This region has no {service}: the host {endpoint} does not exist."),
    "region-off": N_("The region {region} is not enabled in this account ({service})."),
    "clock": N_("This machine's clock is too far off for AWS."),
    "other": N_("Reading AWS failed ({service} {operation})."),
}
_REMEDIES = {
    "access-denied": N_("Ask the account's administrator to allow {permission}."),
    "throttled": N_("The console slows down automatically."),
    "expired": N_("Renew them in another terminal; reading resumes automatically."),
    "expired-sso": N_("Run `{login}` in another terminal; reading resumes automatically."),
    "mfa": N_("Type the six digits of the MFA device."),
    "mfa-refused": N_("Wait for the next code and enter it; a code works once."),
    "mfa-user": N_(
        "Use the access key of the IAM user that the device belongs to, or a role that asks for no code."
    ),
    "source-identity": N_(
        "Ask the account's administrator to add sts:SetSourceIdentity beside sts:AssumeRole to the trust policy of {role}."
    ),
    "policy-too-large": N_("Make the change in smaller parts, for fewer resources at a time."),
    "no-credentials": N_(
        "The first time: `aws configure sso`; later: `{login}` (`aws configure list` shows what is found). "
        "Without AWS: `toban demo`."
    ),
    "profile": N_(
        "`aws configure list-profiles` lists the profiles; choose one with --profile or AWS_PROFILE, or create "
        "one with `aws configure sso`."
    ),
    "unreachable": N_("Check the network; reading resumes automatically."),
    "timeout": N_("Check the network; reading resumes automatically."),
    "proxy": N_("Check HTTPS_PROXY and NO_PROXY."),
    "tls": N_("Check AWS_CA_BUNDLE, or whether a proxy replaces certificates."),
    "cut": N_("Check the network; reading resumes automatically."),
    "not-found": N_("Check the name in the runbook, and the region."),
    "invalid": N_("Check the names in the runbook; the details give AWS's own message."),
    "region": N_("Set --region or AWS_REGION."),
    "setup": N_("Check --endpoint-url, the AWS_… variables and ~/.aws; the details say which."),
    "config": N_(
        "Correct {config}, the credentials file beside it or the AWS_… variable for the same "
        "setting; the details name the setting."
    ),
    "incomplete": N_("Check for a proxy or a sign-in page between this machine and AWS."),
    "too-much": N_("AWS never sends such a response: check for a proxy between this machine and AWS."),
    "redirect": N_(
        "Check for a proxy or a sign-in page between this machine and AWS, and check the region in the runbook."
    ),
    "unavailable": N_("Please wait; the console retries automatically."),
    "lacking": N_("Waiting does not help: what needs it is not judged here."),
    "error-page": N_(
        "The console retries automatically; if it lasts, ask whoever runs the network or the endpoint."
    ),
    "lacking-host": N_(
        "Check the region in the runbook; if AWS does not offer the service there, what needs it is not judged."
    ),
    "region-off": N_("Enable the region in the account, or take it out of the runbook."),
    "clock": N_("Set this machine's clock (NTP)."),
    "other": N_("The details give AWS's own message."),
}
_ONCE = {
    "throttled": N_("Wait a minute, then run it again."),
    "expired": N_("Renew them in another terminal, then run it again."),
    "expired-sso": N_("Run `{login}` in another terminal, then run this again."),
    "unreachable": N_("Check the network, then run it again."),
    "timeout": N_("Check the network, then run it again."),
    "cut": N_("Check the network, then run it again."),
    "unavailable": N_("Wait a minute, then run it again."),
    "error-page": N_(
        "Wait a minute, then run it again; if it lasts, ask whoever runs the network or the endpoint."
    ),
}
"""Remedies for one-off reads (a command, an inspection), which are not repeated automatically."""
_NOT_DONE = {
    ProblemKind.THROTTLED: N_("Wait a minute, then plan the change again."),
    ProblemKind.EXPIRED: N_("Renew the credentials in another terminal, then plan the change again."),
    ProblemKind.UNREACHABLE: N_("Check the network, then plan the change again."),
    ProblemKind.UNAVAILABLE: N_("Wait a minute, then plan the change again."),
}
"""Remedies for a write that certainly had no effect. It is never repeated: a person plans the change again."""
_UNREPEATED = {
    ProblemKind.EXPIRED: N_("Renew the credentials in another terminal."),
    ProblemKind.UNREACHABLE: N_("Check the network."),
}
"""Remedies that promise no repetition."""


def of_write(problem: Problem, *, certain: bool) -> Problem:
    """The problem of a write, whose texts promise no repetition; `certain`: it is proven that nothing was done."""
    words = _NOT_DONE.get(problem.kind) if certain and problem.once else None
    about = {"remedy": _(words) if words else unrepeated(problem), "once": ""}
    if problem.kind is ProblemKind.OTHER:
        text = _("The request to AWS failed ({service} {operation}).")
        about["summary"] = text.format(service=problem.service, operation=problem.operation)
    return problem.model_copy(update=about)


def unrepeated(problem: Problem) -> str:
    """The remedy without the promise that the request is repeated automatically; "" if that is all of it."""
    if not problem.once:
        return problem.remedy
    words = _UNREPEATED.get(problem.kind)
    return _(words) if words else ""


def summary(topic: str, words: dict[str, str]) -> str:
    return _(_SUMMARIES[topic], **words)


def remedy(topic: str, words: dict[str, str], *, once: bool = False) -> str:
    """One sentence on what to do; with `once`, the text for one-off reads, "" if it does not differ."""
    text = _ONCE.get(topic) if once else _REMEDIES[topic]
    login = f"aws sso login --profile {words['profile']}" if words["profile"] else "aws sso login"
    return _(text, login=login, **words) if text else ""
