"""What a runbook's inspections must be, reported by file, key and line."""

import pytest

from services.runbook.loader import RunbookError, load

HEAD = """version = 1
[system]
id = "small"
title = "小さなシステム"
environment = "test"
account = "123456789012"
region = "ap-northeast-1"
[[log_groups]]
id = "/app"
title = "アプリ"
"""
METRIC = '[[inspections]]\nid = "queue"\ntitle = "列"\nkind = "metric"\n'
DUTY = '[[duties]]\nid = "a"\ntitle = "A"\nrule = "FREQ=DAILY"\nat = ["09:00"]\n'


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (DUTY + 'inspections = ["alarm"]', 16, "alarms"),
        (DUTY + 'inspections = ["backups"]', 16, "needs rds"),
        (METRIC + "below = 1", 11, "namespace is missing"),
        (METRIC + 'namespace = "N"\nmetric = "M"', 11, "exactly one of below and above"),
        (METRIC.replace("queue", "alarms") + 'namespace = "N"\nmetric = "M"\nbelow = 1', 12, "appears twice"),
        (
            METRIC.replace('"metric"', '"insights"') + 'log_group = "/ap"\nquery = "fields x"\nbelow = 1',
            15,
            "/app",
        ),
        ('[trail]\nknown_networks = ["203.0.113.0/33"]', 12, "203.0.113.0/28"),
        ('[closures]\nopens = "17:15"\ncloses = "08:30"', 13, "later than opens"),
        (DUTY + 'evidence = [{ id = "m", title = "M" }, { id = "m", title = "N" }]', 16, "appears twice"),
    ],
)
def test_a_mistake_is_named_by_its_line(tmp_path, text, line, message):
    path = tmp_path / "small.toml"
    path.write_text(HEAD + text + "\n", "utf-8")
    with pytest.raises(RunbookError) as caught:
        load(path)
    assert f"{path}:{line}:" in str(caught.value)
    assert message in str(caught.value)


def test_a_custom_inspection_of_the_runbook_may_be_required(tmp_path):
    path = tmp_path / "small.toml"
    own = METRIC + 'namespace = "N"\nmetric = "M"\nbelow = 1\n'
    path.write_text(HEAD + own + DUTY + 'inspections = ["queue"]\n', "utf-8")
    assert load(path).duties[0].inspections == ("queue",)
