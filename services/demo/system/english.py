"""What the people of the simulated account wrote into AWS, for a demo in English.

The application's log stays as its developers wrote it.
"""

from typing import Any

_ENGLISH = {
    "# 役所設備管理システム\n"
    "**始業時 9:00** に上から順に確認する。しきい値は手順書「日常監視 2」による。\n\n"
    "- 異常があれば Slack `#ops-alerts` に記録\n"
    "- [手順書](https://wiki.example.lg.jp/runbook)": "# City Hall Facility Management\n"
    "Check from top to bottom **at 9:00**. Limits: runbook, Daily checks 2.\n\n"
    "- Post anything abnormal to `#ops-alerts` in Slack\n"
    "- [Runbook](https://wiki.example.lg.jp/runbook)",
    "アラーム": "Alarms",
    "CPU 平均": "CPU average",
    "CPU 最大": "CPU maximum",
    "メモリ": "Memory",
    "上限 70%": "limit 70%",
    "リクエスト数": "Requests",
    "応答時間 p95": "Response p95",
    "応答時間 平均": "Response average",
    "件/分": "per minute",
    "秒": "seconds",
    "上限 500ms": "limit 500 ms",
    "接続数": "Connections",
    "CPU 上限 70%": "CPU limit 70%",
    "接続数 上限 80": "connections limit 80",
    "RDS 受信": "RDS received",
    "RDS 送信": "RDS sent",
    "5xx エラー率": "5xx error rate",
    "5xx エラー率 [最大 ${MAX}%]": "5xx error rate [max ${MAX}%]",
    "アラーム 5%": "alarm 5%",
    "いまの値": "Values now",
    "DB 接続数": "DB connections",
    "DB 空き容量": "DB free storage",
    "空き容量 (GiB)": "Free (GiB)",
    "下限 10 GiB": "limit 10 GiB",
    "タスク数": "Tasks",
    "実行中": "running",
    "正常": "healthy",
    "異常": "unhealthy",
    "応答の内訳": "Responses",
    "RDS ディスク": "RDS disk",
    "DB 空き容量とアラーム": "DB free storage and alarm",
    "直近のエラー": "Latest errors",
    "ALB の 5xx エラー率が 5% 以上（手順書「アラート対応 1」）": "ALB 5xx error rate 5% or more (runbook: Alert response 1)",
    "5xx エラー率 (%)": "5xx error rate (%)",
    "ECS の CPU 使用率が 70% 以上（手順書「アラート対応 2」）": "ECS CPU 70% or more (runbook: Alert response 2)",
    "ECS のメモリ使用率が 70% 以上": "ECS memory 70% or more",
    "RDS の CPU 使用率が 70% 以上": "RDS CPU 70% or more",
    "RDS の接続数が 80 以上": "RDS connections 80 or more",
    "RDS の空き容量が 10 GiB 以下（手順書「アラート対応 3」）": "RDS free storage 10 GiB or less (runbook: Alert response 3)",
    "ALB の応答時間（平均）が 500ms 以上": "ALB response time (average) 500 ms or more",
    "利用者に影響する障害: 5xx または DB の空き容量不足": "Users are affected: 5xx, or the database's storage is low",
}


def in_language(value: Any, language: str) -> Any:
    """A request's value with the texts in it in `language`; Japanese is what is written in the sources."""
    if language != "en":
        return value
    if isinstance(value, dict):
        return {key: in_language(each, language) for key, each in value.items()}
    if isinstance(value, list):
        return [in_language(each, language) for each in value]
    return _ENGLISH.get(value, value) if isinstance(value, str) else value
