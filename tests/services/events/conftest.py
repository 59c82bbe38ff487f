"""Fixtures of the AWS tests: an empty home, and a server that counts requests."""

from tests.services.aws.conftest import aws_home, clock, server

__all__ = ["aws_home", "clock", "server"]
