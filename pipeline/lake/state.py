"""The runs of a lake: which command ran when, with what, and how it ended."""

from __future__ import annotations

import json
import os
import platform
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import Row, insert, select, update

from pipeline.errors import LakeError, PipelineError
from pipeline.lake.catalog import Lake
from pipeline.lake.database import RUNS, Database

_BEAT = timedelta(seconds=20)
_SILENT = timedelta(minutes=3)
_SILENT_HERE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as it is on record.

    Attributes:
        state: running, done, failed (error says why) or interrupted: stopped by the user, or
            its process is gone.
        summary: what the run came to, as it said itself.
    """

    run_id: str
    command: str
    parameters: Mapping[str, Any]
    started_at: datetime
    ended_at: datetime | None
    state: str
    summary: Mapping[str, Any]
    error: str | None


@dataclass(slots=True)
class Run:
    """A run going on; set `summary` before it ends.

    While it lasts a thread says every now and then that it is alive. How the body ends is how
    the run ends; its error goes on to the caller.
    """

    database: Database
    command: str
    parameters: Mapping[str, Any]
    run_id: str = field(default_factory=lambda: _run_id())
    summary: dict[str, Any] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _beating: threading.Thread | None = None

    def __enter__(self) -> Self:
        now = moment_text(datetime.now(UTC))
        with self.database.write() as connection:
            connection.execute(
                insert(RUNS).values(
                    lake=self.database.lake,
                    run_id=self.run_id,
                    command=self.command,
                    parameters=_json(self.parameters),
                    started_at=now,
                    seen_at=now,
                    state="running",
                    machine=machine(),
                    pid=os.getpid(),
                )
            )
        self._beating = threading.Thread(target=self._beat, name="run", daemon=True)
        self._beating.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._beating:
            self._beating.join()
        ended = moment_text(datetime.now(UTC))
        self._update(
            ended_at=ended,
            seen_at=ended,
            state=_state(error),
            summary=_json(self.summary),
            error=_error_text(error),
        )

    def _beat(self) -> None:
        while not self._over.wait(_BEAT.total_seconds()):
            with suppress(LakeError):  # the next beat may reach it; a run does not end for this
                self._update(seen_at=moment_text(datetime.now(UTC)))

    def _update(self, **columns: str | None) -> None:
        mine = (RUNS.c.lake == self.database.lake) & (RUNS.c.run_id == self.run_id)
        with self.database.write() as connection:
            connection.execute(update(RUNS).where(mine).values(**columns))


def record_run(lake: Lake, command: str, parameters: Mapping[str, Any]) -> Run:
    """Put a run on record for as long as a `with` block lasts.

    Example:
        with record_run(lake, "ingest", {"sources": names}) as run:
            run.summary = {"rows_added": add(names)}

    Raises:
        LakeError: on entry, when the lake's database cannot be written.
    """
    return Run(lake.database, command, parameters)


def list_runs(lake: Lake, limit: int = 20) -> list[RunRecord]:
    """Return the newest runs, newest first; none where there is no database to read."""
    newest = (
        select(RUNS)
        .where(RUNS.c.lake == lake.database.lake)
        .order_by(RUNS.c.started_at.desc(), RUNS.c.run_id.desc())
        .limit(limit)
    )
    with lake.database.read() as connection:
        rows = connection.execute(newest).all() if connection else []
    return [_record(row) for row in rows]


def moment_text(moment: datetime) -> str:
    """Return an instant as text that sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@cache
def machine() -> str:
    """Name this machine since it was started, and the process ids' namespace within it."""
    facts = [platform.node()]
    with suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        facts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(facts)


def _run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"


def _record(row: Row[Any]) -> RunRecord:
    is_lost = row.state == "running" and not _is_alive(row)
    return RunRecord(
        run_id=row.run_id,
        command=row.command,
        parameters=json.loads(row.parameters),
        started_at=datetime.fromisoformat(row.started_at),
        ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
        state="interrupted" if is_lost else row.state,
        summary=json.loads(row.summary) if row.summary else {},
        error="its process is gone" if is_lost else row.error,
    )


def _is_alive(row: Row[Any]) -> bool:
    """Tell whether a run's process lives: here by its id, elsewhere by its last sign of life."""
    silent = datetime.now(UTC) - datetime.fromisoformat(row.seen_at)
    if row.machine != machine():
        return silent < _SILENT
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, as another user
    return silent < _SILENT_HERE


def _state(error: BaseException | None) -> str:
    if error is None:
        return "done"
    return "failed" if isinstance(error, Exception) else "interrupted"


def _error_text(error: BaseException | None) -> str | None:
    if error is None:
        return None
    if isinstance(error, PipelineError):
        return str(error)
    return "".join(traceback.format_exception_only(error)).strip()


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), default=str)
