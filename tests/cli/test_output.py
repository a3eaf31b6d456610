"""Rows in every format: exact, harmless, whole files, and any number of them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline.cli.cells import escape_formula
from pipeline.cli.encode import unique, write_batches
from pipeline.cli.output import Output
from pipeline.cli.text import draw_table, elide, fit_widths, neutralise
from tests.cli.conftest import HOSTILE, Run, program

ODD = """
select
    9007199254740993::bigint as large,
    170141183460469231731687303715884105727::hugeint as huge,
    1.50::decimal(4, 2) as money,
    'nan'::double as no_number,
    timestamptz '2026-03-01 12:00:00.25' as moment,
    timestamptz '2026-03-01 12:00:10' as second,
    {'list': [1, 2], 'text': 'a'} as nested,
    map {'k': 1} as pairs,
    interval 26 hour as span,
    null as nothing,
    'x' as twice,
    'y' as twice,
    '\\x00\\xFF'::blob as bytes
"""


def test_json_is_exact(run: Run, lake: Path) -> None:
    """Integers keep every digit, times are ISO 8601 with Z, nested values are JSON."""
    (row,) = run("sql", ODD, "--lake", lake, "--format", "json").json
    assert row == {
        "large": 9007199254740993,
        "huge": 170141183460469231731687303715884105727,
        "money": 1.5,
        "no_number": None,
        "moment": "2026-03-01T12:00:00.25Z",
        "second": "2026-03-01T12:00:10Z",
        "nested": {"list": [1, 2], "text": "a"},
        "pairs": {"k": 1},
        "span": "1 day, 2:00:00",
        "nothing": None,
        "twice": "x",
        "twice_1": "y",
        "bytes": "AP8=",
    }


def test_csv_is_plain(run: Run, lake: Path) -> None:
    """A CSV has the same values as text, nested ones as JSON."""
    header, row = csv.reader(io.StringIO(run("sql", ODD, "--lake", lake, "--format", "csv").out))
    told = dict(zip(header, row, strict=True))
    assert told["large"] == "9007199254740993"
    assert told["money"] == "1.50"
    assert told["moment"] == "2026-03-01T12:00:00.25Z"
    assert told["nothing"] == ""
    assert json.loads(told["nested"]) == {"list": [1, 2], "text": "a"}


def test_parquet_has_the_types(run: Run, lake: Path) -> None:
    """A Parquet file has the columns with their types, whatever SQL's are."""
    assert run("sql", ODD, "--lake", lake, "--output", "odd.parquet").code == 0
    frame = pl.read_parquet("odd.parquet")
    assert frame["large"].to_list() == [9007199254740993]
    assert frame.schema["moment"] == pl.Datetime("us", "UTC")
    assert frame["twice_1"].to_list() == ["y"]


def test_empty_answers_have_a_form_too(run: Run, lake: Path) -> None:
    """No rows: an empty list, a header, nothing, a file with a schema."""
    query = ("sql", "select 1 as a where false", "--lake", lake)
    assert run(*query, "--format", "json").json == []
    assert run(*query, "--format", "csv").out == "a\n"
    assert run(*query, "--format", "jsonl").out == ""
    assert run(*query, "--format", "table").out.split()[0] == "a"
    run(*query, "-o", "none.parquet")
    assert pl.read_parquet("none.parquet").columns == ["a"]


def test_a_spreadsheet_runs_nothing(run: Run, lake: Path) -> None:
    """Text from a log that begins as a formula is made text; --raw-csv leaves it."""
    query = ("sql", "select useragent, -1 as n, '-1' as t from cloudtrail_logs limit 1")
    escaped = list(csv.reader(io.StringIO(run(*query, "--lake", lake, "-f", "csv").out)))
    assert escaped[1] == [f"'{HOSTILE}", "-1", "-1"]
    raw = run(*query, "--lake", lake, "-f", "csv", "--raw-csv").out
    assert list(csv.reader(io.StringIO(raw)))[1] == [HOSTILE, "-1", "-1"]


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    """Whatever the text: what is written is a number or begins harmlessly, and ends as it was."""
    cell = escape_formula(text)
    assert cell.endswith(text)
    if cell and cell[0] in "=+-@\t\r":
        float(cell)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(),
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "nested": st.none() | st.lists(st.fixed_dictionaries({"a": st.none() | st.text()})),
        }
    )
)
KINDS = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.int64()),
        ("nested", pa.list_(pa.struct({"a": "string"}))),
    ]
)


@settings(max_examples=25)
@given(ROWS)
def test_rows_come_back_as_they_were(rows: list[dict[str, object]]) -> None:
    """Whatever the values, and from a slice too: JSON lines and CSV read back are the rows."""
    table = pa.Table.from_pylist([{}, *rows], KINDS).slice(1)
    written = {}
    for kind in ("jsonl", "json", "csv"):
        out = io.BytesIO()
        write_batches(kind, table.to_reader(), out, raw_csv=True)
        written[kind] = out.getvalue().decode()
    assert [json.loads(line) for line in written["jsonl"].split("\n")[:-1]] == rows
    assert json.loads(written["json"]) == rows
    cells = list(csv.DictReader(io.StringIO(written["csv"], newline="")))
    assert [row["text"] for row in cells] == [row["text"] or "" for row in rows]
    assert [json.loads(row["nested"] or "null") for row in cells] == [row["nested"] for row in rows]


@given(st.text())
def test_neutral_text_has_nothing_to_obey(text: str) -> None:
    """Whatever the text: what is shown is printable, and printable text is shown as it is."""
    shown = neutralise(text)
    assert shown.isprintable()
    if text.isprintable():
        assert shown == text


@given(
    st.lists(st.lists(st.text("aé日\u200b ", max_size=60), min_size=3, max_size=3), max_size=5),
    st.integers(40, 120),
)
def test_a_table_fits_its_width(rows: list[list[str]], width: int) -> None:
    """Whatever the cells, wide characters included, no line is wider than the terminal."""
    shown = [[neutralise(cell) for cell in row] for row in rows]
    for line in draw_table(["one", "two", "three"], shown, width=width, width_of=cell_len):
        assert cell_len(line) <= width


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(0, 400))
def test_widths_fit_if_they_can(natural: list[int], room: int) -> None:
    """Columns get their natural width or less, never less than the least, and fit if possible."""
    least = [min(width, 8) for width in natural]
    widths = fit_widths(natural, least, room)
    assert all(low <= wide <= most for low, wide, most in zip(least, widths, natural, strict=True))
    assert sum(widths) <= max(room, sum(least))


@given(st.text(), st.integers(1, 30))
def test_cut_text_has_its_width(text: str, width: int) -> None:
    """A text cut to a width is no wider."""
    assert len(elide(text, width, "…")) <= max(width, 1)


@given(st.lists(st.sampled_from(["a", "b", "a_1", "a_2"]), max_size=8))
def test_column_names_become_unique(names: list[str]) -> None:
    """However often a name comes, each column has one of its own and keeps the beginning."""
    given_names = unique(names)
    assert len(set(given_names)) == len(names)
    assert all(new.startswith(old) for new, old in zip(given_names, names, strict=True))


def test_a_table_shows_the_first_rows(run: Run, lake: Path) -> None:
    """A long answer ends with how many rows are left, and how to get them."""
    ran = run("sql", "from range(1234)", "--lake", lake, "-f", "table", "--max-rows", "10")
    lines = ran.out.splitlines()
    assert len(lines) == 13
    assert lines[-1].startswith("… 1,224 more rows; see --max-rows, or --format csv")
    ran = run("sql", "from range(123)", "--lake", lake, "-f", "table", "--max-rows", "0")
    assert len(ran.out.splitlines()) == 125


def test_a_log_never_drives_the_terminal(run: Run, lake: Path) -> None:
    """Escape sequences and markup of a log are shown as text in a table."""
    query = "select useragent from cloudtrail_logs limit 1"
    ran = run("sql", query, "--lake", lake, "--format", "table")
    assert ran.out.splitlines()[-1] == r"=cmd()\x1b[31m\u202eevil[bold]"


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_no_format_drives_the_terminal(kind: str) -> None:
    """Data formats, too, are harmless where a terminal reads them."""
    table = pa.table({"text": [f"{HOSTILE}\x9b31m"]})
    out = io.BytesIO()
    write_batches(kind, table.to_reader(), out, is_terminal=True)
    assert all(line.isprintable() for line in out.getvalue().decode().splitlines())
    assert r"\x9b31m" in out.getvalue().decode()


def test_on_a_terminal_it_is_a_table(lake: Path) -> None:
    """Without --format a terminal gets a table, and nothing in it drives the terminal."""
    terminal, end = pty.openpty()
    query = "select 'a' || chr(27) || '[31m' as text, 2 as n"
    done = subprocess.run([*program(), "sql", query, "--lake", lake], stdout=end, stderr=end)
    os.close(end)
    shown = os.read(terminal, 10_000).decode()
    assert done.returncode == 0
    assert shown.split() == ["text", "n", "─" * 9, "─", r"a\x1b[31m", "2"]


def test_a_terminal_gets_no_parquet(run: Run, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet to a terminal is a usage error that says where it can go."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    ran = run("sql", "select 1", "--lake", lake, "--format", "parquet")
    assert (ran.code, ran.out) == (2, "")
    assert "parquet is not for a terminal; give --output FILE" in ran.err


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "json"])
@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["coverage", "--hours"],
        ["coverage", "--gaps"],
        ["quarantine", "list"],
        ["maintain", "--dry-run"],
        ["sql", "from cloudtrail_logs", "--explain"],
        ["config"],
    ],
)
def test_every_command_has_every_format(
    run: Run, lake: Path, kind: str, command: list[str]
) -> None:
    """Whatever prints data prints it in each format, also where a part of it is empty."""
    ran = run(*command, "--lake", lake, "--output", f"data.{kind}")
    assert ran.code == 0, ran.err
    assert Path(f"data.{kind}").stat().st_size > 0 or command[-1] == "--gaps"


@pytest.mark.parametrize(
    ("name", "first"), [("a.csv", "n"), ("a.json", "["), ("a.jsonl", '{"n":1}'), ("a.txt", "n")]
)
def test_a_file_has_the_format_of_its_ending(run: Run, lake: Path, name: str, first: str) -> None:
    """--output says the format by its ending; nothing is on standard output."""
    ran = run("sql", "select 1 as n", "--lake", lake, "--output", name)
    assert ran.out == ""
    assert Path(name).read_text().splitlines()[0] == first


def test_a_file_appears_when_it_is_whole(run: Run, lake: Path) -> None:
    """A query that fails half-way leaves the old file as it was, and no other."""
    Path("out.csv").write_text("old")
    query = "select case when i < 100000 then 1 else error('half-way') end from range(200000) r(i)"
    ran = run("sql", query, "--lake", lake, "--output", "out.csv")
    assert ran.code == 1
    assert Path("out.csv").read_text() == "old"
    assert [path.name for path in Path().iterdir()] == ["out.csv"]


def test_a_file_has_the_usual_rights(run: Run, lake: Path) -> None:
    """An output file is readable as any file the user makes."""
    Path("usual").write_text("")
    run("sql", "select 1", "--lake", lake, "--output", "out.csv")
    assert stat.S_IMODE(Path("out.csv").stat().st_mode) == stat.S_IMODE(
        Path("usual").stat().st_mode
    )


def test_a_file_that_cannot_be_made_is_a_usage_error(run: Run, lake: Path) -> None:
    """A folder that is not there is named."""
    ran = run("sql", "select 1", "--lake", lake, "--output", "no/such/out.csv")
    assert ran.code == 2
    assert "no/such/out.csv: no such file or directory" in ran.err


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv.gz"])
def test_an_unknown_ending_is_a_usage_error(run: Run, lake: Path, name: str) -> None:
    """A file that its ending would belie is not written; --format allows it."""
    ran = run("sql", "select 1", "--lake", lake, "--output", name)
    assert ran.code == 2
    assert "give --format" in ran.err
    assert run("sql", "select 1", "--lake", lake, "-o", name, "--format", "csv").code == 0


def test_a_link_is_followed(run: Run, lake: Path) -> None:
    """What a link points to is written, and the link stays."""
    Path("real.csv").write_text("old")
    Path("link.csv").symlink_to("real.csv")
    assert run("sql", "select 1 as n", "--lake", lake, "--output", "link.csv").code == 0
    assert Path("link.csv").is_symlink()
    assert Path("real.csv").read_text() == "n\n1\n"


def test_a_device_is_written_as_it_is(run: Run, lake: Path) -> None:
    """/dev/null and the like are written to, not replaced."""
    assert run("sql", "select 1", "--lake", lake, "--output", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


def test_wide_rows_become_records(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, rows with too many columns are shown one under another, fitting it."""
    from pipeline.cli import render

    monkeypatch.setattr(Output, "is_terminal", True)
    table = pa.table({f"column_{n}": ["value " * 20] for n in range(30)})
    lines = list(render._table(Output(asked="table"), table.to_reader(), (), render._Seen()))
    assert lines[0].startswith("── 1 ──")
    assert lines[1].startswith("column_0   value value")
    assert max(map(cell_len, lines)) <= 80


def test_a_narrow_table_cuts_what_says_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of columns give up before values, and these are cut in their middle; that is noted."""
    from pipeline.cli import render

    monkeypatch.setattr(Output, "is_terminal", True)
    seen = render._Seen()
    arn = "arn:aws:sts::111122223333:assumed-role/deploy/session-{}"
    table = pa.table(
        {"a_name_longer_than_its_values": ["x"], "arn": [arn.format("one")], "nothing_at_all": [""]}
    )
    lines = list(render._table(Output(asked="table"), table.to_reader(), (), seen))
    assert arn.format("one") in lines[-1]
    assert not seen.is_cut
    table = pa.table({"a": [arn.format(1)], "b": [arn.format(2)]})
    lines = list(render._table(Output(asked="table"), table.to_reader(), (), seen))
    assert [cell[-9:] for cell in lines[-1].split("  ")] == ["session-1", "session-2"]
    assert lines[-1].startswith("arn:aws:sts")
    assert seen.is_cut


def test_a_file_is_noted(run: Run, lake: Path) -> None:
    """What went to a file is said on standard error, unless it is to be quiet."""
    query = ("sql", "from range(59)", "--lake", lake, "--output", "ans.csv")
    assert run(*query).err == "59 rows to ans.csv\n"
    assert run(*query, "--quiet").err == ""
    assert run("status", "--lake", lake, "-o", "s.json").err == "written to s.json\n"


def test_memory_does_not_grow_with_the_rows(lake: Path) -> None:
    """Rows stream: many take no more memory than few, give or take a batch."""
    script = (
        "import resource, sys\n"
        "from pipeline.cli.main import run\n"
        "query = \"select i, 'text ' || i as t from range({}) r(i)\"\n"
        "peaks = []\n"
        "for rows in (50_000, 300_000):\n"
        f"    run(['sql', query.format(rows), '--lake', {str(lake)!r}, '-o', 'rows.jsonl'])\n"
        "    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        "print(*peaks)\n"
    )
    # A process counts as its own peak that of the one it was forked from, and this one is large:
    # so a small one stands in between.
    between = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))"
    command = [sys.executable, "-c", between, "-c", script]
    done = subprocess.run(command, capture_output=True, check=True)
    few, many = map(int, done.stdout.split())
    assert many - few < 30_000, "kilobytes"
