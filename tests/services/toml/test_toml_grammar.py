from typing import get_origin

import pytest

from services.models.runbook import Runbook
from services.toml.grammar import models_in, not_texts

LISTS = [
    (model, name)
    for model in sorted(models_in(Runbook), key=repr)
    for name, field in model.model_fields.items()
    if get_origin(field.annotation) is tuple
]


@pytest.mark.parametrize(("model", "name"), LISTS, ids=[f"{model.__name__}.{name}" for model, name in LISTS])
def test_another_value_in_place_of_a_list_is_no_text_to_be_quoted(model, name):
    assert list(not_texts(model, {name: 3})) == []


def test_an_element_of_a_list_of_texts_is_one():
    assert list(not_texts(Runbook, {"log_groups": [{"columns": ["a", 3]}]})) == [
        (("log_groups", 0, "columns", 1), 3)
    ]
