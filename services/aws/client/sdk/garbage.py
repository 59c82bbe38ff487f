import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage meanwhile. An answer of 1 MB is ten thousands of objects; making them would start
    collections that traverse these and, from time to time, everything else: a tenth of a second in which no
    key is answered."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
