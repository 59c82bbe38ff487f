"""Answers Query and PutItem as DynamoDB does; `python -m tests.bench.ledger_pages FILE` prints its port."""

import json
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

PAGE = 1 << 20  # Bytes of items in one page at most ("Query", Amazon DynamoDB API reference)
_READ = "SELECT seq, record FROM records WHERE seq > ? ORDER BY seq LIMIT ?"


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    db: sqlite3.Connection

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        status, answer = self._query(request) if operation == "Query" else self._put(request["Item"])
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _query(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        values = request["ExpressionAttributeValues"]
        ledger, after, limit = values[":ledger"], int(values[":after"]["N"]), request["Limit"]
        items: list[dict[str, Any]] = []
        size = 0
        for seq, record in self.db.execute(_READ, (after, limit)):
            size += len(record)
            if size > PAGE:
                break
            items.append({"ledger": ledger, "seq": {"N": str(seq)}, "record": {"S": record.decode()}})
        answer: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if items and (size > PAGE or len(items) == limit):
            answer["LastEvaluatedKey"] = {"ledger": ledger, "seq": items[-1]["seq"]}
        return 200, answer

    def _put(self, item: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.db:
            values = (int(item["seq"]["N"]), item["record"]["S"].encode())
            stored = self.db.execute("INSERT OR IGNORE INTO records VALUES (?, ?)", values).rowcount
        kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
        return (200, {}) if stored else (400, {"__type": kind, "message": "The conditional request failed"})

    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    Pages.db = sqlite3.connect(sys.argv[1])
    server = HTTPServer(("127.0.0.1", 0), Pages)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
