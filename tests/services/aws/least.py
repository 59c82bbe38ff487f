from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def least_params(service: str, operation: str) -> dict[str, Any]:
    shape = _model(service).operation_model(operation).input_shape
    return _value(shape) if shape is not None else {}


def _value(shape: Any) -> Any:
    if shape.type_name == "structure":
        return {name: _value(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [_value(shape.member)] * max(1, int(shape.metadata.get("min", 1)))
    if shape.type_name == "map":
        return {}
    if shape.type_name == "timestamp":
        return datetime(2026, 4, 1, tzinfo=UTC)
    if shape.type_name == "boolean":
        return False
    if shape.type_name in ("integer", "long", "float", "double"):
        return max(1, int(shape.metadata.get("min", 1)))
    return (shape.enum or ["x" * max(1, int(shape.metadata.get("min", 1)))])[0]
