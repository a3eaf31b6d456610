"""Settings turned into what the parts of Trailhouse take: lakes, sources and options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pipeline.errors import UsageError
from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from pipeline.settings import Loaded, S3Settings, Settings, SourceSettings
from pipeline.sources.object import Selection, Source
from pipeline.sources.open import open_source
from pipeline.sources.options import S3Options
from pipeline.steps.times import parse_age, parse_time

if TYPE_CHECKING:
    from pipeline.ingest.run import IngestOptions
    from pipeline.steps.maintain import MaintainOptions


def configured_lake(settings: Settings, *, create: bool = False) -> Lake:
    """Open the lake that the settings name.

    Raises:
        LakeError: there is no lake, it was moved, or its catalog cannot be reached.
    """
    return open_lake(settings.lake, catalog_options(settings), create=create)


def catalog_options(settings: Settings) -> CatalogOptions:
    """Return how to reach the catalog.

    Properties alone, such as credentials for S3, do not make a catalog: a lake in a folder
    keeps its own then.
    """
    catalog = settings.catalog
    named = {key: value for key, value in (("type", catalog.type), ("uri", catalog.uri)) if value}
    is_needed = named or settings.lake.startswith("s3://")
    return CatalogOptions(
        properties={**catalog.properties, **named} if is_needed else {},
        cache=Path(catalog.cache),
        state=catalog.state or "",
    )


def ingest_options(settings: Settings) -> IngestOptions:
    """Return how an ingest works; what is not set is the ingest's own default."""
    from pipeline.ingest.run import IngestOptions  # what only asks does not load what ingests

    return IngestOptions(**_given(settings.ingest))


def maintain_options(settings: Settings) -> MaintainOptions:
    """Return what upkeep does.

    Raises:
        UsageError: an age that is none, with the name of the setting.
    """
    from pipeline.steps.maintain import MaintainOptions

    section = settings.maintain
    return MaintainOptions(
        keep_snapshots=section.keep_snapshots,
        expire_after=_age("expire_after", section.expire_after),
        grace=_age("grace", section.grace),
        retain=_age("retain", section.retain) if section.retain else None,
    )


def context_files(settings: Settings) -> Mapping[str, Path]:
    """Return the files of what the logs do not say, by the tables they become.

    Raises:
        UsageError: one is not there, with the name of the setting.
    """
    files = {name: Path(place).expanduser() for name, place in _given(settings.context).items()}
    for name, file in files.items():
        if not file.is_file():
            raise UsageError(
                f"context.{name}: no file at {file}",
                f"write {name}.csv there, or leave the setting out: what needs it is then unknown",
            )
    return files


def s3_options(settings: S3Settings) -> S3Options:
    """Return how S3 is reached."""
    return S3Options(**_given(settings))


def selection(
    start: str | None = None,
    end: str | None = None,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
) -> Selection:
    """Return which objects are wanted, from text.

    Raises:
        UsageError: a time that is none, or a period that ends before it begins.
    """
    first = parse_time(start) if start is not None else None
    last = parse_time(end) if end is not None else None
    if first and last and last <= first:
        raise UsageError(
            f"the period from {start} to {end} is empty", "--to must be later than --from"
        )
    return Selection(first, last, frozenset(accounts), frozenset(regions))


def configured_sources(loaded: Loaded, wanted: Selection | None = None) -> list[Source]:
    """Open the sources that the settings name.

    Args:
        loaded: the settings; what flags say of S3 outranks what a source says of itself.
        wanted: what is asked for on top; where it says nothing the source's own choice stays.

    Raises:
        UsageError: no source is named, or one's times cannot be read.
        SourceError: one cannot be opened.
    """
    if not loaded.settings.sources:
        raise UsageError(
            "no source is named",
            "run: trailhouse ingest SOURCE, or list sources in trailhouse.toml",
        )
    return [
        _open(loaded, source, number, wanted or Selection())
        for number, source in enumerate(loaded.settings.sources)
    ]


def named_sources(loaded: Loaded, names: Iterable[str], wanted: Selection) -> list[Source]:
    """Open the sources of these names, with the settings for S3.

    Raises:
        SourceError: one names no source, or nothing is there.
    """
    return [_open_source(name, wanted, loaded.settings.s3) for name in names]


def source_s3(loaded: Loaded, source: SourceSettings) -> S3Settings:
    """Return how a source's bucket is reached: flags over its own settings over the section."""
    flags: Mapping[str, Any] = loaded.flags.get("s3", {})
    own = source.s3.model_dump(exclude_unset=True)
    return loaded.settings.s3.model_copy(update={**own, **flags})


def _open(loaded: Loaded, source: SourceSettings, number: int, wanted: Selection) -> Source:
    try:
        own = selection(source.start, source.end, source.accounts, source.regions)
    except UsageError as wrong:
        raise UsageError(f"sources[{number}]: {wrong.what}", wrong.next_step) from wrong
    chosen = Selection(
        wanted.start or own.start,
        wanted.end or own.end,
        wanted.accounts or own.accounts,
        wanted.regions or own.regions,
    )
    return _open_source(source.location, chosen, source_s3(loaded, source))


def _open_source(location: str, wanted: Selection, s3: S3Settings) -> Source:
    return open_source(location, wanted, s3_options(s3))


def _age(name: str, text: str) -> timedelta:
    try:
        return parse_age(text)
    except UsageError as wrong:
        raise UsageError(f"maintain.{name}: {wrong.what}", wrong.next_step) from wrong


def _given(section: BaseModel) -> dict[str, Any]:
    """Return the values of a section that are set."""
    return section.model_dump(exclude_none=True)
