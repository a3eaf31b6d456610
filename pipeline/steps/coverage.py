"""Tell what the lake holds of each account, region and hour, and where it is silent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from pipeline.ask.session import Snapshot, open_session
from pipeline.lake.catalog import Lake
from pipeline.queryfile import read_query

_RHYTHM = timedelta(days=56)  # 28 days to judge by, before a stretch that itself began long ago
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)
_STATES = pl.Enum(["silent", "events", "gap", "unreadable"])  # a day is as bad as its worst hour
_TRAIL = ["account_id", "region"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of each account and region over time.

    Attributes:
        hours: one row per account, region and hour; the columns of queries/lake/coverage_hours.
        trails: one row per account and region, over all time: first and last event, objects,
            unreadable ones, digests, and the hour until which it is known.
        known_until: the latest such hour of all.
    """

    hours: pl.DataFrame
    trails: pl.DataFrame
    known_until: datetime | None

    @property
    def days(self) -> pl.DataFrame:
        """One row per account, region and day; its state is the worst of its hours."""
        hour = pl.col("hour")
        return (
            self.hours.group_by(*_TRAIL, hour.dt.date().alias("date"), maintain_order=True)
            .agg(
                pl.col("n_objects", "n_failed", "n_late", "n_events").sum(),
                *(
                    (pl.col("state") == state).sum().cast(pl.Int64).alias(f"n_hours_{state}")
                    for state in _STATES.categories
                ),
                pl.col("reasons")
                .list.explode(keep_nulls=False, empty_as_null=False)
                .unique()
                .sort(),
                pl.col("state").cast(_STATES).max().cast(pl.String),
            )
            .sort(*_TRAIL, "date")
        )

    @property
    def gaps(self) -> pl.DataFrame:
        """One row per gap in the asked period: from, to, its length and the rhythm it broke.

        It is open when the trail is silent as far as it is known.
        """
        return (
            self.hours.filter(pl.col("state") == "gap")
            .group_by(*_TRAIL, "silent_since", maintain_order=True)
            .agg(
                pl.col("hour").min().alias("from"),
                (pl.col("hour").max() + timedelta(hours=1)).alias("to"),
                pl.col("silent_hours", "rhythm_hours", "limit_hours").first(),
                (pl.col("hour").max() + timedelta(hours=1) >= pl.col("known_until").first()).alias(
                    "is_open"
                ),
            )
            .sort("from", *_TRAIL)
        )


def measure_coverage(
    lake: Lake,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    accounts: Collection[str] = (),
    regions: Collection[str] = (),
) -> Coverage:
    """Tell what is known of each account, region and hour.

    Args:
        lake: the lake; one snapshot of it is read.
        start: the first instant to tell of; None: the first event.
        end: the instant to stop before; None: what is known last.
        accounts: accounts to tell of; empty: all.
        regions: regions to tell of; empty: all.
    """
    chosen: dict[str, object] = {
        "accounts": sorted(accounts) or None,
        "regions": sorted(regions) or None,
    }
    first = start or _BEGINNING
    period: dict[str, object] = {
        "read_from": first - _RHYTHM if first - _BEGINNING > _RHYTHM else _BEGINNING,
        "starts_at": first,
        "ends_at": end or _END,
    }
    with open_session(lake) as session:
        snapshot = session.snapshot()
        hours = _ask(snapshot, "lake/coverage_hours", period | chosen)
        objects = _ask(snapshot, "lake/coverage_trails", chosen)
    newest = hours["known_until"].max()
    return Coverage(
        hours=hours,
        trails=_trails(hours, objects),
        known_until=newest if isinstance(newest, datetime) else None,
    )


def _ask(snapshot: Snapshot, name: str, parameters: dict[str, object]) -> pl.DataFrame:
    with snapshot.sql(read_query(name).sql, parameters) as answer:
        return answer.polars()


def _trails(hours: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """Join what the ledger says of each trail with what the facts of the period say."""
    events = hours.group_by(_TRAIL).agg(
        pl.col("n_events").sum(),
        pl.col("known_until").max(),
        pl.col("hour").filter(pl.col("n_events") > 0).min().alias("first_hour"),
        pl.col("hour").filter(pl.col("n_events") > 0).max().alias("last_hour"),
        (pl.col("state") == "gap").sum().cast(pl.Int64).alias("n_hours_gap"),
    )
    joined = objects.join(events, on=_TRAIL, how="full", coalesce=True)
    counts = ["n_objects", "n_unreadable", "n_digests", "n_events", "n_hours_gap"]
    return joined.select(
        *_TRAIL,
        pl.min_horizontal("first_event_time", "first_hour").alias("first_seen"),
        pl.max_horizontal("last_event_time", "last_hour").alias("last_seen"),
        "known_until",
        *(pl.col(name).fill_null(0) for name in counts),
    ).sort(_TRAIL)
