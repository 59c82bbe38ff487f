"""Every key that takes a name of AWS recognizes an ARN or an address, and suggests the name within."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.base import RawId
from services.models.runbook import Runbook
from services.runbook.name_checks import ALARM, CLUSTER, DIMENSIONS, KEYS, name_mistake
from services.toml.grammar import model_in
from tests.services.runbook.small import mistakes

HERE, ANYWHERE = "ap-northeast-1:123456789012", ":123456789012"
OWN = '[[inspections]]\nid = "q"\ntitle = "t"\nkind = "metric"\nbelow = 1\n'
LOGS = f"arn:aws:logs:{HERE}:log-group:/ecs/s"
GROUP = '[[log_groups]]\nid = "/ecs/s"\ntitle = "t"\n'
BALANCER = "app/facility-prod-alb/50dc6c495c0c9188"
ELB = f"arn:aws:elasticloadbalancing:{HERE}"
ACL = "webacl/facility-prod-acl/473e64fd-f30b-4765-81a0-62ad96dd167a"
CASES: list[tuple[str, str, str]] = [
    ('[ecs]\ncluster = "{}"\nservices = ["s"]\n', f"arn:aws:ecs:{HERE}:cluster/city", "city"),
    ('[ecs]\ncluster = "c"\nservices = ["{}"]\n', f"arn:aws:ecs:{HERE}:service/c/api", "api"),
    ('[ecs]\ncluster = "c"\nservices = ["{}"]\n', f"arn:aws:ecs:{HERE}:service/api", "api"),
    ('[rds]\ninstance = "{}"\n', f"arn:aws:rds:{HERE}:db:city-db", "city-db"),
    ('[rds]\ninstance = "{}"\n', "city-db.c9akciq32.ap-northeast-1.rds.amazonaws.com:5432", "city-db"),
    ('[alb]\nload_balancer = "{}"\n', f"{ELB}:loadbalancer/{BALANCER}", BALANCER),
    ('[alb]\ntarget_group = "{}"\n', f"{ELB}:targetgroup/t/73e2d6bc24d8a067", "targetgroup/t/73e2d6bc24d8a067"),
    ('[cdn]\ndistribution = "{}"\n', f"arn:aws:cloudfront:{ANYWHERE}:distribution/E1", "E1"),
    ('[waf]\nlog_bucket = "{}"\n', "arn:aws:s3:::city-logs", "city-logs"),
    ('[waf]\nlog_bucket = "{}"\n', "s3://city-logs/waf/", "city-logs"),
    ('[waf]\nlog_prefix = "{}"\n', "s3://city-logs/waf/jp/", "waf/jp/"),
    ('[waf]\nathena_table = "{}"\n', f"arn:aws:glue:{HERE}:table/facility_logs/waf_logs", "waf_logs"),
    ('[waf]\nathena_database = "{}"\n', f"arn:aws:glue:{HERE}:database/facility_logs", "facility_logs"),
    ('[waf]\nworkgroup = "{}"\n', f"arn:aws:athena:{HERE}:workgroup/ops", "ops"),
    ('[waf]\nweb_acl = "{}"\n', f"arn:aws:wafv2:{HERE}:regional/{ACL}", "facility-prod-acl"),
    ('[waf]\nweb_acl = "{}"\n', f"arn:aws:wafv2:us-east-1{ANYWHERE}:global/{ACL}", "facility-prod-acl"),
    ('[dashboard]\nname = "{}"\n', f"arn:aws:cloudwatch:{ANYWHERE}:dashboard/main", "main"),
    ('[[log_groups]]\nid = "{}"\ntitle = "t"\n', LOGS, "/ecs/s"),
    ('[[log_groups]]\nid = "{}"\ntitle = "t"\n', f"{LOGS}:*", "/ecs/s"),
    ('[[alarms]]\nname = "{}"\ntitle = "t"\n', f"arn:aws:cloudwatch:{HERE}:alarm:prod/ecs:cpu", "prod/ecs:cpu"),
    ('[[alarms]]\nname = "{}"\ntitle = "t"\n', f"arn:aws:cloudwatch:{HERE}:alarm:alarm:a", "alarm:a"),
    (GROUP + '[[alarms]]\nname = "a"\ntitle = "t"\nlog_group = "{}"\n', LOGS, "/ecs/s"),
    (GROUP + '[[queries]]\nid = "q"\ntitle = "t"\nquery = "limit 1"\nlog_groups = ["{}"]\n', LOGS, "/ecs/s"),
    (GROUP + '[error_logs]\nlog_group = "{}"\n', LOGS, "/ecs/s"),
    (GROUP + '[slow_queries]\nlog_group = "{}"\n', LOGS, "/ecs/s"),
    (GROUP + OWN.replace("metric", "insights") + 'query = "q"\nlog_group = "{}"\n', LOGS, "/ecs/s"),
    ('[journal]\nlog_stream = "s"\nlog_group = "{}"\n', LOGS, "/ecs/s"),
    ('[journal]\nlog_group = "g"\nlog_stream = "{}"\n', f"{LOGS}:log-stream:a/b", "a/b"),
    ('[access_keys]\nusers = ["{}"]\n', "arn:aws:iam::123456789012:user/ci/bob", "bob"),
    (
        '[access_keys]\nusers = ["bob"]\n[github]\nuser = "{}"\nrepository = "city/api"\n',
        "arn:aws:iam::123456789012:user/ci/bob",
        "bob",
    ),
    ('[trail]\nknown_people = ["{}"]\n', "arn:aws:iam::123456789012:user/bob", "bob"),
    ('[trail]\nknown_people = ["{}"]\n', "arn:aws:iam::123456789012:role/x/Operator", "Operator"),
    ('[trail]\nknown_people = ["{}"]\n', "arn:aws:sts::123456789012:assumed-role/Ops_abc/taro", "taro"),
    ('[trail]\nwithout_mfa = ["{}"]\n', "arn:aws:sts::123456789012:assumed-role/Operator/bob", "bob"),
    ('[[limits]]\nid = "l"\ntitle = "l"\nmetric = "m"\nbelow = 1\nnamespace = "{}"\n', LOGS, ""),
    ('[[limits]]\nid = "l"\ntitle = "l"\nnamespace = "n"\nbelow = 1\nmetric = "{}"\n', LOGS, ""),
    (OWN + 'metric = "m"\nnamespace = "{}"\n', LOGS, ""),
    (OWN + 'namespace = "n"\nmetric = "{}"\n', LOGS, ""),
]  # fmt: skip
"""A file with a place for the value, an ARN or an address, the name within; "" where there is none."""


CALENDAR = ("change_calendar", "name")  # A key that takes an ARN, too: `test_approval_checks`


def key_of(text):
    """The key of the value, as `KEYS` writes it."""
    table, many = "", False
    for line in text.splitlines():
        if line.startswith("["):
            table, many = line.strip("[]"), line.startswith("[[")
        elif "{}" in line:
            break
    name = line.partition(" ")[0]
    return (table, *([None] if many else []), name, *([None] if '["{}"]' in line else []))


def spelt(key):
    return ".".join(part or "[0]" for part in key).replace(".[", "[")


@pytest.mark.parametrize(("text", "value", "name"), CASES)
def test_an_arn_in_place_of_a_name_is_reported_with_the_name(text, value, name):
    key = key_of(text)
    assert mistakes(text.format(name or "n")) == {}
    for written in (value, f" {value}", value.replace("arn:", "ARN:")):
        expected = f'must be the name alone, not an ARN or an address: "{name}"'
        if not name:
            expected = f"is another ARN or address; expected here: {KEYS[key].what}"
        assert mistakes(text.format(written)) == {spelt(key): expected}


@pytest.mark.parametrize(
    "other",
    [
        f"{ELB}:listener/app/a/50dc6c495c0c9188/f2f7dc8efc522ab2",
        f"arn:aws:sns:{HERE}:topic",
        "arn:aws:ecs",
        "ARN:x",
        "https://console.aws.amazon.com/ecs/",
    ],
)
@pytest.mark.parametrize("text", {key_of(text): text for text, _value, _name in CASES}.values())
def test_an_arn_of_another_type_is_reported_with_the_expected_type(text, other):
    key = key_of(text)
    expected = f"is another ARN or address; expected here: {KEYS[key].what}"
    assert mistakes(text.format(other)) == {spelt(key): expected}


def test_every_key_has_a_case_and_every_raw_id_is_a_key():
    assert {key_of(text) for text, _value, _name in CASES} == set(KEYS)
    # What a cause applies to is a namespace, an alarm or a playbook, which has a check of its own.
    assert {key for key in raw_ids(Runbook) if "applies_to" not in key} - {CALENDAR} <= set(KEYS)


BUCKET_ARN, CLUSTER_ARN = "arn:aws:s3:::city-logs", f"arn:aws:ecs:{HERE}:cluster/city"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:night"


@pytest.mark.parametrize(
    ("namespace", "dimension", "value", "name"),
    [
        ("AWS/ECS", "ClusterName", CLUSTER_ARN, "city"),
        ("ECS/ContainerInsights", "ClusterName", CLUSTER_ARN, "city"),
        ("AWS/ECS", "ServiceName", f"arn:aws:ecs:{HERE}:service/city/api", "api"),
        ("AWS/RDS", "DBInstanceIdentifier", f"arn:aws:rds:{HERE}:db:city-db", "city-db"),
        ("AWS/ApplicationELB", "LoadBalancer", f"{ELB}:loadbalancer/{BALANCER}", BALANCER),
        ("AWS/ApplicationELB", "TargetGroup", f"{ELB}:targetgroup/t/73e2", "targetgroup/t/73e2"),
        ("AWS/CloudFront", "DistributionId", f"arn:aws:cloudfront:{ANYWHERE}:distribution/E1", "E1"),
        ("AWS/S3", "BucketName", BUCKET_ARN, "city-logs"),
        ("AWS/Logs", "LogGroupName", f"{LOGS}:*", "/ecs/s"),
    ],
)
def test_a_dimension_of_a_metric_of_aws_takes_the_name_alone(namespace, dimension, value, name):
    text = OWN + f'namespace = "{namespace}"\nmetric = "m"\ndimensions = {{ {dimension} = "{{}}" }}\n'
    text = text.replace("{ ", "{{ ").replace(" }", " }}")
    place = f"inspections[0].dimensions.{dimension}"
    assert mistakes(text.format(name)) == {}
    assert mistakes(text.format(value)) == {
        place: f'must be the name alone, not an ARN or an address: "{name}"'
    }
    other = f"is another ARN or address; expected here: {DIMENSIONS[dimension].what}"
    assert mistakes(text.format(MACHINE)) == {place: other}


@pytest.mark.parametrize(
    ("namespace", "dimension", "value"),
    [("AWS/States", "StateMachineArn", MACHINE), ("City", "ClusterName", CLUSTER_ARN)],
)
def test_other_dimensions_may_take_arns(namespace, dimension, value):
    metric = f'namespace = "{namespace}"\nmetric = "m"\ndimensions = {{ {dimension} = "{value}" }}\n'
    assert mistakes(OWN + metric) == {}


def raw_ids(model, path=()):
    """The keys that hold names as AWS writes them, without the dimensions of metrics."""
    paths: list[tuple[str | None, ...]] = []
    for name, field in model.model_fields.items():
        many = getattr(field.annotation, "__origin__", None) is tuple
        place = (*path, name, *([None] if many else []))
        if inner := model_in(field.annotation):
            paths += raw_ids(inner, place)
        elif field.annotation is RawId or (many and get_args(field.annotation)[0] is RawId):
            paths.append(place)
    return paths


@pytest.mark.parametrize("name", ["arn-like", "/ecs/a:b", "app/a/b", "prod/ecs:cpu", "a.b", "学校 アラーム"])
@pytest.mark.parametrize("thing", set(KEYS.values()))
def test_names_that_only_look_like_addresses_are_names(name, thing):
    assert name_mistake(name, thing) == ""


def test_a_blank_around_a_name_is_reported_where_aws_allows_none():
    assert "ends with a space" in name_mistake("city ", CLUSTER)
    assert name_mistake("city ", ALARM) == ""


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=40))
def test_an_alarm_may_have_any_name(name):
    arn = f"arn:aws:cloudwatch:{HERE}:alarm:{name}"
    assert name_mistake(arn, ALARM).endswith(f'"{name.rstrip()}"') or not name.strip()


def test_what_refers_to_the_name_within_an_arn_refers_to_something():
    book = f'[[log_groups]]\nid = "{LOGS}:*"\ntitle = "t"\n[error_logs]\nlog_group = "/ecs/s"\n'
    assert list(mistakes(book)) == ["log_groups[0].id"]
