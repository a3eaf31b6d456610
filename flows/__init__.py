"""Prefect flows and deployments: calls, retries, artifacts; the work is in pipeline.steps.

Importing a flow contacts nothing and starts nothing. Prefect is an optional part of the
installation, and what is missing is said here, before any of its modules is looked for.
"""

from __future__ import annotations

from importlib.util import find_spec

from pipeline.errors import UsageError

if find_spec("prefect") is None:
    raise UsageError(
        "flows need Prefect, which is not installed", "run: pip install 'trailhouse[flows]'"
    )
