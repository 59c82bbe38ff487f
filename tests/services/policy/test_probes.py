"""The reads that `toban doctor` tries: of every service, free of charge, all of them needed."""

from datetime import UTC, datetime

from services.aws.client.allowed_operations import READS as ALLOWED
from services.aws.client.prices import is_charged
from services.models.runbook import ChangeCalendar
from services.policy.declared import declared
from services.policy.probes import GLOBAL, GROUPS, NONE_FREE, READS, probes
from services.runbook.loader import load_builtin

BOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
PLACE = "ap-northeast-1"


def test_every_service_that_the_runbook_needs_is_tried():
    book = BOOK.model_copy(update={"change_calendar": ChangeCalendar(name="freeze")})
    calls = declared(book).reads
    tried = {probe.service for probe in probes(calls, book, PLACE, NOW)}
    # Which topics there are is known from the alarms alone, which certificates from the listeners.
    assert {service for service, _operation in calls} - tried - {"sts", "sns", "acm"} == NONE_FREE
    assert all(is_charged(service, operation) for service, operation in calls if service in NONE_FREE)


def test_nothing_is_tried_that_costs_money_or_is_not_needed():
    assert not [call for call in READS if is_charged(*call)]
    assert set(READS) <= ALLOWED
    assert {(each.service, each.operation) for each in probes({("iam", "ListUsers")}, BOOK, PLACE, NOW)} == {
        ("iam", "ListUsers")
    }


def test_what_the_runbook_does_not_name_is_not_tried():
    bare = BOOK.model_copy(
        update={
            "cdn": None,
            "rds": None,
            "waf": None,
            "ecs": None,
            "alb": None,
            "log_groups": (),
            "dashboard": None,
        }
    )
    services = {each.service for each in probes(declared(BOOK).reads, bare, PLACE, NOW)}
    assert not {"cloudfront", "athena", "wafv2", "elbv2", "ecs"} & services


def test_few_log_groups_are_read_and_global_services_in_their_region():
    (group, *_rest) = BOOK.log_groups
    many = tuple(group.model_copy(update={"id": f"/group/{number}"}) for number in range(9))
    book = BOOK.model_copy(update={"log_groups": many})
    tried = probes(declared(book).reads, book, PLACE, NOW)
    assert sum(each.operation == "FilterLogEvents" for each in tried) == GROUPS
    assert {each.region for each in tried if each.service in ("account", "budgets", "pricing")} == {GLOBAL}
    assert {each.region for each in tried if each.service == "ecs"} == {None}
