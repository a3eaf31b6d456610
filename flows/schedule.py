"""How a flow is deployed: by module, on a schedule, one run of a deployment at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

ONE_AT_A_TIME = ConcurrencyLimitConfig(
    limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
)
"""A run that comes due while one goes on is left out: the next takes in what it would have.

This saves work and is not what keeps the lake right; two runs at once would be right too.
"""


def deploy(
    flow: Flow[..., Any],
    name: str,
    *,
    interval: timedelta | None,
    cron: str | None,
    parameters: Mapping[str, Any] | None,
) -> RunnerDeployment:
    """Describe a deployment of a flow, to be given to `prefect.serve`; contacts nothing.

    Args:
        flow: a flow at the top of its module.
        name: the deployment's name, unique for the flow.
        interval: time between two runs; not used where there is a cron expression.
        cron: when to run, in UTC; None: by the interval; without both only when asked.
        parameters: the flow's parameters. Prefect keeps and shows them: no secrets.
    """
    return RunnerDeployment.from_flow(
        flow,
        name=name,
        interval=None if cron else interval,
        cron=cron,
        parameters=dict(parameters or {}),
        concurrency_limit=ONE_AT_A_TIME,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
