"""What a simulation is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Plan:
    """A simulation to run; the same plan always gives the same bytes.

    accounts: how many the organisation has. days: how long the story is, from start (UTC).
    events: distinct events wanted, None for the natural number of an organisation that size.
    records_per_file: a fixed number for each object, None for natural delivery, which is one
    object or more for each 5 to 15 minutes of an account and region. duplicates: share of
    events delivered twice. late: share delivered late. organisation: whether the keys are
    those of an organisation trail.
    """

    accounts: int = 5
    seed: int = 1
    start: datetime = datetime(2026, 3, 2, tzinfo=UTC)
    days: float = 7.0
    events: int | None = None
    records_per_file: int | None = None
    duplicates: float = 0.02
    late: float = 0.005
    organisation: bool = True


def check_plan(plan: Plan) -> None:
    """Refuse a plan that cannot be simulated.

    Raises:
        UsageError: naming the field and what it may be.
    """
    problems = [
        (plan.start.tzinfo is None, "start has no time zone", "give a UTC time"),
        (
            not 1970 <= plan.start.year <= 9900,
            f"a start in the year {plan.start.year}",
            "ask for one from 1970 to 9900",
        ),
        (not 1 <= plan.accounts <= 5000, f"{plan.accounts} accounts", "ask for 1 to 5000"),
        (not 0 < plan.days <= 3660, f"{plan.days} days", "ask for more than 0, up to 3660"),
        (plan.events is not None and plan.events < 1, f"{plan.events} events", "ask for 1 or more"),
        (
            plan.records_per_file is not None and not 1 <= plan.records_per_file <= 100_000,
            f"{plan.records_per_file} records in a file",
            "ask for 1 to 100000",
        ),
        (
            not 0 <= plan.duplicates <= 1,
            f"{plan.duplicates} duplicates",
            "ask for a share of 0 to 1",
        ),
        (not 0 <= plan.late <= 1, f"{plan.late} late", "ask for a share of 0 to 1"),
    ]
    for wrong, what, next_step in problems:
        if wrong:
            raise UsageError(f"cannot simulate: {what}", next_step)
