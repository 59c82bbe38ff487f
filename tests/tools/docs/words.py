"""The words of the generated parts in both languages, and the Japanese for texts that the code has in English only."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TRANSLATIONS = Path(__file__).with_name("japanese.toml")
NEEDS_AWS = {"en": "needs AWS credentials", "ja": "AWS の認証情報が必要"}
"""The title of a block of shell that asks AWS."""
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "key": "key",
        "type": "type",
        "default": "default",
        "meaning": "meaning",
        "required": "**required**",
        "text": "text",
        "number": "number",
        "integer": "integer",
        "boolean": "`true` or `false`",
        "date": "date",
        "date-time": "date and time",
        "one of": "one of {choices}",
        "list of": "list of {items}",
        "table": "table `{path}`",
        "tables": "tables `{path}`",
        "texts by name": "table of texts",
        "needs": "Needs in the runbook: {keys}",
        "needs nothing": "Needs nothing in the runbook.",
        "actions": "IAM actions: {actions}",
        "reads": "IAM actions for reading: {actions}",
        "writes": "IAM actions for sending: {actions}",
        "other writes": "Sent to GitHub, which IAM does not govern: {actions}",
        "run": "By hand:",
        "plan": "The plan without the console:",
        "no target": "Offered once a restore drill has made an instance.",
        "example": "Parameters, for example: {options}",
        "until": "Watched until: {until}",
        "approvals": "What a role may have to approve: {scopes}",
        "own": 'Inspections of your own, `kind = "{kind}"`',
        "option": "option",
        "no options": "No options of its own.",
        "runbook": "runbook",
        "step": "step",
        "where": "keys",
        "command": "command",
        "part": "part of the console",
        "iam": "IAM actions",
        "scenario": "scenario",
        "what happens": "what happens",
        "mode": "mode",
        "what it does": "what it does",
        "status": "status",
        "tool": "tool",
        "arguments": "arguments",
        "what it answers": "what it answers",
        "service": "service",
        "and": ", ",
    },
    "ja": {
        "key": "キー",
        "type": "型",
        "default": "既定値",
        "meaning": "意味",
        "required": "**必須**",
        "text": "文字列",
        "number": "数値",
        "integer": "整数",
        "boolean": "`true` か `false`",
        "date": "日付",
        "date-time": "日時",
        "one of": "{choices} のいずれか",
        "list of": "{items}の並び",
        "table": "表 `{path}`",
        "tables": "表の並び `{path}`",
        "texts by name": "文字列の表",
        "needs": "手順書に必要な項目: {keys}",
        "needs nothing": "手順書に必要な項目はありません。",
        "actions": "IAM アクション: {actions}",
        "reads": "読み取りの IAM アクション: {actions}",
        "writes": "送信の IAM アクション: {actions}",
        "other writes": "GitHub に送るもの（IAM の対象外）: {actions}",
        "run": "手で実行するとき:",
        "plan": "画面なしで計画を見るとき:",
        "no target": "復元訓練でインスタンスができると行えます。",
        "example": "パラメーターの例: {options}",
        "until": "完了の条件: {until}",
        "approvals": "承認の対象にできるもの: {scopes}",
        "own": '独自の点検 `kind = "{kind}"`',
        "option": "オプション",
        "no options": "固有のオプションはありません。",
        "runbook": "手順書",
        "step": "手順",
        "where": "キー",
        "command": "コマンド",
        "part": "画面の部分",
        "iam": "IAM アクション",
        "scenario": "シナリオ",
        "what happens": "内容",
        "mode": "モード",
        "what it does": "動作",
        "status": "コード",
        "tool": "ツール",
        "arguments": "引数",
        "what it answers": "返すもの",
        "service": "サービス",
        "and": "、",
    },
}


@cache
def translations() -> dict[str, str]:
    """Japanese by the English text, whose line breaks are spaces."""
    return {one_line(key): text for key, text in tomllib.loads(TRANSLATIONS.read_text("utf-8")).items()}


def one_line(text: str) -> str:
    """The text with its line breaks and runs of spaces as single spaces."""
    return " ".join(text.split())


class Texts:
    """Texts of one language, and which English ones were asked for."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = WORDS[language]
        self.wanted: set[str] = set()

    def word(self, name: str, **values: str) -> str:
        """A word of the tables."""
        return self.words[name].format(**values)

    def text(self, english: str) -> str:
        """A text of the code; marked where its Japanese is missing."""
        line = one_line(english)
        if not line:
            return ""
        self.wanted.add(line)
        return line if self.language == "en" else translations().get(line, f"**?** {line}")

    def joined(self, parts: Iterator[str] | list[str]) -> str:
        """An enumeration."""
        return self.words["and"].join(parts)
