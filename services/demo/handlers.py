"""Imports every module with handlers, which registers them."""

# ruff: noqa: F401  imported for their registration
import services.demo.athena
import services.demo.autoscaling_handlers
import services.demo.cloudfront
import services.demo.cloudtrail
import services.demo.cloudwatch.alarms.handlers
import services.demo.cloudwatch.dashboards
import services.demo.cloudwatch.metric_handlers
import services.demo.costs
import services.demo.ec2
import services.demo.ecs.deployment_handlers
import services.demo.ecs.handlers
import services.demo.iam
import services.demo.load_balancers
import services.demo.logs.filter_patterns
import services.demo.logs.handlers
import services.demo.logs.insights.handlers
import services.demo.minor_services
import services.demo.rds.change_handlers
import services.demo.rds.handlers
import services.demo.sts
import services.demo.waf
