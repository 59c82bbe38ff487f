"""First on the path of every process that a test of a mutant starts: one module is loaded with its changed code."""

import marshal
import os
from importlib.machinery import SourceFileLoader
from pathlib import Path


def load_changed(source: str, changed: str) -> None:
    """Let the module of the file `source` be executed from the code that is stored in the file `changed`."""
    get_code = SourceFileLoader.get_code

    def code_of(self: SourceFileLoader, fullname: str) -> object:
        if os.path.realpath(self.path) == source:
            return marshal.loads(Path(changed).read_bytes())
        return get_code(self, fullname)

    SourceFileLoader.get_code = code_of  # type: ignore[method-assign, assignment]


if "MUTANT_SOURCE" in os.environ:
    load_changed(os.environ["MUTANT_SOURCE"], os.environ["MUTANT_CODE"])
