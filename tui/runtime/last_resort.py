"""What is left when something of ours failed and nothing below could go on: one line, status 70, a traceback kept.

Python's own tracebacks end with status 1, which means "attention", and are nothing for an operator.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from services.aws.client.sdk.files import remember_written
from services.i18n import _
from services.models.text import clean, clean_block
from tui.runtime import debug_log
from tui.runtime.crash_report import crash_summary


def line(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """One line: what failed, where, and where the traceback is. Keeps the traceback."""
    # What failed may have read them by a way that is not ours; the line is owed whatever else fails.
    with suppress(Exception):
        remember_written()
    debug_log.fault(error, "last resort", secrets)
    summary = crash_summary(error, secrets)
    if debug_log.flush():
        told = _(
            "Toban failed because of an internal error: {summary}. The traceback is in {path}; please "
            "report it."
        )
        return told.format(summary=summary, path=clean(debug_log.path()))
    told = _(
        "Toban failed because of an internal error: {summary}. --debug FILE keeps the traceback; "
        "please report it."
    )
    return told.format(summary=summary)


def blocked(thread: int) -> str:
    """One line for a console whose `thread` did not react any more, with what it was doing. Keeps its stack."""
    frame = sys._current_frames().get(thread)
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    place = f"{os.path.basename(stack[0].filename)}:{stack[0].lineno}, {stack[0].name}" if stack else "?"
    debug_log.note("blocked\n" + clean_block("".join(reversed(stack.format()))))
    debug_log.flush()
    return _(
        "Toban stopped responding ({place}) and was terminated; what was sent to AWS is in the journal."
    ).format(place=clean(place))


def install() -> None:
    """Faults that nobody catches, of threads and of destructors too, go to the debug log and print no traceback."""
    threading.excepthook = _of_thread
    sys.unraisablehook = _unraisable
    # What libraries log is for nobody's screen, and may hold what AWS answered.
    logging.getLogger().addHandler(logging.NullHandler())


def on_loop_fault(_loop: object, context: dict[str, Any]) -> None:
    """An event loop's handler for faults that no task's owner saw (`loop.set_exception_handler`)."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        debug_log.fault(error, clean(context.get("message")))
    else:
        debug_log.note(clean(context.get("message")))


def _of_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        debug_log.fault(told.exc_value, f"thread {clean(told.thread.name if told.thread else '')}")


def _unraisable(told: "sys.UnraisableHookArgs") -> None:
    if told.exc_value is not None:
        debug_log.fault(told.exc_value, clean(told.err_msg or "unraisable"))


def unasked(faults: Iterable[str]) -> str:
    """What is said where the console ended and nobody had asked for it; with the newest of its `faults`."""
    words = _(
        "Toban ended unexpectedly because of an internal error. Start it again; what was sent to AWS "
        "is in the journal."
    )
    return "\n".join([words, *list(faults)[-1:]])
