"""Texts in filter patterns of CloudWatch Logs.

Source: "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail" (Amazon
CloudWatch Logs user guide).
"""


def phrase(text: str) -> str:
    """A text as a phrase that matches exactly it: in quotation marks, since ids contain `-` and `=`."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
