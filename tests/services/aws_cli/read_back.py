"""Source: "Specifying parameter values" (AWS CLI user guide); parameters from the SDK's models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

from services.models.aws_cli import Variable

_GLOBAL = ("--region", "--profile", "--endpoint-url", "--query", "--output")
_TAIL = {"--since": "startTime", "--filter-pattern": "filterPattern"}
LOADED = ("file://", "fileb://", "http://", "https://")


@dataclass
class Sent:
    service: str
    operation: str
    params: dict[str, Any]
    options: dict[str, str]

    @property
    def model(self) -> OperationModel:
        return _service(self.service).operation_model(self.operation)

    def check(self) -> None:
        """Fails unless the SDK accepts the parameters: names, types, and the required ones."""
        shape = self.model.input_shape
        if shape is None:
            assert not self.params
            return
        report = ParamValidator().validate(self.params, shape)
        assert not report.has_errors(), f"{self.operation}: {report.generate_report()}"

    def printed(self, response: Mapping[str, Any]) -> Any:
        """What `--query` prints of a response, whose times the CLI prints as text."""
        body = json.loads(json.dumps({**response, "ResponseMetadata": None}, default=str))
        return jmespath.search(self.options["--query"], body) if "--query" in self.options else body


def read_back(argv: list[str], variables: Mapping[str, str]) -> Sent:
    """Fails for what the AWS CLI would reject."""
    for name, value in variables.items():
        argv = [word.replace(Variable(name), value) for word in argv]
    assert not any("\0" in word for word in argv)
    program, service, verb, *words = argv
    assert program == "aws"
    options: dict[str, str] = {}
    rest: list[str] = []
    while words:
        word = words.pop(0)
        if word in _GLOBAL:
            options[word] = words.pop(0)
        else:
            rest.append(word)
    if (service, verb) == ("logs", "tail"):
        return _tail(rest, options)
    if (service, verb) == ("s3", "ls"):
        bucket, _slash, prefix = rest[0].removeprefix("s3://").partition("/")
        assert set(rest[1:]) <= {"--recursive", "--human-readable"}
        return Sent("s3", "ListObjectsV2", {"Bucket": bucket, "Prefix": prefix}, options)
    model = _service("s3" if service == "s3api" else service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    operation = operations[verb]
    return Sent(
        model.service_name, operation, _params(model.operation_model(operation).input_shape, rest), options
    )


def _tail(words: list[str], options: dict[str, str]) -> Sent:
    params: dict[str, Any] = {"logGroupName": words.pop(0)}
    assert not params["logGroupName"].startswith(("-", *LOADED))
    while words:
        flag, equals, value = words.pop(0).partition("=")
        if flag != "--follow":
            value = value if equals else words.pop(0)
            if flag == "--filter-pattern":
                params["filterPattern"] = value
            else:
                assert flag in ("--since", "--format"), flag
    return Sent("logs", "FilterLogEvents", params, options)


def _params(shape: Shape | None, words: list[str]) -> dict[str, Any]:
    members: dict[str, Any] = dict(shape.members) if shape is not None else {}  # type: ignore[attr-defined]
    flags = {f"--{xform_name(name, '-')}": name for name in members}
    params: dict[str, Any] = {}
    while words:
        flag, equals, value = words.pop(0).partition("=")
        values = [value] if equals else []
        while not equals and words and not words[0].startswith("--"):
            values.append(words.pop(0))
        assert not any(text.startswith(LOADED) for text in values), f"the CLI would read {values}"
        if flag == "--cli-input-json":
            params |= json.loads(values[0])
        elif flag.startswith("--no-"):
            params[flags[flag.replace("--no-", "--", 1)]] = False
        else:
            params[flags[flag]] = _value(members[flags[flag]], values)
    return params


def _value(shape: Any, values: list[str]) -> Any:
    kind = shape.type_name
    if kind == "boolean":
        assert not values
        return True
    if kind == "list":
        if len(values) == 1 and values[0].lstrip()[:1] in "[{":
            return json.loads(values[0])
        return [_value(shape.member, [value]) for value in values]
    (value,) = values
    if kind in ("structure", "map"):
        if value.lstrip()[:1] in "[{":
            return json.loads(value)
        return dict(field.split("=", 1) for field in value.split(","))
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    return value


@cache
def _service(name: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(name)
