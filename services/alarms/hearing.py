"""Whether a person would hear of an alarm: what going to ALARM sends."""

from services.aws.cloudwatch.alarms.sending import Sending, sending

__all__ = ["Sending", "sending"]
