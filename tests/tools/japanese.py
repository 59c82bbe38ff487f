"""Tells Japanese text from other text."""

import re

_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff\uff66-\uff9f]")


def holds_japanese(text: str) -> bool:
    """Whether a text holds kana or kanji."""
    return _JAPANESE.search(text.replace("当番", "").replace("・", "")) is not None
