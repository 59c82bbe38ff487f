import json
from pathlib import Path

from services.demo.account import own_names
from services.demo.system.english import in_language

_FILE = Path(__file__).with_suffix(".json")


def body(language: str = "ja") -> str:
    settings = in_language(json.loads(_FILE.read_text("utf-8")), language)
    return own_names(json.dumps(settings, ensure_ascii=False))
