"""What an inspection may lack is what the check of duties rests on: an unreadable key is no missing one."""

import pytest
from pydantic import BaseModel

from services.inspections.registry import INSPECTIONS
from services.models.base import RawId
from services.runbook.loader import load_builtin
from services.toml.files import unfounded
from services.toml.positions import Path

EMPTY = {str: "", RawId: RawId(""), tuple: ()}
DUTY: Path = ("duties", 0, "inspections", 0)


@pytest.mark.slow
def test_every_key_that_an_inspection_lacks_is_rested_on():
    runbook = load_builtin("facility-prod")
    lacked = set()
    for name, value in runbook:
        runbooks = [runbook.model_copy(update={name: () if isinstance(value, tuple) else None})]
        if isinstance(value, BaseModel):
            runbooks += [
                runbook.model_copy(update={name: value.model_copy(update={key: EMPTY.get(type(each))})})
                for key, each in value
            ]
        if name not in ("system", "closures", "journal", "inspecting"):
            lacked |= {kind.missing_setting(each) for kind in INSPECTIONS for each in runbooks}
    lacked.discard("")
    assert {"rds", "alarms", "trail.sign_in_regions", "ecs.usual_max"} <= lacked
    for key in lacked:
        assert unfounded(DUTY, [tuple(key.split("."))]), key
