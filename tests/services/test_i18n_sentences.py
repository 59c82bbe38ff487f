import pytest

from services.i18n import sentences


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((), ""),
        (("", "One.", ""), "One."),
        (("One.", "Two."), "One. Two."),
        (("一つ。", "二つ。"), "一つ。二つ。"),
        (("一つ。", "Two."), "一つ。Two."),
        (("データ不足", "二つ。"), "データ不足 二つ。"),
    ],
)
def test_sentences(parts, whole):
    assert sentences(*parts) == whole
