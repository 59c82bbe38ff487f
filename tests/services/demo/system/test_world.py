"""The runbook's system lives: it is seeded, moves, agrees with itself and obeys."""

from typing import Any

import pytest

from services.demo import names
from tests.services.demo.client import ask, refused, sums
from tests.services.demo.logs.events import every

RESOURCE = "service/facility-prod-cluster/staff-api"
SCALING = "application-autoscaling"


async def alarms(embedded: Any) -> dict[str, str]:
    answer = await ask(
        embedded.url, "cloudwatch", "DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    rows = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return {row["AlarmName"]: row["StateValue"] for row in rows}


async def service(embedded: Any) -> dict[str, Any]:
    answer = await ask(
        embedded.url, "ecs", "DescribeServices", cluster=names.CLUSTER, services=[names.SERVICE]
    )
    assert answer["failures"] == []
    description: dict[str, Any] = answer["services"][0]
    return description


class TestSeed:
    async def test_every_alarm_of_the_runbook_is_ok(self, embedded):
        states = await alarms(embedded)
        low = [name for name in states if "AlarmLow" in name]
        assert len(low) == 1
        assert states.pop(low[0]) == "ALARM"
        assert set(states.values()) == {"OK"}
        assert set(states) > {
            "ecs-cpu-high",
            "ecs-memory-high",
            "rds-cpu-high",
            "rds-connections-high",
            "alb-5xx-error-rate",
            "alb-latency-high",
            "rds-storage-low",
            "facility-prod-critical",
        }

    async def test_the_rest_of_the_system(self, embedded):
        url = embedded.url
        body = await ask(url, "cloudwatch", "GetDashboard", DashboardName=names.DASHBOARD)
        assert "5xx エラー率" in body["DashboardBody"]
        groups = await ask(url, "logs", "DescribeLogGroups")
        assert [each["logGroupName"] for each in groups["logGroups"]] == [
            names.DATABASE_LOG,
            names.APP_LOG,
            names.WAF_LOG,
        ]
        database = await ask(url, "rds", "DescribeDBInstances", DBInstanceIdentifier=names.DATABASE)
        assert database["DBInstances"][0]["BackupRetentionPeriod"] == 7
        balancers = await ask(url, "elbv2", "DescribeLoadBalancers", Names=["facility-prod-alb"])
        assert balancers["LoadBalancers"][0]["LoadBalancerArn"] == names.BALANCER_ARN
        target_groups = await ask(url, "elbv2", "DescribeTargetGroups", LoadBalancerArn=names.BALANCER_ARN)
        assert target_groups["TargetGroups"][0]["TargetGroupArn"] == names.GROUP_ARN
        await ask(url, "elbv2", "DescribeListeners", LoadBalancerArn=names.BALANCER_ARN)
        health = await ask(url, "elbv2", "DescribeTargetHealth", TargetGroupArn=names.GROUP_ARN)
        assert [row["TargetHealth"]["State"] for row in health["TargetHealthDescriptions"]] == ["healthy"] * 2
        assert (await service(embedded))["runningCount"] == 2
        tasks = await ask(url, "ecs", "ListTasks", cluster=names.CLUSTER, serviceName=names.SERVICE)
        task_details = await ask(url, "ecs", "DescribeTasks", cluster=names.CLUSTER, tasks=tasks["taskArns"])
        assert {task["lastStatus"] for task in task_details["tasks"]} == {"RUNNING"}
        definition = await ask(url, "ecs", "DescribeTaskDefinition", taskDefinition=f"{names.FAMILY}:42")
        assert definition["taskDefinition"]["revision"] == 42
        await ask(url, "ecs", "DescribeClusters", clusters=[names.CLUSTER])
        assert (await ask(url, "ecs", "ListServices", cluster=names.CLUSTER))["serviceArns"]

    async def test_who_am_i(self, embedded):
        me = await ask(embedded.url, "sts", "GetCallerIdentity")
        assert me["Account"] == "123456789012"
        role = {"RoleArn": "arn:aws:iam::123456789012:role/ops", "RoleSessionName": "tanaka"}
        taken = await ask(
            embedded.url, "sts", "AssumeRole", **role, SerialNumber="arn:aws:iam::1:mfa/t", TokenCode="123456"
        )
        assert taken["AssumedRoleUser"]["Arn"].endswith("assumed-role/ops/tanaka")
        refusal = await refused(
            embedded.url, "sts", "AssumeRole", **role, SerialNumber="arn:aws:iam::1:mfa/t", TokenCode="000000"
        )
        assert refusal[0] == "AccessDenied"

    @pytest.mark.slow
    async def test_the_same_world_every_time(self, embedded):
        lines, _ = await every(embedded.url, logGroupName=names.APP_LOG)
        before = embedded.world
        embedded.server.front.reset()
        assert embedded.world is not before
        again, _ = await every(embedded.url, logGroupName=names.APP_LOG)
        assert again == lines
        assert len(lines) > 5000


class TestAgreement:
    @pytest.mark.scenario("alb-5xx")
    async def test_errors_in_the_log_are_the_errors_that_are_counted(self, embedded):
        for _ in range(6):
            embedded.advance(60)
        start = int(embedded.clock.now().timestamp()) // 60 * 60 - 240
        # One in a hundred lines takes up to 95 s to become visible.
        embedded.advance(120)
        for minute in range(start, start + 180, 60):
            events, _ = await every(
                embedded.url,
                logGroupName=names.APP_LOG,
                startTime=minute * 1000,
                endTime=minute * 1000 + 59_999,
                filterPattern='{ $.level = "ERROR" && $.statusCode >= 500 }',
            )
            where = ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", [("LoadBalancer", names.BALANCER)])
            assert await sums(embedded.url, *where, minute, minute + 60) == [len(events)]
            assert len(events) > 5

    async def test_the_log_continues_between_minutes(self, embedded):
        first, _ = await every(embedded.url, logGroupName=names.APP_LOG)
        embedded.advance(20)
        second, _ = await every(embedded.url, logGroupName=names.APP_LOG)
        assert len(first) < len(second) < len(first) + 60


class TestObedience:
    async def test_update_service_moves_the_counts(self, embedded):
        await ask(
            embedded.url, "ecs", "UpdateService", cluster=names.CLUSTER, service=names.SERVICE, desiredCount=4
        )
        now = await service(embedded)
        assert (now["desiredCount"], now["runningCount"], now["pendingCount"]) == (4, 2, 2)
        embedded.advance(40)
        assert (await service(embedded))["runningCount"] == 4
        health = await ask(embedded.url, "elbv2", "DescribeTargetHealth", TargetGroupArn=names.GROUP_ARN)
        states = [row["TargetHealth"]["State"] for row in health["TargetHealthDescriptions"]]
        assert states.count("initial") == 2
        embedded.advance(60)
        events = (await service(embedded))["events"]
        assert "has reached a steady state" in events[0]["message"]

    async def test_a_deployment_replaces_the_tasks(self, embedded):
        before = {task.id for task in embedded.world.system.service.tasks}
        await ask(
            embedded.url,
            "ecs",
            "UpdateService",
            cluster=names.CLUSTER,
            service=names.SERVICE,
            forceNewDeployment=True,
        )
        assert [each["status"] for each in (await service(embedded))["deployments"]] == ["PRIMARY", "ACTIVE"]
        for _ in range(3):
            embedded.advance(60)
        now = await service(embedded)
        assert [each["rolloutState"] for each in now["deployments"]] == ["COMPLETED"]
        assert now["runningCount"] == 2
        alive = {task.id for task in embedded.world.system.service.alive(embedded.clock.now().timestamp())}
        assert not alive & before

    async def test_bounds_are_kept_at_once_and_what_is_omitted_stays(self, embedded):
        target = {
            "ServiceNamespace": "ecs",
            "ResourceId": RESOURCE,
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        await ask(embedded.url, SCALING, "RegisterScalableTarget", **target, MinCapacity=3)
        row = (await ask(embedded.url, SCALING, "DescribeScalableTargets", ServiceNamespace="ecs"))[
            "ScalableTargets"
        ][0]
        assert (row["MinCapacity"], row["MaxCapacity"]) == (3, 5)
        assert (await service(embedded))["desiredCount"] == 3
        assert (await refused(embedded.url, SCALING, "RegisterScalableTarget", **target, MaxCapacity=1))[
            0
        ] == "ValidationException"
        done = await ask(
            embedded.url, SCALING, "DescribeScalingActivities", ServiceNamespace="ecs", ResourceId=RESOURCE
        )
        assert done["ScalingActivities"][0]["Description"] == "Setting desired count to 3."

    async def test_a_scheduled_action_takes_effect(self, embedded):
        target = {
            "ServiceNamespace": "ecs",
            "ResourceId": RESOURCE,
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        action = {
            "ScheduledActionName": "revert",
            "Schedule": "at(2026-01-14T10:05:00)",
            "Timezone": "Asia/Tokyo",
        }
        await ask(
            embedded.url,
            SCALING,
            "PutScheduledAction",
            **target,
            **action,
            ScalableTargetAction={"MaxCapacity": 9},
        )
        shown = await ask(embedded.url, SCALING, "DescribeScheduledActions", ServiceNamespace="ecs")
        assert shown["ScheduledActions"][0]["ScheduledActionName"] == "revert"
        embedded.advance(360)
        row = (await ask(embedded.url, SCALING, "DescribeScalableTargets", ServiceNamespace="ecs"))[
            "ScalableTargets"
        ][0]
        assert row["MaxCapacity"] == 9
        assert (
            await refused(
                embedded.url, SCALING, "DeleteScheduledAction", **target, ScheduledActionName="revert"
            )
        )[0] == "ObjectNotFoundException"


class TestByHand:
    async def test_a_system_with_other_names(self, empty_aws):
        url = empty_aws.url
        assert await alarms(empty_aws) == {}
        await ask(url, "ecs", "CreateCluster", clusterName="c")
        await ask(
            url,
            "ecs",
            "RegisterTaskDefinition",
            family="web",
            containerDefinitions=[{"name": "web", "image": "x"}],
        )
        await ask(
            url, "ecs", "CreateService", cluster="c", serviceName="web", taskDefinition="web", desiredCount=3
        )
        empty_aws.advance(61)
        response = await ask(url, "ecs", "DescribeServices", cluster="c", services=["web", "none"])
        assert response["services"][0]["runningCount"] == 3
        assert response["failures"][0]["reason"] == "MISSING"
        target = {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/c/web",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        await ask(url, SCALING, "RegisterScalableTarget", **target, MinCapacity=1, MaxCapacity=4)
        settings = {
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        }
        await ask(
            url,
            SCALING,
            "PutScalingPolicy",
            **target,
            PolicyName="p",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=settings,
        )
        policies = await ask(url, SCALING, "DescribeScalingPolicies", ServiceNamespace="ecs")
        assert [alarm["AlarmName"].split("-")[2] for alarm in policies["ScalingPolicies"][0]["Alarms"]] == [
            "AlarmHigh",
            "AlarmLow",
        ]
        assert (await refused(url, "ecs", "DescribeServices", cluster="none", services=["x"]))[
            0
        ] == "ClusterNotFoundException"
