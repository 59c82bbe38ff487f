import botocore.session
import pytest
from botocore import xform_name

from services.aws.client.allowed_operations import READS
from services.aws_cli.calls import kebab


@pytest.mark.parametrize("service", sorted({service for service, _operation in READS}))
def test_every_operation_and_parameter_has_the_sdks_name(service):
    model = botocore.session.Session().get_service_model(service)
    for operation in model.operation_names:
        assert kebab(operation) == xform_name(operation, "-")
        shape = model.operation_model(operation).input_shape
        for member in shape.members if shape is not None else ():
            assert kebab(member) == xform_name(member, "-"), operation
