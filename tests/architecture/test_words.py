import re
import tomllib
from pathlib import Path

import pytest

from tests.tools import catalogue

ROOT = Path(__file__).parents[2]
JAPANESE = {
    r"予約アクション": "スケジュールされたアクション: the system itself takes bookings",
    r"アラーム確認|アラームを確認済み": "了解: an alarm is acknowledged, a duty is 確認",
    r"備考|所見": "メモ: what a person writes",
    r"書き?込み?許可": "変更許可: what F9 allows is changes",
    r"覆す|覆し": "判定を修正",
    r"最悪値": "最大: a value within limits is not bad",
    r"結果判明": "結果確定",
    r"発報して復旧": "発報後に復旧",
    r"ラグ(?!イン)": "読み取りの遅れ",
    r"遅延(した)?行|遅れた行": "遅着: a line that came late",
    r"待機時間|待ち時間を超過": "自動復旧の待ち 5分を 20秒 過ぎました",
    r"反映(が|を)確認": "検証",
    r"再確認": "再照会: an unknown outcome is checked",
    r"あるのは": "say what is there",
    r"（\{?(weekday|曜)|\((?:月|火|水|木|金|土|日)曜日?\)|（[月火水木金土日]）": "weekdays in half-width brackets",
    r"させて(いただ|頂)": "plain words",
}
ENGLISH = {
    r"\bvalue then\b": "value at the change",
    r"\bin vain\b": "refused, without effect",
    r"\blast not scaled\b": "last refused scaling",
    r"\bas aws has it\b": "current state in AWS",
    r"\blets? it go\b|\blet go\b": "send",
    r"\bway back\b|\btak(e|en) back\b": "revert",
    r"\bleft out\b": "skipped",
    r"\blooks? (now|again)\b|\blooked (over|at)\b": "inspect",
    r"\bdearest\b": "most expensive",
    r"\bremarks?\b": "note",
    r"\boverrul": "override",
    r"\bscaled in vain\b": "scaling refused",
}
KEPT = {"remarks"}  # Sources that are names in files: keys of the journal's data as they are stored
Words = dict[str, str]


def texts(language):
    for message in catalogue.read_catalogue(catalogue.PO):
        value = message.id if language == "en" else message.string
        if message.id:
            yield from (value,) if isinstance(value, str) else value


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def banned(candidates, words):
    return [
        f"{text!r}: {instead}"
        for text in candidates
        for word, instead in words.items()
        if re.search(word, text, re.IGNORECASE) and text not in KEPT
    ]


@pytest.mark.parametrize(("language", "words"), [("ja", JAPANESE), ("en", ENGLISH)])
def test_the_catalogue_uses_the_words_of_the_grammar(language, words):
    assert banned(texts(language), words) == []


def test_confirming_a_plan_is_not_worded_like_signing_off_a_duty():
    # 確認 is what a person does to a duty; a plan is 確定.
    for message in catalogue.read_catalogue(catalogue.PO):
        source = message.id if isinstance(message.id, str) else "\n".join(message.id)
        if re.search(r"\bconfirm", source, re.IGNORECASE):
            assert "確認" not in str(message.string), source


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "services/runbook/facility-prod.toml",
        *sorted((ROOT / "services/demo/scenarios").glob("*.toml")),
    ],
    ids=lambda path: path.stem,
)
def test_data_files_use_the_words_of_the_grammar(path):
    content = tomllib.loads(path.read_text("utf-8"))
    assert banned(strings(content), JAPANESE | ENGLISH) == []
