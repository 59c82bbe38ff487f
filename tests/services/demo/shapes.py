from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

_LOADER = Loader()


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


def _enum_errors(shape: Any, value: Any, path: str) -> list[str]:
    """ParamValidator does not check enums; a wrong value would reach the console unnoticed."""
    if shape.type_name == "structure":
        return [
            error
            for name, member in value.items()
            if name in shape.members
            for error in _enum_errors(shape.members[name], member, f"{path}.{name}")
        ]
    if shape.type_name == "list":
        return [
            error
            for i, item in enumerate(value)
            for error in _enum_errors(shape.member, item, f"{path}[{i}]")
        ]
    if shape.type_name == "map":
        return [
            error for key, item in value.items() for error in _enum_errors(shape.value, item, f"{path}.{key}")
        ]
    if shape.type_name == "string" and shape.enum and value not in shape.enum:
        return [f"{path}: {value!r} is not one of {shape.enum}"]
    return []


def assert_output_shape(service: str, operation: str, result: dict[str, Any]) -> dict[str, Any]:
    """Unknown members, wrong types, missing required members and words outside an enum all fail."""
    shape = service_model(service).operation_model(operation).output_shape
    if shape is None:
        assert result in ({}, None), f"{service}.{operation} answers nothing, got {result!r}"
        return result
    report = ParamValidator().validate(result, shape)
    assert not report.has_errors(), f"{service}.{operation}: {report.generate_report()}"
    errors = _enum_errors(shape, result, operation)
    assert not errors, "\n".join(errors)
    return result


def parse_input(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Fails unless a test's request is one botocore would send."""
    shape = service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), f"{service}.{operation}: {report.generate_report()}"
    return params
