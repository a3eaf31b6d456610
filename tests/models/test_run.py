"""A build keeps what was good, says what it does and why, and survives being killed."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.derived import derived_view, list_derived
from pipeline.lake.retain import retain
from pipeline.lake.snapshot import TableView
from pipeline.models.graph import Models
from tests.guarantees.worker import Fuse
from tests.lakerows import FIRST_DAY, Row, at, event
from tests.models.building import (
    ACCOUNTS,
    MODELS,
    add,
    contents,
    lake_of,
    read_models,
    run,
    snapshots,
    tables,
)

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([__name__])


def facts(*days: int) -> list[Row]:
    """Return three events of each day."""
    return [
        event(
            at(day, hour=n),
            10 * day + n,
            eventname=action,
            event_key=n,
            recipientaccountid=str(1 + n),
        )
        for day in days
        for n, action in enumerate("ABA")
    ]


@pytest.fixture
def models(tmp_path: Path) -> Models:
    """Return models of every kind."""
    return read_models(tmp_path / "models")


def _changed(folder: Path, name: str, *pairs: tuple[str, str]) -> Models:
    text = MODELS[name]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return read_models(folder, MODELS | {name: text})


def test_a_dry_run_says_what_would_be_built_and_why(models: Models, tmp_path: Path) -> None:
    """It tells days and reasons, of tables that follow from others too, and writes nothing."""
    lake = lake_of(tmp_path / "lake", facts(0, 1))
    first = run(lake, models, dry_run=True)
    assert {first[name].reason for name in ("pairs", "near_days", "actions")} == {"first build"}
    assert list_derived(lake) == []
    run(lake, models)
    add(lake, facts(2))
    before = snapshots(lake)
    told = run(lake, models, dry_run=True)
    assert snapshots(lake) == before
    assert told["actions"].reason == "1 new day"
    assert told["near_days"].state == "planned"
    built = run(lake, models, select=["+pairs"])
    assert built["pairs"].days == told["pairs"].days


def test_a_changed_reference_rebuilds_what_reads_it(models: Models, tmp_path: Path) -> None:
    """New names of accounts reach every row, of tables that read them through views too."""
    lake = lake_of(tmp_path / "lake", facts(0, 1))
    run(lake, models, select=["+pairs"])
    renamed = pa.table({"account_id": ["1"], "account_name": ["renamed"]})
    told = run(lake, models, renamed, select=["+pairs"], dry_run=True)
    assert told["pairs"].reason == "accounts changed"
    built = run(lake, models, renamed, select=["+pairs"])
    assert built["accounts"].state == "built"
    assert len(built["pairs"].days) == 2
    assert "renamed" in str(contents(lake, "pairs"))
    assert run(lake, models, renamed, select=["+pairs"])["pairs"].state == "current"


def test_a_failed_check_keeps_the_last_good_table(tmp_path: Path) -> None:
    """Nothing of the model is committed, what depends on it stops, the failing rows are shown."""
    folder = tmp_path / "models"
    strict = _changed(folder, "intermediate/pairs", ("n_near > 0", "n_near < 4"))
    lake = lake_of(tmp_path / "lake", facts(0))
    assert run(lake, strict)["pairs"].state == "built"
    good = tables(lake)
    add(lake, facts(1))
    built = run(lake, strict)
    assert built["pairs"].state == "failed"
    assert built["near_days"].state == "stopped"
    assert "near" in built["near_days"].reason
    assert built["actions"].state == "built"
    (failure,) = built["pairs"].failures
    assert failure.check == "rows: some"
    assert failure.n_rows == len(failure.examples) == 4
    assert contents(lake, "pairs") == good["pairs"]
    assert contents(lake, "near_days") == good["near_days"]
    mended = read_models(folder, MODELS)
    assert run(lake, mended, select=["+near_days"])["near_days"].state == "built"


def test_a_failed_check_of_a_view_stops_what_reads_it(tmp_path: Path) -> None:
    """A view is checked over the days about to be built from it."""
    lake = lake_of(tmp_path / "lake", facts(0))
    strict = _changed(
        tmp_path / "models", "staging/calls", ("unique: [event_id]", "unique: [action]")
    )
    built = run(lake, strict)
    assert built["calls"].state == "failed"
    assert {built[name].state for name in ("pairs", "near", "near_days", "actions")} == {"stopped"}


@pytest.mark.parametrize("check", ["relationships", "reconciles"])
def test_checks_against_other_tables_hold_back_rows(tmp_path: Path, check: str) -> None:
    """What other tables do not know, or count otherwise, is not committed."""
    change = {
        "relationships": ("event_id: calls.event_id", "account_name: calls.event_name"),
        "reconciles": ("from cloudtrail_logs)", "from cloudtrail_logs) + 1"),
    }[check]
    if check == "relationships":
        change = ("{event_id: calls.event_id}", "{account_name: calls.action}")
    lake = lake_of(tmp_path / "lake", facts(0))
    models = _changed(tmp_path / "models", "intermediate/pairs", change)
    (failure,) = run(lake, models, select=["+pairs"])["pairs"].failures
    assert failure.check.startswith(check)
    assert "pairs" not in list_derived(lake)


def test_a_query_that_fails_on_the_rows_fails_its_model(tmp_path: Path) -> None:
    """DuckDB's words are the reason; other models are built."""
    models = _changed(
        tmp_path / "models",
        "intermediate/pairs",
        ("min(near.event_time)", "min(near.action::integer)"),
    )
    built = run(lake_of(tmp_path / "lake", facts(0)), models)
    assert built["pairs"].state == "failed"
    assert "Could not convert string 'A'" in built["pairs"].reason
    assert built["actions"].state == "built"


def test_days_out_of_retention_leave_the_models(models: Models, tmp_path: Path) -> None:
    """After retention the tables hold what a build of the rest holds."""
    lake = lake_of(tmp_path / "lake", facts(0, 1, 2, 31))
    run(lake, models)
    retain(lake, timedelta(days=5), now=at(7, hour=1))
    assert not any(str(FIRST_DAY) in row for row in contents(lake, "pairs"))
    assert "2 days gone" in run(lake, models)["pairs"].reason
    rest = lake_of(tmp_path / "rest", facts(2, 31))
    run(rest, models)
    assert tables(lake) == tables(rest)


def test_a_changed_model_changes_rows_and_columns_at_once(models: Models, tmp_path: Path) -> None:
    """Added, dropped and retyped columns come with the rows; the past is read as it was."""
    lake = lake_of(tmp_path / "lake", facts(0, 1))
    run(lake, models, select=["+pairs"])
    before = derived_view(lake, "pairs")
    pairs = MODELS["intermediate/pairs"]
    for old, new in (
        ("account_name: name, ", "kind: text, "),
        ("    here.account_name,\n", "    here.action as kind,\n"),
        ("count(*) as n_near", "count(*)::varchar as n_near"),
        ("n_near > 0", "n_near::integer > 0"),
    ):
        assert old in pairs
        pairs = pairs.replace(old, new)
    near = MODELS["intermediate/near"].replace("n_near > 1", "n_near > '1'")
    both = {"intermediate/pairs": pairs, "intermediate/near": near}
    changed = read_models(tmp_path / "models", MODELS | both)
    assert run(lake, changed, select=["+pairs"])["pairs"].reason == "model changed"
    after = derived_view(lake, "pairs")
    assert [f.name for f in after.schema.fields] == list(changed["pairs"].columns)
    kept = {f.name: f.field_id for f in before.schema.fields}
    assert after.schema.find_field("event_id").field_id == kept["event_id"]
    assert after.schema.find_field("n_near").field_id not in kept.values()
    whole = lake_of(tmp_path / "whole", facts(0, 1))
    run(whole, changed, select=["+pairs"])
    assert contents(lake, "pairs") == contents(whole, "pairs")
    past = TableView(after.table, before.snapshot_id)
    assert past.schema.fields == before.schema.fields


def test_another_way_to_divide_a_table_replaces_it_whole(tmp_path: Path) -> None:
    """A daily model that goes by another column is built anew in its place."""
    lake = lake_of(tmp_path / "lake", facts(0, 1))
    run(lake, read_models(tmp_path / "models"), select=["+near_days"])
    changed = _changed(
        tmp_path / "models",
        "marts/near_days",
        ("materialize: daily", "materialize: daily\nday: on_date"),
        ("{event_date: day", "{on_date: day"),
        ("unique: [event_date]", "unique: [on_date]"),
        ("    days.event_date,\n", "    days.event_date as on_date,\n"),
    )
    assert run(lake, changed, select=["+near_days"])["near_days"].state == "built"
    add(lake, facts(1, 2)[3:])
    run(lake, changed, select=["+near_days"])
    whole = lake_of(tmp_path / "whole", facts(0, 1, 2))
    run(whole, changed, select=["+near_days"])
    assert contents(lake, "near_days") == contents(whole, "near_days")


def test_what_is_not_built_yet_is_said(models: Models, tmp_path: Path) -> None:
    """A selected model whose source was never built names it and what to run."""
    lake = lake_of(tmp_path / "lake", facts(0))
    with pytest.raises(UsageError, match=r"no table pairs yet; run: .*--select \+near_days"):
        run(lake, models, select=["near_days"])


def test_running_twice_changes_nothing_and_full_builds_all_again(
    models: Models, tmp_path: Path
) -> None:
    """A second build commits nothing at all; --full rebuilds every day, to the same rows."""
    lake = lake_of(tmp_path / "lake", facts(0, 1))
    run(lake, models)
    metadata, before = snapshots(lake), tables(lake)
    assert {result.state for result in run(lake, models).values()} <= {"current", "view"}
    assert snapshots(lake) == metadata
    built = run(lake, models, full=True)
    assert {built[name].state for name in ("pairs", "near_days", "actions")} == {"built"}
    assert tables(lake) == before


FUSES = [
    Fuse("pipeline.lake.derived:_create", 3, after=True),
    Fuse("pipeline.models.make:replace_rows"),
    Fuse("pipeline.models.make:replace_rows", 2, after=True),
    Fuse("pipeline.lake.derived:_swap", after=True),
    Fuse("pipeline.lake.storage:LocalStorage.put", 2, after=True),
]


def _build(location: str, folder: str, fuse: Fuse) -> None:
    models = read_models(Path(folder))
    fuse.lay()
    run(open_lake(location), models, ACCOUNTS)


def _kill_at(lake: Lake, models: Models, folder: Path, fuses: Sequence[Fuse]) -> None:
    for day, fuse in enumerate(fuses, 1):
        before = {name: contents(lake, name) for name in list_derived(lake)}
        add(lake, facts(day))
        process = _server.Process(target=_build, args=(lake.location, str(folder / "models"), fuse))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, fuse
        killed = {name: contents(lake, name) for name in list_derived(lake)}
        run(lake, models)
        for name, rows in killed.items():
            assert rows in (before.get(name, []), contents(lake, name)), (name, fuse)
    whole = lake_of(folder / "whole", facts(*range(len(fuses) + 1)))
    run(whole, models)
    assert tables(lake) == tables(whole)


def test_kills_between_tables(models: Models, tmp_path: Path) -> None:
    """Killed between two tables, each is as it was or as it will be, and the next build ends."""
    fuses = [Fuse("pipeline.models.make:replace_rows", 2, after=True)]
    _kill_at(lake_of(tmp_path / "lake", facts(0)), models, tmp_path, fuses)


@pytest.mark.soak
def test_kills_at_the_worst_moments(models: Models, tmp_path: Path) -> None:
    """The same between any two steps of a commit, one after the other."""
    _kill_at(lake_of(tmp_path / "lake", facts(0)), models, tmp_path, FUSES)
