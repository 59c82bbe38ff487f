"""Words of enumerations stand in journals, `--json` and configurations: none may change by accident."""

import pkgutil
from enum import StrEnum
from importlib import import_module

from services import models


def test_the_words_are_as_in_the_snapshot(snapshot):
    for module in pkgutil.walk_packages(models.__path__, "services.models."):
        import_module(module.name)
    words = {
        f"{kind.__module__}.{kind.__name__}": [word.value for word in kind]
        for kind in StrEnum.__subclasses__()
        if kind.__module__.startswith("services.models.")
    }
    assert words == snapshot
