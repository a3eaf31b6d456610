"""Trailhouse: a lakehouse for AWS CloudTrail."""

__version__ = "0.1.0"
