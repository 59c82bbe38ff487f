"""Read as the stock parsers read them, and refused where they have another shape than the API's model."""

import asyncio
from typing import Any
from xml.etree import ElementTree

import pytest
from aiobotocore.parsers import create_parser
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError

from services.aws.client.sdk.parsers import Parsers

LOADER = create_loader()
SAMPLES = {"integer": "7", "long": "7", "double": "7.5", "float": "7.5", "boolean": "true", "string": "word"}
OPERATIONS = (
    ("rds", "DescribeDBInstances"),
    ("rds", "DescribeDBSnapshots"),
    ("rds", "DescribeEvents"),
    ("rds", "DescribePendingMaintenanceActions"),
    ("iam", "ListUsers"),
    ("iam", "ListAccessKeys"),
    ("iam", "GetAccountSummary"),
    ("ec2", "DescribeRegions"),
    ("s3", "ListObjectsV2"),
    ("sts", "GetCallerIdentity"),
)
Elements = list[tuple[ElementTree.Element, Any]]


def _filled(tag, shape, elements, depth=0):
    """An element with every member of the shape; what was made of which shape is added to `elements`."""
    element = ElementTree.Element(tag)
    elements.append((element, shape))
    if shape.type_name == "structure" and depth < 6:
        for name, member in shape.members.items():
            if member.serialization.get("location") or member.serialization.get("xmlAttribute"):
                continue
            flat = member.type_name in ("list", "map") and member.serialization.get("flattened")
            named = member.member.serialization.get("name") if flat and member.type_name == "list" else None
            child = named or member.serialization.get("name", name)
            element.append(_filled(child, member.member if flat else member, elements, depth + 1))
    elif shape.type_name == "list":
        element.append(
            _filled(shape.member.serialization.get("name", "member"), shape.member, elements, depth + 1)
        )
    elif shape.type_name == "map":
        entry = ElementTree.SubElement(element, "entry")
        entry.append(_filled("key", shape.key, elements, depth + 1))
        entry.append(_filled("value", shape.value, elements, depth + 1))
    elif shape.type_name not in ("structure", "list", "map"):
        element.text = SAMPLES.get(shape.type_name, "2026-01-19T00:00:00Z")
        # What is not 7 but a text is a time or data.
        element.text = "eA==" if shape.type_name == "blob" else element.text
    return element


def _answer(service, operation):
    model = ServiceModel(LOADER.load_service_model(service, "service-2"), service)
    shape = model.operation_model(operation).output_shape
    elements: Elements = []
    wrapper = shape.serialization.get("resultWrapper")
    inner = _filled(wrapper or f"{operation}Response", shape, elements)
    root = inner
    if wrapper:
        root = ElementTree.Element(f"{operation}Response")
        root.append(inner)
        ElementTree.SubElement(ElementTree.SubElement(root, "ResponseMetadata"), "RequestId").text = "r"
    return model.metadata["protocol"], shape, root, elements


def _parse(parser, root, shape):
    body = ElementTree.tostring(root)
    response = {"status_code": 200, "headers": {}, "body": body, "context": {"operation_name": "X"}}
    return asyncio.run(parser.parse(response, shape))


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_xml_is_read_as_the_stock_parsers_read_it(service, operation):
    protocol, shape, root, _made = _answer(service, operation)
    whole = _parse(Parsers().create_parser(protocol), root, shape)
    assert whole == _parse(create_parser(protocol), root, shape)
    assert len(str(whole)) > 100
    # Elements that AWS adds, and an indented answer, change nothing.
    first = next(each for each in root.iter() if len(each) and each.tag != "ResponseMetadata")
    ElementTree.indent(root)
    assert _parse(Parsers().create_parser(protocol), root, shape) == whole
    if shape.serialization.get("resultWrapper"):
        ElementTree.SubElement(first, "AnElementOfNextYear").text = "x"
        assert _parse(Parsers().create_parser(protocol), root, shape) == whole


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_xml_of_another_shape_than_the_models_is_refused(service, operation):
    protocol, shape, root, elements = _answer(service, operation)
    parser = Parsers().create_parser(protocol)
    _parse(parser, root, shape)
    for element, of in elements:
        text, children = element.text, list(element)
        for child in children:
            element.remove(child)
        if of.type_name in ("structure", "list", "map"):
            element.text = "x"
        else:
            element.text = None
            ElementTree.SubElement(element, "a").text = "1"
        with pytest.raises(ResponseParserError):
            _parse(parser, root, shape)
        if of.type_name == "boolean":
            element.clear()
            element.text = "no such word"
            with pytest.raises(ResponseParserError):
                _parse(parser, root, shape)
        element.clear()
        element.text = text
        element.extend(children)
    _parse(parser, root, shape)


def test_duplicates_and_elements_outside_a_list_are_refused():
    protocol, shape, root, elements = _answer("rds", "DescribePendingMaintenanceActions")
    parser = Parsers().create_parser(protocol)
    listed = next(element for element, of in elements if of.type_name == "list")
    ElementTree.SubElement(listed, "a")
    with pytest.raises(ResponseParserError):
        _parse(parser, root, shape)
    listed.remove(listed[-1])
    parent = next(each for each in root.iter() if listed in list(each))
    parent.append(listed)
    with pytest.raises(ResponseParserError):
        _parse(parser, root, shape)
