"""AWS on loopback for steps that read from it."""

from __future__ import annotations

from tests.s3server import aws, aws_server

__all__ = ["aws", "aws_server"]
