"""Files, folders and patterns as sources."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.errors import SourceError, UnreadableObject
from pipeline.lake.catalog import open_lake
from pipeline.sources import local
from pipeline.sources.local import LocalSource
from pipeline.sources.object import LogObject, Selection, Source
from pipeline.sources.open import open_source
from pipeline.sources.stdin import StdinSource
from pipeline.steps.ingest import ingest
from tests.events import event, gzipped

DAYS = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01"


def fill(root: Path, *names: str) -> None:
    """Put a small object under each name."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzipped(event(name)))


def listed(source: Source) -> list[LogObject]:
    """Return the objects of a source."""
    return [LogObject(**row) for batch in source.find() for row in batch.to_pylist()]


def names(source: Source, root: Path) -> list[str]:
    """Return what was found, below a root."""
    return [item.uri.removeprefix(f"{root}/") for item in listed(source)]


def test_examples_hold() -> None:
    """The examples in the module are true."""
    assert doctest.testmod(local).failed == 0


def test_a_file_has_its_facts(tmp_path: Path) -> None:
    """A file is one object: its absolute path, size and time of change."""
    fill(tmp_path, "a.log")
    os.utime(tmp_path / "a.log", ns=(0, 1_700_000_000_123_456_789))
    [item] = listed(open_source(str(tmp_path / "a.log")))
    assert item == LogObject(
        str(tmp_path / "a.log"),
        (tmp_path / "a.log").stat().st_size,
        datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC),
    )


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file is the same object, from wherever it is named."""
    fill(tmp_path, "a.log")
    monkeypatch.chdir(tmp_path)
    assert listed(open_source("a.log")) == listed(open_source(str(tmp_path / "a.log")))


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    """All names of all depths are taken, whatever their ending, sorted within each folder."""
    fill(tmp_path, "b.json.gz", "a.json", "c", "deep/er/d.ndjson", "deep/a.txt")
    assert names(open_source(str(tmp_path)), tmp_path) == [
        "a.json",
        "b.json.gz",
        "c",
        "deep/a.txt",
        "deep/er/d.ndjson",
    ]


def test_what_is_plainly_no_log_is_left_out_and_counted(tmp_path: Path) -> None:
    """Hidden files, a simulation's truth, tables, lakes and other services' logs are not read."""
    fill(
        tmp_path,
        "a.json",
        ".b.json",
        ".git/c.json",
        "truth.json",
        "truth-keys.parquet",
        "truth-sessions.parquet",
        "d.PARQUET",
        "lake/catalog.db",
        "lake/tables/x/metadata/1.metadata.json",
        "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/01/05/x.log",
        f"{DAYS}/05/y.json.gz",
    )
    source = open_source(str(tmp_path))
    assert names(source, tmp_path) == ["a.json", f"{DAYS}/05/y.json.gz"]
    assert [text.removeprefix(f"{tmp_path}: ") for text in source.problems()] == [
        "3 left out (a simulation's truth)",
        "1 left out (folders of other services' logs)",
        "2 left out (hidden)",
        "1 left out (lakes)",
        "1 left out (tables and databases)",
    ]


@pytest.mark.parametrize("name", [".b.json", "truth.json", "d.parquet"])
def test_a_file_named_outright_is_taken(tmp_path: Path, name: str) -> None:
    """Whoever names a file wants that file."""
    fill(tmp_path, name)
    assert names(open_source(str(tmp_path / name)), tmp_path) == [name]


def test_a_pattern_gives_each_match_once(tmp_path: Path) -> None:
    """Folders that match are walked, and their files are not given a second time."""
    fill(tmp_path, "a/1.json", "a/b/2.json", "c.json", "d.txt")
    assert names(open_source(f"{tmp_path}/*.json"), tmp_path) == ["c.json"]
    assert sorted(names(open_source(f"{tmp_path}/**"), tmp_path)) == [
        "a/1.json",
        "a/b/2.json",
        "c.json",
        "d.txt",
    ]


@pytest.mark.parametrize("pattern", ["**", "**/*.json", "*", "lake/*", "l*/**/*"])
@pytest.mark.parametrize("catalog", ["lake/catalog.db", "elsewhere.db"])
def test_a_pattern_takes_nothing_of_a_lake(tmp_path: Path, pattern: str, catalog: str) -> None:
    """A lake's own files match as any do, wherever its catalog lies, and are no logs."""
    metadata = "tables/cloudtrail_logs/metadata/1.json"
    fill(tmp_path, "a.json", "logs/b.json", f"lake/{metadata}", "lake/state.db", f"{catalog}")
    source = open_source(f"{tmp_path}/{pattern}")
    assert [name for name in names(source, tmp_path) if name.startswith("lake")] == []
    assert f"{source.name}: 1 left out (lakes)" in source.problems()
    assert names(open_source(f"{tmp_path}/lake/{metadata}"), tmp_path) == [f"lake/{metadata}"]


def test_a_name_with_magic_characters_is_a_name_first(tmp_path: Path) -> None:
    """A file that exists under the very text is meant, even if the text could be a pattern."""
    fill(tmp_path, "a[1].json", "a1.json")
    assert names(open_source(f"{tmp_path}/a[1].json"), tmp_path) == ["a[1].json"]


@pytest.mark.parametrize("text", ["nowhere", "no*where", "nowhere/x.json"])
def test_nothing_there_is_an_error(tmp_path: Path, text: str) -> None:
    """A path that does not exist and a pattern without a match are most likely typed wrong."""
    with pytest.raises(SourceError, match=r"no.*where.*; check the"):
        open_source(f"{tmp_path}/{text}")


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    """A folder may be empty today: that is a result and no error."""
    assert listed(open_source(str(tmp_path))) == []


def test_loops_of_links_end(tmp_path: Path) -> None:
    """Each folder is walked once, under its own name, and files behind links are found."""
    fill(tmp_path / "in", "a/1.json")
    fill(tmp_path / "out", "2.json")
    (tmp_path / "in/a/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/0").symlink_to(tmp_path / "in/a")
    (tmp_path / "in/side").symlink_to(tmp_path / "out")
    (tmp_path / "in/self.json").symlink_to(tmp_path / "in/self.json")
    (tmp_path / "in/gone.json").symlink_to(tmp_path / "nowhere")
    source = open_source(str(tmp_path / "in"))
    assert names(source, tmp_path / "in") == [
        "gone.json",
        "self.json",
        "a/1.json",
        "side/2.json",
    ]


def test_a_link_to_nowhere_is_reported(tmp_path: Path) -> None:
    """What cannot be read is an object that failed, not one that never was."""
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    source = open_source(str(tmp_path))
    [item] = listed(source)
    with pytest.raises(UnreadableObject) as caught:
        source.read(item)
    assert caught.value.reason == "missing"


def test_names_of_odd_bytes_are_kept_and_read(tmp_path: Path) -> None:
    """A name that is no text goes through the lake and back without loss."""
    for name in (b"\xff\xfe.json", b"100%.json", "Prüfung.json".encode()):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(gzipped(event(name)))
    source = open_source(str(tmp_path))
    items = listed(source)
    assert sorted(item.uri for item in items) == sorted(
        [f"file://{tmp_path}/%FF%FE.json", f"{tmp_path}/100%.json", f"{tmp_path}/Prüfung.json"]
    )
    assert all(source.read(item) for item in items)
    lake = open_lake(str(tmp_path / ".lake"), create=True)
    assert ingest(lake, [source]).rows_added == 3
    assert ingest(lake, [source]).objects_new == 0


def test_a_file_that_changed_since_the_listing_is_broken(tmp_path: Path) -> None:
    """A file that is still being written is not taken in half."""
    fill(tmp_path, "a.json")
    source = open_source(str(tmp_path))
    [item] = listed(source)
    with (tmp_path / "a.json").open("ab") as file:
        file.write(b"more")
    with pytest.raises(UnreadableObject, match="listed with") as caught:
        source.read(item)
    assert caught.value.reason == "broken"


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (FileNotFoundError(), "missing"),
        (PermissionError(), "denied"),
        (OSError(5, "Input/output error"), "failed"),
    ],
)
def test_why_a_file_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: OSError, reason: str
) -> None:
    """Each refusal of the system has its word for the ledger."""
    fill(tmp_path, "a.json")
    source = open_source(str(tmp_path))
    [item] = listed(source)

    def refuse(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(UnreadableObject) as caught:
        source.read(item)
    assert caught.value.reason == reason


def test_a_folder_that_may_not_be_entered_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its logs are missing, and the run says so and goes on."""
    fill(tmp_path, "a/1.json", "b/2.json")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", guarded)
    assert names(open_source(str(tmp_path)), tmp_path) == ["a/", "b/2.json"]


def test_a_selection_looks_at_names(tmp_path: Path) -> None:
    """Days, accounts and regions choose by name; a name that tells nothing is taken."""
    fill(tmp_path, *(f"{DAYS}/{day:02d}/x.json.gz" for day in range(1, 6)), "other.json")
    day = Selection(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    assert names(open_source(str(tmp_path), day), tmp_path) == [
        "other.json",
        f"{DAYS}/02/x.json.gz",
        f"{DAYS}/03/x.json.gz",
    ]
    other = Selection(accounts=frozenset({"999999999999"}))
    assert names(open_source(str(tmp_path), other), tmp_path) == ["other.json"]


def test_standard_input_is_known_the_second_time(tmp_path: Path) -> None:
    """The same bytes piped in twice are one object; other bytes are another."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    stored = gzipped(event(1), event(2))
    assert ingest(lake, [StdinSource(stream=BytesIO(stored))]).rows_added == 2
    assert ingest(lake, [StdinSource(stream=BytesIO(stored))]).objects_new == 0
    assert ingest(lake, [StdinSource(stream=BytesIO(gzipped(event(3))))]).rows_added == 1
    assert ingest(lake, [StdinSource(stream=BytesIO(b""))]).objects_found == 0


def test_standard_input_is_bounded() -> None:
    """What would not fit is refused with another way to do it."""
    with pytest.raises(SourceError, match="store it as files"):
        listed(StdinSource(stream=BytesIO(b"x" * 2_000_001), limit=2_000_000))


def test_an_unknown_scheme_names_the_known_ones() -> None:
    """The error says what a source can be."""
    with pytest.raises(SourceError, match=r"no sources on gs://; give a path, s3://"):
        open_source("gs://bucket/logs")


def test_a_file_beyond_all_bounds_is_not_read(tmp_path: Path) -> None:
    """What could not be taken in anyway never reaches memory, and costs no other file."""
    fill(tmp_path / "in", "a.json")
    with (tmp_path / "in/huge.json").open("wb") as huge:
        huge.truncate(1 << 40)
    lake = open_lake(str(tmp_path / "lake"), create=True)
    summary = ingest(lake, [open_source(str(tmp_path / "in"))])
    assert (summary.rows_added, dict(summary.failures)) == (1, {"too_large": 1})


def test_a_pipe_is_read_like_standard_input(tmp_path: Path) -> None:
    """What a shell's <(…) gives can be read once, and is known by its content."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: Path(pipe).write_bytes(gzipped(event(1))))
    writer.start()
    assert ingest(lake, [open_source(pipe)]).rows_added == 1
    writer.join()


def test_a_folder_of_odd_bytes_can_be_named(tmp_path: Path) -> None:
    """A source's name is text that can be stored, and its uri names it too."""
    folder = f"{tmp_path}/\udcff"
    fill(Path(folder), "a.json")
    found = open_source(folder)
    assert found.name == f"file://{tmp_path}/%FF"
    assert [item.uri for item in listed(found)] == [f"file://{tmp_path}/%FF/a.json"]
    assert listed(open_source(found.name)) == listed(found)


def test_opening_a_source_loads_no_library_it_does_not_use() -> None:
    """A run over local files does not wait for what speaks to AWS."""
    code = (
        "import sys, pipeline.sources.open, pipeline.sources.local, pipeline.sources.s3;"
        "import pipeline.sources.sqs;"
        "print([name for name in ('boto3', 'botocore', 'obstore') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.soak
def test_three_hundred_thousand_files_are_listed_fast(tmp_path: Path) -> None:
    """A listing of 300,000 files takes seconds and holds a batch at a time."""
    for number in range(300_000):
        if number % 1000 == 0:
            folder = tmp_path / f"{number // 1000:03d}"
            folder.mkdir()
        (folder / f"{number:06d}.json.gz").touch()
    started = time.monotonic()
    batches = LocalSource(str(tmp_path)).find()
    assert sum(map(len, batches)) == 300_000
    assert time.monotonic() - started < 10


def test_what_gives_bytes_without_end_is_not_read(tmp_path: Path) -> None:
    """Devices and pipes behind links are left out of folders, and refused when they get there."""
    fill(tmp_path, "a.json")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "pipe.json").symlink_to(tmp_path / "pipe")
    source = LocalSource(str(tmp_path))
    assert names(source, tmp_path) == ["a.json"]
    assert source.problems() == [f"{tmp_path}: 3 left out (no regular files)"]
    for name in ("zero.json", "pipe.json"):
        with pytest.raises(UnreadableObject, match="is no regular file"):
            source.read(LogObject(str(tmp_path / name)))


def test_a_file_that_grows_is_read_no_further_than_listed(tmp_path: Path) -> None:
    """What is written after the listing does not grow the read: it is broken, and read again."""
    (tmp_path / "a.json").write_bytes(b"x" * 1000)
    with pytest.raises(UnreadableObject, match="listed with 10 bytes, read with more"):
        LocalSource(str(tmp_path)).read(LogObject(str(tmp_path / "a.json"), 10))


def test_an_empty_name_is_no_source() -> None:
    """An unset variable of a script does not mean the current folder."""
    with pytest.raises(SourceError, match="a source without a name; give a path"):
        open_source("")
