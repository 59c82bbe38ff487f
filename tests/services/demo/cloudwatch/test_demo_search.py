"""The examples are those of "CloudWatch search expression syntax" in the Amazon CloudWatch User Guide."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.math_expressions import MathError
from services.demo.cloudwatch.queries import compile_search
from services.demo.cloudwatch.store import MetricKey, metric_key

METRICS = {
    "ec2": metric_key("AWS/EC2", "CPUUtilization", {"InstanceId": "i-1234567890123456"}),
    "ec2b": metric_key("AWS/EC2", "NetworkPacketsIn", {"InstanceId": "i-2"}),
    "type": metric_key("AWS/EC2", "CPUUtilization", {"InstanceType": "t2.micro"}),
    "ebs": metric_key("AWS/EBS", "VolumeReadOps", {"VolumeId": "ProjectA"}),
    "ecs": metric_key("AWS/ECS", "CPUUtilization", {"ClusterName": "c", "ServiceName": "staff-api"}),
    "err": metric_key("AWS/Lambda", "Errors", {"FunctionName": "ProjectA"}),
    "inv": metric_key("AWS/Lambda", "Invocations", {"FunctionName": "ProjectB"}),
    "invc": metric_key("AWS/Lambda", "Invocations", {"FunctionName": "ProjectC"}),
    "own": metric_key("My Namespace", "Custom:Name[Special_Characters", {"Dimension@Name": "x"}),
    "odd": metric_key("Own", "Europe\\France Traffic(Network)"),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (' {AWS/EC2,InstanceId} MetricName="CPUUtilization" ', "ec2"),
        ("{AWS/EC2, InstanceId} network AND packets", "ec2b"),
        ("{AWS/EC2,InstanceId} network packets ", "ec2b"),
        (' {AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT i-1234567890123456 ', ""),
        (' "CPUUtilization" ', "ec2 type ecs"),
        (' "cpuutilization" ', ""),
        (' {AWS/EC2, InstanceType} "CPUUtilization" ', "type"),
        (' "AWS/EC2" MetricName="CPUUtilization" ', "ec2 type"),
        (" InstanceType=micro ", "type"),
        (' InstanceType="t2.micro" Namespace="AWS/EC2" ', "type"),
        ("NOT Namespace=AWS ", "own odd"),
        (" (EC2 OR EBS) AND MetricName=ReadOps ", "ebs"),
        (" (EC2 OR EBS) MetricName=ReadOps ", "ebs"),
        (" (EC2 OR EBS) AND ReadOps AND ProjectA ", "ebs"),
        (
            ' {AWS/Lambda,FunctionName} MetricName="Errors" OR (MetricName="Invocations" AND (ProjectA OR ProjectB)) ',
            "err inv",
        ),
        (' {"My Namespace", "Dimension@Name"}, "Custom:Name[Special_Characters" ', "own"),
        (r' "Europe\\France Traffic\(Network\)" ', "odd"),
        ("{AWS/ECS,ServiceName,ClusterName}", "ecs"),
        ("{AWS/ECS,ClusterName}", ""),
        ("{AWS/EC2} CPUUtilization", "ec2 type"),
    ],
)
def test_the_guides_searches(expression, expected):
    test = compile_search(expression)
    assert [name for name, metric in METRICS.items() if test(metric)] == expected.split()


@pytest.mark.parametrize(
    "expression", ["", "   ", "{} x", '"open', "(a", "a)", "AND", "a=", "(" * 300 + "a", "x" * 1025]
)
def test_what_cannot_be_read(expression):
    with pytest.raises(MathError):
        compile_search(expression)


@given(st.text(alphabet='aB1 "(){}=,\\NOTANDR', max_size=40))
def test_no_text_breaks_the_search(text):
    with contextlib.suppress(MathError):
        compile_search(text)(MetricKey("AWS/EC2", "CPU", (("A", "B"),)))
