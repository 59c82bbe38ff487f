"""Garbage collection, which the launcher has switched off while everything is imported."""

import gc


def begin_collecting() -> None:
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
