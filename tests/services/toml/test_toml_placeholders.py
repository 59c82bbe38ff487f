"""All mistakes of a file are named at once: a value that the grammar refuses hides no contradiction elsewhere."""

import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.runbook import Runbook
from services.runbook.loader import RunbookError, loads
from services.toml.files import parse as read_toml
from services.toml.placeholders import parsed_in_part
from tests.services.toml.runbook_mistakes import mistakes

SHIPPED = (files("services.runbook") / "facility-prod.toml").read_text("utf-8")
DANGLING = '\n[[alarms]]\nname = "dangling"\ntitle = "t"\nplaybook = "no-such-playbook"\n'


def keys(text):
    try:
        loads(text)
    except RunbookError as error:
        return {mistake.key: mistake.message for mistake in error.mistakes}
    return {}


VALUE = re.compile(r'^(?P<key>[a-z_]+) = (?P<value>"[^"\n]*"|\d+|\[[^\]\n]*\])$', re.MULTILINE)
PLACES = list(VALUE.finditer(SHIPPED))


def broken(place, value):
    start, end = place.span("value")
    return SHIPPED[:start] + value + SHIPPED[end:]


@settings(max_examples=25)  # each reads the whole file four times
@given(place=st.sampled_from(PLACES), value=st.sampled_from(["3.5", "true", "{ a = 1 }", '"?"', "[[1]]"]))
@pytest.mark.slow
def test_a_contradiction_is_named_beside_any_broken_value(place, value):
    alone, both = keys(broken(place, value)), keys(broken(place, value) + DANGLING)
    dangling = [key for key, message in both.items() if "no-such-playbook" in message]
    # Whether a playbook exists is unknown where the id of one cannot be read.
    named = SHIPPED[: place.start()].rpartition("\n[")[2].startswith("[playbooks]") and place["key"] == "id"
    assert len(dangling) == (0 if named else 1), both
    # What the grammar reports stays, and nothing is invented.
    assert {key: message for key, message in both.items() if key not in dangling} == alone
    lines = {mistake.line for mistake in mistakes(broken(place, value))}
    assert lines <= {SHIPPED.count("\n", 0, place.start("value")) + 1}, lines


def test_mistakes_of_every_layer_are_named_in_the_order_of_the_file():
    text = SHIPPED.replace('environment = "production"', 'environment = "prod"')
    text = text.replace('region = "ap-northeast-1"', 'region = "ap-notheast-1"')
    text = text.replace("usual_min = 2", "usual_min = 7").replace(
        '"sat:17:00-sat:18:00"', '"sun:02:00-sun:02:10"'
    )
    text = text.replace('playbook = "ecs-cpu"', 'playbook = "ecs-cpuu"', 1) + "\nextra = 1\n"
    with pytest.raises(RunbookError) as caught:
        loads(text)
    keys = [mistake.key for mistake in caught.value.mistakes]
    assert keys == [
        "system.environment",
        "system.region",
        "ecs.usual_max",
        "rds.window_utc",
        "rds.window_utc",
        "rds.window_utc",
        "alarms[0].playbook",
        keys[-1],
    ]
    assert keys[-1].endswith("extra")


def refuses_everything(_data):
    return Runbook.model_validate({"version": []})


def test_what_cannot_be_replaced_ends_the_search():
    assert parsed_in_part(refuses_everything, {}) == (None, ())


def test_the_file_itself_stays_as_it_is():
    data = read_toml('version = 1\nsystem = "x"\n', "f").data
    assert parsed_in_part(Runbook.model_validate, data)[0] is not None
    assert data == {"version": 1, "system": "x"}
