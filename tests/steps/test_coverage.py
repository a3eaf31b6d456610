"""Coverage: each hour of an account and region is told as events, silence, gap or unreadable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.lake.catalog import Lake, open_lake
from pipeline.sources.open import open_source
from pipeline.sources.options import S3Options
from pipeline.steps.coverage import Coverage, measure_coverage
from pipeline.steps.ingest import ingest
from tests.events import event as record
from tests.events import gzipped
from tests.lakerows import at, commit_rows, event
from tests.s3server import Aws

ACCOUNT, OTHER, REGION = "1" * 12, "2" * 12, "eu-west-1"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return open_lake(str(tmp_path / "lake"), create=True)


def _events(hours: Iterable[datetime], account: str = ACCOUNT) -> list[dict[str, Any]]:
    return [event(hour, recipientaccountid=account) for hour in hours]


def _object(
    delivered: datetime, account: str = ACCOUNT, place: str = "s3://b", **columns: Any
) -> dict[str, Any]:
    name = f"{account}_CloudTrail_{REGION}_{delivered:%Y%m%dT%H%M}Z_x.json.gz"
    return {
        "uri": f"{place}/AWSLogs/{account}/CloudTrail/{REGION}/{delivered:%Y/%m/%d}/{name}",
        "log_date": delivered.date(),
        "account_id": account,
        "region": REGION,
        "kind": "cloudtrail",
        "state": "done",
        "ingested_at": delivered + timedelta(days=1),
        "batch_id": "b",
        **columns,
    }


def _objects(hours: Iterable[datetime], *trail: str) -> list[dict[str, Any]]:
    """One object for each hour, delivered ten minutes after it with events from it."""
    return [
        _object(hour + timedelta(minutes=10), *trail, first_event_time=hour, last_event_time=hour)
        for hour in hours
    ]


def _commit(
    lake: Lake,
    events: list[dict[str, Any]],
    objects: list[dict[str, Any]] | None = None,
) -> None:
    days = defaultdict(list)
    for row in events:
        days[row["event_date"]].append(row)
    commit_rows(lake, *days.values(), **({"ingest_objects": objects} if objects else {}))


def _state(coverage: Coverage, hour: datetime, account: str = ACCOUNT) -> str | None:
    rows = coverage.hours.filter(account_id=account, hour=hour)
    return rows["state"].item() if rows.height else None


def _each_hour(first_day: int, last_day: int) -> list[datetime]:
    """Every hour of the days from the first to before the last."""
    return [at(day, hour) for day in range(first_day, last_day) for hour in range(24)]


def _office_hours(n_days: int, but: Iterable[int] = ()) -> list[datetime]:
    """Every hour from 7 to 18 of each day, but for some days."""
    return [at(day, hour) for day in range(n_days) for hour in range(7, 19) if day not in but]


def test_silence_within_the_rhythm_is_silent_beyond_it_a_gap(lake: Lake) -> None:
    """Nights are the rhythm of an office; a day without events is a gap, nights around included."""
    _commit(lake, _events(_office_hours(35, but=[31])))
    coverage = measure_coverage(lake)
    assert _state(coverage, at(30, 12)) == "events"
    assert _state(coverage, at(30, 3)) == "silent"
    assert _state(coverage, at(31, 12)) == "gap"
    gaps = coverage.gaps.to_dicts()
    assert [(g["from"], g["to"], g["silent_hours"], g["rhythm_hours"]) for g in gaps] == [
        (at(30, 19), at(32, 7), 36, 12)
    ]


@pytest.mark.parametrize(("n_silent", "is_gap"), [(12, False), (18, False), (19, True)])
def test_what_passes_the_rhythm_by_less_than_half_is_chance(
    lake: Lake, n_silent: int, is_gap: bool
) -> None:
    """One stretch in a hundred passes the 99th percentile though nothing is wrong."""
    hours = [hour for hour in _office_hours(35) if not 0 <= (hour - at(31, 7)).days < 1]
    resumed = at(30, 19) + timedelta(hours=n_silent)
    _commit(lake, _events([*hours, resumed]))
    gaps = measure_coverage(lake).gaps.filter(pl.col("from") < resumed)
    assert gaps.select("silent_hours", "rhythm_hours", "limit_hours").rows() == [
        (n_silent, 12, 18)
    ] * int(is_gap)


def test_a_trail_that_never_rests_has_a_gap_after_one_hour(lake: Lake) -> None:
    """Where no hour was silent in 28 days, one is beyond the rhythm."""
    hours = [at(0) + timedelta(hours=n) for n in range(24 * 30)]
    del hours[700]
    _commit(lake, _events(hours))
    gaps = measure_coverage(lake).gaps
    assert gaps.select("from", "silent_hours", "rhythm_hours").rows() == [
        (at(0) + timedelta(hours=700), 1, 0)
    ]


def test_a_young_trail_is_judged_by_all_it_has(lake: Lake) -> None:
    """In the first 28 days later nights count too, so the first night is no gap, an outage is."""
    _commit(lake, _events(_office_hours(12, but=[5])))
    coverage = measure_coverage(lake)
    assert _state(coverage, at(0, 22)) == "silent"
    assert coverage.gaps["from"].to_list() == [at(4, 19)]


def test_too_few_events_are_no_rhythm(lake: Lake) -> None:
    """With events in fewer than 24 hours silence is told as silence, without a limit."""
    busy = [at(0) + timedelta(hours=n) for n in range(24 * 10)]
    _commit(lake, _events(busy) + _events([at(0), at(1)], OTHER))
    hours = measure_coverage(lake).hours.filter(account_id=OTHER)
    assert set(hours["state"]) == {"events", "silent"}
    assert hours["limit_hours"].drop_nulls().is_empty()


def test_a_trail_is_known_from_its_first_sign_to_its_own_last(lake: Lake) -> None:
    """Without deliveries to go by, nothing after a trail's last event is judged."""
    _commit(lake, _events(_each_hour(0, 6)) + _events(_each_hour(1, 3), OTHER))
    coverage = measure_coverage(lake)
    assert coverage.known_until == at(5, 23)
    other = coverage.hours.filter(account_id=OTHER)["hour"]
    assert (other.min(), other.max()) == (at(1, 0), at(2, 23))
    assert coverage.trails["known_until"].to_list() == [at(5, 23), at(2, 23)]


def test_a_trail_that_stops_while_others_go_on_has_a_gap(lake: Lake) -> None:
    """What is delivered into the same place shows that more would have come."""
    going, stopped = _each_hour(0, 10), _each_hour(0, 6)
    _commit(
        lake,
        _events(going) + _events(stopped, OTHER),
        _objects(going) + _objects(stopped, OTHER),
    )
    coverage = measure_coverage(lake)
    assert coverage.gaps.select("account_id", "from", "to").rows() == [(OTHER, at(6, 0), at(9, 23))]


def test_an_archive_has_no_gap_after_its_end(lake: Lake) -> None:
    """A trail of another place that goes on says nothing of it."""
    going, archived = _each_hour(0, 10), _each_hour(0, 6)
    _commit(
        lake,
        _events(going) + _events(archived, OTHER),
        _objects(going) + _objects(archived, OTHER, "/mnt/archive"),
    )
    coverage = measure_coverage(lake)
    assert coverage.gaps.is_empty()
    assert dict(coverage.trails.select("account_id", "known_until").rows()) == {
        ACCOUNT: at(9, 23),
        OTHER: at(5, 23),
    }


@pytest.mark.parametrize("uri", ["/mnt/flat/a.json", "s3://copy/a.json"])
def test_the_time_of_a_file_or_a_copy_is_no_delivery(lake: Lake, uri: str) -> None:
    """An object without a time in its name counts at its last event, whenever it was stored."""
    flat = _object(
        at(5),
        uri=uri,
        account_id=None,
        region=None,
        modified=at(400),
        log_date=at(400).date(),
        first_event_time=at(0, 0),
        last_event_time=at(5, 23),
    )
    _commit(lake, _events(_each_hour(0, 6)), [flat])
    coverage = measure_coverage(lake)
    assert coverage.known_until == at(5, 23)
    assert coverage.gaps.is_empty()


def test_the_time_of_an_s3_object_is_its_delivery(lake: Lake) -> None:
    """Under a name with a day but no time, S3's own time says when."""
    plain = [
        _object(hour, modified=hour + timedelta(minutes=9), first_event_time=hour)
        | {"uri": f"s3://b/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{hour:%Y/%m/%d}/{hour:%H}.json"}
        for hour in _each_hour(0, 6)
    ]
    _commit(lake, _events(_each_hour(0, 5)), plain)
    coverage = measure_coverage(lake)
    assert coverage.known_until == at(5, 23)
    assert coverage.gaps["from"].to_list() == [at(5, 0)]
    assert coverage.hours["n_objects"].to_list() == [1] * 144


def test_one_object_far_behind_all_others_makes_no_gaps(lake: Lake) -> None:
    """Its own time does not show that everything until then has been delivered."""
    hours = _each_hour(0, 6)
    _commit(
        lake,
        _events([*hours, at(9)]) + _events(hours, OTHER),
        _objects([*hours, at(9)]) + _objects(hours, OTHER),
    )
    coverage = measure_coverage(lake)
    assert coverage.gaps.is_empty()
    assert coverage.known_until == at(5, 23)
    assert _state(coverage, at(9)) == "events"


def test_late_deliveries_make_no_gaps(lake: Lake) -> None:
    """Objects that only bring what was late come after all else of a trail that ended."""
    hours = _each_hour(0, 6)
    late = [_object(at(7, n), first_event_time=at(5), last_event_time=at(5)) for n in range(9)]
    _commit(lake, _events(hours), _objects(hours) + late)
    coverage = measure_coverage(lake)
    assert coverage.gaps.is_empty()
    assert coverage.known_until == at(5, 23)
    assert coverage.hours["n_late"].sum() == 9


@pytest.mark.parametrize("with_objects", [True, False])
def test_an_event_of_the_future_makes_no_gaps(lake: Lake, with_objects: bool) -> None:
    """A clock that was wrong is shown where it says it was, and moves nothing else."""
    hours = _each_hour(0, 6)
    _commit(lake, _events([*hours, at(9000)]), _objects(hours) if with_objects else None)
    coverage = measure_coverage(lake)
    assert coverage.gaps.is_empty()
    assert coverage.known_until == at(5, 23)
    assert coverage.hours["n_events"].sum() == len(hours) + 1


def test_an_object_that_could_not_be_read_is_a_hole_with_its_reason(lake: Lake) -> None:
    """Its hour, and the one before when it came early in it, cannot be told, events or not."""
    objects = [
        _object(at(1, 3, 5), state="archived"),
        _object(at(1, 8, 40), state="kms_denied"),
        _object(at(1, 12, 40)),
    ]
    _commit(lake, _events(_office_hours(3)), objects)
    coverage = measure_coverage(lake)
    assert [_state(coverage, at(1, hour)) for hour in (2, 3, 7, 8, 12)] == [
        "unreadable",
        "unreadable",
        "events",
        "unreadable",
        "events",
    ]
    day = coverage.days.filter(date=at(1).date()).to_dicts()[0]
    assert day["state"] == "unreadable"
    assert day["reasons"] == ["archived", "kms_denied"]
    assert (day["n_objects"], day["n_failed"], day["n_hours_unreadable"]) == (3, 2, 3)


def test_an_object_that_names_only_its_day_is_a_hole_of_the_day(lake: Lake) -> None:
    """Where neither the name nor S3 tells an hour, none of the day can be told."""
    plain = _object(
        at(1),
        uri=f"/mnt/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/10/02/x.json.gz",
        modified=at(300),
        state="broken",
    )
    _commit(lake, _events(_office_hours(3)), [plain])
    hours = measure_coverage(lake).hours.filter(state="unreadable")["hour"]
    assert hours.to_list() == _each_hour(1, 2)


def test_what_could_not_be_read_is_not_silence(lake: Lake) -> None:
    """Around a day of archived objects the nights stay nights."""
    archived = [_object(hour, state="archived") for hour in _office_hours(6) if hour.day == 4]
    _commit(lake, _events(_office_hours(6, but=[3])), archived)
    coverage = measure_coverage(lake)
    assert coverage.days["state"].to_list() == ["events"] * 3 + ["unreadable"] + ["events"] * 2
    assert coverage.gaps.is_empty()


def test_an_unreadable_digest_is_no_hole(lake: Lake) -> None:
    """It holds no events, also where its content could not be looked at."""
    digest = _object(at(1, 8, 40), state="archived")
    digest["uri"] = digest["uri"].replace("/CloudTrail/", "/CloudTrail-Digest/")
    _commit(lake, _events(_office_hours(3)), [digest])
    coverage = measure_coverage(lake)
    assert "unreadable" not in coverage.hours["state"]
    assert coverage.trails["n_digests"].to_list() == [1]


def test_the_newest_reading_of_an_object_counts(lake: Lake) -> None:
    """An object that was read in the end is no hole any more, and is counted once."""
    first = _object(at(1, 8, 40), state="denied")
    second = _object(at(1, 8, 40), ingested_at=at(9))
    _commit(lake, _events(_office_hours(3)), [first, second])
    coverage = measure_coverage(lake)
    assert _state(coverage, at(1, 8)) == "events"
    assert coverage.hours["n_objects"].sum() == 1


def test_late_objects_are_counted(lake: Lake) -> None:
    """An object whose first event is more than an hour older than itself came late."""
    objects = [
        _object(at(1, 8, 40), first_event_time=at(1, 8, 30)),
        _object(at(1, 9, 40), first_event_time=at(1, 6)),
    ]
    _commit(lake, _events(_office_hours(3)), objects)
    assert measure_coverage(lake).days["n_late"].to_list() == [0, 1, 0]


def test_digests_are_counted_beside(lake: Lake) -> None:
    """A digest is no log object; its place is counted for its account and region."""
    objects = [_object(at(1, 8, 40)), _object(at(1, 9), kind="digest")]
    _commit(lake, _events(_office_hours(3)), objects)
    coverage = measure_coverage(lake)
    trail = coverage.trails.to_dicts()[0]
    assert (trail["n_objects"], trail["n_digests"]) == (1, 1)
    assert coverage.hours["n_objects"].sum() == 1


def test_a_period_and_a_trail_can_be_chosen(lake: Lake) -> None:
    """A half-open period of one account says what the whole says of those hours."""
    hours = _office_hours(40, but=[35])
    _commit(lake, _events(hours) + _events(hours, OTHER))
    whole = measure_coverage(lake).hours
    start, end = at(35, 6), at(37)
    part = measure_coverage(lake, start=start, end=end, accounts=[OTHER], regions=[REGION]).hours
    chosen = pl.col("hour").is_between(start, end, closed="left")
    assert part.rows() == whole.filter(chosen, account_id=OTHER).rows()
    assert measure_coverage(lake, accounts=["3" * 12]).hours.is_empty()


def test_days_add_up_to_hours(lake: Lake) -> None:
    """Objects, events and states of the days are those of their hours."""
    _commit(lake, _events(_office_hours(35, but=[31])), [_object(at(1, 8, 40))])
    coverage = measure_coverage(lake)
    days = coverage.days
    for column in ("n_objects", "n_events"):
        assert days[column].sum() == coverage.hours[column].sum()
    counted = days.select(pl.sum_horizontal(pl.col("^n_hours_.*$"))).to_series().sum()
    assert counted == coverage.hours.height


def test_an_empty_lake_has_no_coverage(lake: Lake) -> None:
    """Nothing known is an empty answer, not an error."""
    coverage = measure_coverage(lake)
    assert coverage.hours.is_empty()
    assert coverage.days.is_empty()
    assert coverage.gaps.is_empty()
    assert coverage.known_until is None


def test_names_of_any_length_are_cut(lake: Lake) -> None:
    """What a record claims to be its account is not repeated in full for every hour."""
    long = {"recipientaccountid": "9" * 1_000_000, "awsregion": "r" * 1_000_000}
    _commit(lake, [event(at(day), **long) for day in range(40)])
    coverage = measure_coverage(lake)
    assert coverage.hours["n_events"].sum() == 40
    assert coverage.trails.select("account_id", "region", "n_events").rows() == [
        ("9" * 32 + "…", "r" * 32 + "…", 40)
    ]


def test_a_period_may_reach_to_the_ends_of_the_calendar(lake: Lake) -> None:
    """No period that can be written is too long to be asked for."""
    _commit(lake, _events(_office_hours(2)))
    whole = measure_coverage(lake).hours
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert measure_coverage(lake, start=first, end=last).hours.equals(whole)
    assert measure_coverage(lake, start=last).hours.is_empty()
    assert measure_coverage(lake, end=first).hours.is_empty()


def test_unknown_places_show_only_their_holes(lake: Lake) -> None:
    """Objects whose name tells no account are counted, and make no trail of their own."""
    nameless = _object(at(1, 8, 40), account_id=None, region=None)
    _commit(lake, _events(_office_hours(3)), [nameless])
    coverage = measure_coverage(lake)
    assert coverage.hours["account_id"].unique().to_list() == [ACCOUNT]
    assert coverage.trails.filter(account_id="")["n_objects"].to_list() == [1]


def test_archived_and_broken_objects_are_holes_from_bucket_and_folder_to_map(
    lake: Lake, aws: Aws, tmp_path: Path
) -> None:
    """What S3 keeps in Glacier and what is cut on disk is told for its hour, with its reason."""
    hours = {at(0, hour): _object(at(0, hour, 20))["uri"] for hour in range(6)}
    bodies = {
        uri.removeprefix("s3://b/"): gzipped(
            record(uri, eventTime=f"{hour:%FT%TZ}", awsRegion=REGION, recipientAccountId=ACCOUNT)
        )
        for hour, uri in hours.items()
    }
    names = list(bodies)
    bucket = aws.new_bucket()
    aws.put(bucket, {name: bodies[name] for name in names[:2]})
    aws.put(bucket, {names[2]: bodies[names[2]]}, StorageClass="GLACIER")
    for name in names[3:]:
        path = tmp_path / "trail" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bodies[name][: -12 if name == names[4] else None])
    s3 = open_source(f"s3://{bucket}", s3=S3Options(endpoint=aws.endpoint))
    summary = ingest(lake, [s3, open_source(str(tmp_path / "trail"))])
    assert summary.failures == {"archived": 1, "broken": 1}
    hours_told = measure_coverage(lake).hours.select("hour", "state", "reasons")
    unreadable = {at(0, 2): "archived", at(0, 4): "broken"}
    assert hours_told.rows() == [
        (hour, "unreadable", [unreadable[hour]]) if hour in unreadable else (hour, "events", [])
        for hour in hours
    ]
