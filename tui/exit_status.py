"""The exit statuses of the console and all commands: the one place where they are named and explained. 0 to 3
are findings only, so that a script can rely on them; the worst that is known decides, abnormal before
attention before unknown, and JSON says beside it whether all was judged (`complete`). The rest are those of
sysexits.h, and 128 + n if signal n ended the console."""

from enum import IntEnum

from services.i18n import N_, _


class ExitStatus(IntEnum):
    """Exit statuses of our processes, apart from 128 + n for signal n."""

    NORMAL = 0
    """Also: the console was quit, or the work is done."""
    ATTENTION = 1
    ABNORMAL = 2
    UNKNOWN = 3
    USAGE = 64
    DATA = 65
    UNAVAILABLE = 69
    SOFTWARE = 70
    CANNOT_WRITE = 73
    IO = 74
    NOT_AGREED = 77
    CONFIG = 78
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS = {
    ExitStatus.NORMAL: N_("normal, or done"),
    ExitStatus.ATTENTION: N_("attention"),
    ExitStatus.ABNORMAL: N_("abnormal, a plan refused, a journal tampered with"),
    ExitStatus.UNKNOWN: N_("nothing bad is known, and not all could be judged"),
    ExitStatus.USAGE: N_("wrong usage"),
    ExitStatus.DATA: N_("errors in a runbook"),
    ExitStatus.UNAVAILABLE: N_("no terminal, journal, response from AWS, embedded AWS or optional part"),
    ExitStatus.SOFTWARE: N_("an internal error of Toban"),
    ExitStatus.CANNOT_WRITE: N_("a file cannot be written"),
    ExitStatus.IO: N_("the output cannot be written, e.g. on a full disk"),
    ExitStatus.NOT_AGREED: N_("the price of a query was not agreed to"),
    ExitStatus.CONFIG: N_("errors in the configuration, or another AWS account than the runbook's"),
    ExitStatus.INTERRUPTED: N_("interrupted; 128 + n: ended by signal n"),
    ExitStatus.BROKEN_PIPE: N_("the output was closed by its reader"),
}
"""English; translated when shown."""

_VERDICTS = ("normal", "attention", "abnormal", "unknown")
OF_VERDICT = dict(
    zip(
        _VERDICTS,
        (ExitStatus.NORMAL, ExitStatus.ATTENTION, ExitStatus.ABNORMAL, ExitStatus.UNKNOWN),
        strict=True,
    )
)
"""By the verdict's id."""
VERDICT_OF = {status: verdict for verdict, status in OF_VERDICT.items()}


def ended_by(number: int) -> int:
    return 128 + number


def epilog() -> str:
    rows = "\n".join(f"  {status:>3}  {_(meaning)}" for status, meaning in MEANINGS.items())
    return "\b\n" + _("Exit status:") + "\n" + rows
