"""The body of the dashboard facility-prod-main, `dashboard.json`: the runbook's four widgets and some more."""

import json
from pathlib import Path

from services.demo.system.english import in_language

_FILE = Path(__file__).with_suffix(".json")


def body(language: str = "ja") -> str:
    """The DashboardBody of PutDashboard, with texts in `language`."""
    return json.dumps(in_language(json.loads(_FILE.read_text("utf-8")), language), ensure_ascii=False)
