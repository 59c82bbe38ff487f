# ruff: noqa: F401  imported for their registration
import services.demo.cloudwatch.alarms.describe_handlers
import services.demo.cloudwatch.alarms.handlers
import services.demo.cloudwatch.alarms.mute_handlers
import services.demo.cloudwatch.dashboard_handlers
import services.demo.cloudwatch.metrics.data_handlers
import services.demo.cloudwatch.metrics.handlers
