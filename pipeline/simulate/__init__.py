"""A simulated organisation that writes CloudTrail trails, with the truth about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.simulate.plan import Plan
from pipeline.simulate.truth import Label, Truth, read_truth

if TYPE_CHECKING:
    from pipeline.simulate.run import Scenario

__all__ = ["Label", "Plan", "Truth", "read_truth", "simulate"]


def simulate(
    plan: Plan,
    out: Path,
    progress: Callable[[int], None] | None = None,
    scenarios: Sequence[Scenario] = (),
) -> Truth:
    """Write a trail as S3 would hold it, under out/AWSLogs, and the truth about it beside.

    The same plan always writes the same bytes. Memory does not grow with the events.

    Args:
        plan: what to simulate.
        out: a folder without a trail in it; it is made if need be.
        progress: called now and then with the number of events so far.
        scenarios: what happens beside the usual; their events are labelled in the truth.

    Raises:
        UsageError: the plan cannot be, or out holds a trail already.
    """
    from pipeline.simulate.run import run

    return run(plan, out, progress, scenarios)
