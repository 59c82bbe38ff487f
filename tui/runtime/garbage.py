"""Garbage collection, which the launcher has switched off while everything is imported."""

import gc


def begin_collecting() -> None:
    """Collect from now on what is made from now on; what was imported stays for as long as the process."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
