"""Models are read with their headers held to account, and ordered by what they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.models.graph import Reach, load_models
from tests.models.building import MODELS, read_models, write_models

DAILY = MODELS["intermediate/pairs"]
ROLLUP = MODELS["marts/actions"]


def test_each_comes_after_what_it_needs(tmp_path: Path) -> None:
    """The order follows from what the SQL reads, and from what checks compare with."""
    models = read_models(tmp_path)
    assert models.names == ("calls", "actions", "pairs", "near", "near_days")
    assert models["actions"].layer == "marts"
    assert models.needs("near_days") == {"near"}


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ([], {"calls", "actions", "pairs", "near", "near_days"}),
        (["pairs"], {"pairs"}),
        (["near+"], {"near", "near_days"}),
        (["+near"], {"calls", "pairs", "near"}),
        (["+near+"], {"calls", "pairs", "near", "near_days"}),
        (["actions", "near"], {"actions", "near"}),
    ],
)
def test_select_takes_what_is_before_and_after(
    tmp_path: Path, wanted: list[str], chosen: set[str]
) -> None:
    """`name+` adds what depends on it, `+name` what it needs."""
    assert set(read_models(tmp_path).select(wanted)) == chosen


def test_a_view_is_seen_through(tmp_path: Path) -> None:
    """How far a model looks counts for what the views it reads are made of."""
    models = read_models(tmp_path)
    assert models.reaches("pairs") == {"cloudtrail_logs": Reach(2, 1), "accounts": Reach(2, 1)}
    assert models.reaches("near_days") == {"pairs": Reach(1, 0)}
    assert models.views("near_days") == ("near",)


def _with(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pairs", _with(DAILY, "lookback:", "look_back:"), "pairs.sql:6: unknown key look_back"),
        ("pairs", _with(DAILY, "materialize: daily", "materialize: table"), "pairs.sql:5: mater"),
        ("pairs", _with(DAILY, "2 days", "two days"), "pairs.sql:6: lookback"),
        ("pairs", _with(DAILY, "lookback: 2 days", "lookback: {other: 2 days}"), "other"),
        ("pairs", _with(DAILY, "  unique:", "  distinct:"), "pairs.sql:9: unknown check distinct"),
        ("pairs", _with(DAILY, "n_near: how many, ", ""), "n_near is not told of"),
        ("pairs", _with(DAILY, "n_near: how", "n_far: how"), "n_near is not told of"),
        ("pairs", _with(DAILY, "event_id]\n  not", "other]\n  not"), "other is no column"),
        ("pairs", _with(DAILY, "calls as here", "cals as here"), "no table cals"),
        ("pairs", _with(DAILY, "min(near.event_time)", "now()"), "now() gives"),
        ("pairs", _with(DAILY, "group by all", "where account_name = $name"), "no parameters"),
        ("pairs", _with(DAILY, "calls as", "cloudtrail_logs as"), "pairs.sql:17: it reads cloud"),
        (
            "pairs",
            _with(DAILY, "columns: {event_date: day, ", "columns: {"),
            "event_date, which is",
        ),
        ("actions", _with(ROLLUP, "key: [action]\n", ""), "a rollup without key or merge"),
        ("actions", _with(ROLLUP, "  n_calls: sum\n", ""), "n_calls is to be in key or in merge"),
        ("actions", _with(ROLLUP, "n_calls: sum", "n_calls: mean"), "actions.sql:8: n_calls: mean"),
        ("actions", _with(ROLLUP, "latest(last_seen)", "latest(seen)"), "seen is no column"),
        ("actions", _with(ROLLUP, "    event_date,\n", ""), "the partial rows have no event_date"),
    ],
)
def test_a_wrong_model_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    """What is wrong with a model is said with its file, the line, and what to do."""
    (place,) = (place for place in MODELS if place.endswith(f"/{name}"))
    write_models(tmp_path, MODELS | {place: text})
    with pytest.raises(UsageError, match="queries/models/") as refused:
        load_models(tmp_path)
    assert said in str(refused.value)
    assert refused.value.next_step


def test_models_that_need_themselves_are_refused(tmp_path: Path) -> None:
    """A cycle is named in the order in which it is read."""
    near = _with(MODELS["intermediate/near"], "from pairs", "from near_days")
    near = _with(near, "event_id,\n    n_near", "'' as event_id,\n    n_rows as n_near")
    write_models(tmp_path, MODELS | {"intermediate/near": near.replace("n_near > 1", "n_rows > 1")})
    with pytest.raises(UsageError, match="models need themselves: near"):
        load_models(tmp_path)
