"""Imports every module with handlers, which registers them."""

# ruff: noqa: F401  imported for their registration
import services.demo.account_regions
import services.demo.athena.handlers
import services.demo.autoscaling.handlers
import services.demo.autoscaling.schedule_handlers
import services.demo.change_calendars
import services.demo.cloudfront.handlers
import services.demo.cloudtrail.handlers
import services.demo.cloudwatch.alarms.handlers
import services.demo.cloudwatch.dashboards
import services.demo.cloudwatch.metric_handlers
import services.demo.costs.handlers
import services.demo.ec2
import services.demo.ecs.definition_handlers
import services.demo.ecs.deployment_handlers
import services.demo.ecs.handlers
import services.demo.ecs.task_handlers
import services.demo.elb.handlers
import services.demo.iam.handlers
import services.demo.iam.sts
import services.demo.logs.filter_patterns
import services.demo.logs.handlers
import services.demo.logs.insights.description_handlers
import services.demo.logs.insights.handlers
import services.demo.logs.live
import services.demo.rds.change_handlers
import services.demo.rds.drill_handlers
import services.demo.rds.handlers
import services.demo.rds.option_handlers
import services.demo.s3
import services.demo.service_quotas
import services.demo.sns
import services.demo.waf.handlers
