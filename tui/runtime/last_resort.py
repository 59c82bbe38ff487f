"""Python's own tracebacks end with status 1, which means "attention", and do not help an operator."""

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
    """One line: what failed, where, and where the traceback is. Logs the traceback."""
    # The SDK may have loaded secrets past our readers. The line is due whatever fails here.
    with suppress(Exception):
        remember_written()
    debug_log.fault(error, "last resort", secrets)
    summary = crash_summary(error, secrets)
    if debug_log.flush():
        text = _(
            "Toban failed because of an internal error: {summary}. The traceback is in {path}; please "
            "report it."
        )
        return text.format(summary=summary, path=clean(debug_log.path()))
    return _(
        "Toban failed because of an internal error: {summary}. --debug FILE keeps the traceback; "
        "please report it.",
        summary=summary,
    )


def blocked(thread: int) -> str:
    """One line for a console whose `thread` stopped responding, with what it was doing. Logs its stack."""
    frame = sys._current_frames().get(thread)
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    place = f"{os.path.basename(stack[0].filename)}:{stack[0].lineno}, {stack[0].name}" if stack else "?"
    debug_log.note("blocked\n" + clean_block("".join(reversed(stack.format()))))
    debug_log.flush()
    return _(
        "Toban stopped responding ({place}) and was terminated; what was sent to AWS is in the journal."
    ).format(place=clean(place))


def install() -> None:
    threading.excepthook = _of_thread
    sys.unraisablehook = _unraisable
    # Log records of libraries must not reach the screen; they may contain AWS's answers.
    logging.getLogger().addHandler(logging.NullHandler())


def on_loop_fault(_loop: object, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, BaseException):
        debug_log.fault(error, clean(context.get("message")))
    else:
        debug_log.note(clean(context.get("message")))


def _of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        debug_log.fault(args.exc_value, f"thread {clean(args.thread.name if args.thread else '')}")


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        debug_log.fault(args.exc_value, clean(args.err_msg or "unraisable"))


def unexpected_end(faults: Iterable[str]) -> str:
    words = _(
        "Toban ended unexpectedly because of an internal error. Start it again; what was sent to AWS "
        "is in the journal."
    )
    return "\n".join([words, *list(faults)[-1:]])
