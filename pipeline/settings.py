"""Settings: what trailhouse.toml, TRAILHOUSE_* variables and flags say, each with its origin.

Values are plain here; `pipeline.steps.configured` makes the options of the other parts of them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pipeline.errors import UsageError

PREFIX = "TRAILHOUSE_"
FILE = "trailhouse.toml"
_NOT_SETTINGS = frozenset({"TRAILHOUSE_CONFIG", "TRAILHOUSE_DEBUG"})
_SECRET = re.compile(
    r"password|secret|token|credential|access[-_.]?key|api[-_.]?key", re.IGNORECASE
)
_URI_PASSWORD = re.compile(r"(://[^:/?#@\s]*):[^@\s]*@")  # to the last @: a password may hold one
_URI_PARAMETER = re.compile(
    r"([?&][^=&\s]*(?:password|secret|token)[^=&\s]*)=[^&\s]*", re.IGNORECASE
)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CatalogSettings(_Section):
    """Where the lake's tables are registered and its state is kept."""

    type: str | None = Field(
        None, description="sql, rest or glue; not needed where the uri tells", examples=["rest"]
    )
    uri: str | None = Field(
        None,
        description="the catalog's address; not set: SQLite in the lake's folder",
        examples=["postgresql+psycopg://user:password@host/trailhouse"],
    )
    state: str | None = Field(
        None,
        description="SQL database for runs and leases; not set: the catalog's own where it is "
        "SQL, else SQLite in the lake's folder",
        examples=["postgresql+psycopg://user:password@host/trailhouse"],
    )
    cache: str = Field(
        "~/.cache/trailhouse", description="folder for copies of a lake on S3, kept for reading"
    )
    properties: dict[str, str] = Field(
        default_factory=dict,
        description="further PyIceberg properties, above all s3.* for a lake on S3",
        examples=['{"s3.endpoint" = "http://localhost:9000"}'],
    )

    @field_validator("properties", mode="before")
    @classmethod
    def _flat(cls, given: object) -> object:
        """Let TOML's dotted keys be what they look like: s3.endpoint = "…"."""
        if not isinstance(given, Mapping):
            return given
        return {name: _property(value) for name, value in _flatten(given)}


class S3Settings(_Section):
    """How log objects on S3 and notifications on SQS are reached."""

    endpoint: str | None = Field(None, description="URL of an S3 service that is not AWS's")
    region: str | None = Field(None, description="the bucket's region; not set: found out")
    profile: str | None = Field(None, description="profile of the AWS configuration files")
    role_arn: str | None = Field(None, description="role to assume for reading")
    external_id: str | None = Field(None, description="external id that the role asks for")
    anonymous: bool = Field(False, description="send unsigned requests, for public buckets")
    requester_pays: bool = Field(False, description="pay for reading a requester-pays bucket")
    max_connections: int = Field(32, ge=1, le=1024, description="requests at the same time")


class IngestSettings(_Section):
    """How an ingest works."""

    decoders: int | None = Field(
        None, ge=1, le=256, description="threads that decode; not set: one for each processor"
    )
    readers: int = Field(16, ge=1, le=1024, description="threads that fetch objects")
    batch_records: int = Field(
        1_000_000, ge=1, description="records after which a batch is committed"
    )
    batch_seconds: float = Field(60, gt=0, description="age at which a batch is committed")
    batch_objects: int = Field(20_000, ge=1, description="objects after which a batch is committed")
    object_limit: int | None = Field(
        None, ge=1, description="most bytes one object may inflate to; not set: a safe limit"
    )


class MaintainSettings(_Section):
    """What upkeep does, and how long what is old stays."""

    retain: str | None = Field(
        None,
        description="age at which days of events are removed; not set: never",
        examples=["400d"],
    )
    expire_after: str | None = Field(
        None,
        description="age at which snapshots can no longer be asked; not set: 30d",
        examples=["30d"],
    )
    grace: str | None = Field(
        None,
        description="age at which files no snapshot needs are removed; not set: 24h",
        examples=["48h"],
    )


class SourceSettings(_Section):
    """A source that `trailhouse ingest` reads when none is named."""

    location: str = Field(description="a path, a glob, s3://bucket/prefix or sqs://queue")
    accounts: tuple[str, ...] = Field((), description="only these accounts")
    regions: tuple[str, ...] = Field((), description="only these regions")
    start: str | None = Field(
        None, alias="from", description="only from this time on", examples=["7d"]
    )
    end: str | None = Field(None, alias="to", description="only before this time")
    s3: S3Settings = Field(
        default_factory=S3Settings, description="what differs from [s3] for this source"
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        nested_model_default_partial_update=True,
    )

    lake: str = Field("./lake", description="the lake: a folder, or s3://bucket/prefix")
    catalog: CatalogSettings = CatalogSettings()
    s3: S3Settings = S3Settings()
    ingest: IngestSettings = IngestSettings()
    maintain: MaintainSettings = MaintainSettings()
    sources: Annotated[tuple[SourceSettings, ...], NoDecode] = ()

    @field_validator("sources", mode="before")
    @classmethod
    def _sources(cls, given: object) -> object:
        """Take sources as text (words as a shell splits them), or each as text or a table."""
        if isinstance(given, str):
            given = json.loads(given) if given.lstrip().startswith("[") else shlex.split(given)
        if not isinstance(given, list | tuple):
            return given
        return [{"location": item} if isinstance(item, str) else item for item in given]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank flags over the environment over the file, whose content is given by load."""
        content = init_settings.init_kwargs.pop("_file", {})  # type: ignore[attr-defined]
        return init_settings, env_settings, InitSettingsSource(settings_cls, content)

    @classmethod
    def read(cls, flags: Mapping[str, Any], content: Mapping[str, Any]) -> Self:
        """Build settings from flags, the environment and a file's content."""
        return cls(**{**flags, "_file": content})


@dataclass(frozen=True, slots=True)
class Value:
    """One setting as it is in force."""

    name: str
    value: Any
    origin: str

    @property
    def shown(self) -> str:
        """The value as text, secrets masked."""
        return mask(self.name, self.value)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, the file they came from, and what flags said.

    Attributes:
        file: the settings file that was read; None where there is none.
        flags: what flags said, by section, so that it can outrank a source's own settings.
    """

    settings: Settings
    file: Path | None
    flags: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> list[Value]:
        """Return every setting with its value and where it came from."""
        return [
            Value(name, value, self._origin(name)) for name, value in _settings_of(self.settings)
        ]

    def _origin(self, name: str) -> str:
        """Return the origin of a setting: its own, else that of the table it is in."""
        parts = re.split(r"\.(?![^\[]*\])", name)
        for end in range(len(parts), 0, -1):
            origin = self.origins.get(".".join(parts[:end]))
            if origin:
                return origin
        return "default"


def load_settings(flags: Mapping[str, Any] | None = None, file: Path | None = None) -> Loaded:
    """Read the settings: flags over TRAILHOUSE_* variables over the file over defaults.

    Args:
        flags: settings by dotted name, such as `s3.profile`.
        file: the settings file; None: TRAILHOUSE_CONFIG, else trailhouse.toml of the working
            directory if there is one.

    Raises:
        UsageError: a file that is not there or no TOML, a name that is no setting, or a value
            that cannot be; with file and line, and the nearest name there is.
    """
    place = _find_file(file)
    text = _read_text(place) if place else ""
    content = _anchored(_parse(text, place), place.parent) if place else {}
    _check_environment()
    nested = _nest(flags or {})
    try:
        settings = Settings.read(nested, content)
    except ValidationError as wrong:
        raise _refusal(wrong, nested, content, place, text) from wrong
    return Loaded(settings, place, nested, _origins(flags or {}, content, place, text))


def mask(name: str, value: object) -> str:
    """Return a value as text with every secret in it hidden.

    >>> mask("catalog.uri", "postgresql://anna:pa@ss@host/db")
    'postgresql://anna:***@host/db'
    >>> mask("catalog.properties.s3.secret-access-key", "abc")
    '***'
    """
    if value is None:
        return ""
    if _SECRET.search(name):
        return "***"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return " ".join(mask(name, item) for item in value)
    return _URI_PARAMETER.sub(r"\1=***", _URI_PASSWORD.sub(r"\1:***@", str(value)))


def names() -> list[str]:
    """Return the dotted names of all settings but those of a source."""
    return [name for name, _ in _settings_of(Settings.model_construct())]


def variable(name: str) -> str:
    """Return the environment variable of a setting.

    >>> variable("s3.role_arn")
    'TRAILHOUSE_S3_ROLE_ARN'
    """
    return PREFIX + name.replace(".", "_").upper()


def _find_file(file: Path | None) -> Path | None:
    asked = file or (Path(named) if (named := os.environ.get("TRAILHOUSE_CONFIG")) else None)
    if asked is None:
        return Path(FILE) if Path(FILE).is_file() else None
    if not asked.is_file():
        raise UsageError(f"no settings file at {asked}", "give --config FILE, or leave it out")
    return asked


def _read_text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise UsageError(f"{place}: cannot be read: {wrong}", "make it readable UTF-8") from wrong


def _parse(text: str, place: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(wrong))
        where = f"{place}:{found[1]}:{found[2]}" if found else str(place)
        told = str(wrong).partition(" (at ")[0]
        step = 'text needs quotes: lake = "./lake"'
        raise UsageError(f"{where}: no valid TOML: {told}", step) from wrong


def _anchored(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Take relative paths of the file from the file's own folder."""
    if isinstance(content.get("lake"), str):
        content["lake"] = _anchor(content["lake"], folder)
    sources = content.get("sources")
    if isinstance(sources, list):
        content["sources"] = [
            _anchor(item, folder)
            if isinstance(item, str)
            else {**item, "location": _anchor(item["location"], folder)}
            if isinstance(item, dict) and isinstance(item.get("location"), str)
            else item
            for item in sources
        ]
    return content


def _anchor(path: str, folder: Path) -> str:
    if "://" in path or path == "-" or path.startswith("~") or folder == Path():
        return path
    return os.path.normpath(os.path.join(folder, path))


def _check_environment() -> None:
    """Refuse a variable that looks like a misspelt setting.

    Raises:
        UsageError: with the nearest name there is.
    """
    valid = {variable(name) for name in names()} | {variable("sources")} | _NOT_SETTINGS
    valid |= {variable(name) for name, info in Settings.model_fields.items() if info.annotation}
    for name in sorted(os.environ):
        if not name.startswith(PREFIX) or name in valid:
            continue
        near = get_close_matches(name, sorted(valid), 1, 0.85)
        if near:
            raise UsageError(f"{name}: no such setting", f"did you mean {near[0]}?")


def _nest(flags: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in flags.items():
        *sections, last = name.split(".")
        table = nested
        for section in sections:
            table = table.setdefault(section, {})
        table[last] = value
    return nested


def _flatten(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _property(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settings_of(model: BaseModel, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        shown = f"{before}{info.alias or name}"
        if isinstance(value, BaseModel):
            unset = before.startswith("sources") and not value.model_fields_set
            yield from () if unset else _settings_of(value, f"{shown}.")
        elif isinstance(value, dict) and value:
            yield from ((f"{shown}.{key}", inner) for key, inner in value.items())
        elif name == "sources" and value:
            for number, source in enumerate(value):
                yield from _settings_of(source, f"sources[{number}].")
        else:
            yield shown, value


def _origins(
    flags: Mapping[str, Any], content: Mapping[str, Any], place: Path | None, text: str
) -> dict[str, str]:
    origins = {
        name: _place(place, text, name.split("."))
        for name, _ in [*_flatten(content), *((section, None) for section in content)]
        if place and not (isinstance(content.get(name), Mapping))
    }
    sources = content.get("sources")
    for number, source in enumerate(sources if place and isinstance(sources, list) else []):
        origins[f"sources[{number}]"] = _place(place, text, ["sources", str(number)])
        for key in source if isinstance(source, dict) else ():
            origins[f"sources[{number}].{key}"] = _place(place, text, ["sources", str(number), key])
    for name in [*names(), "sources", "catalog", "s3", "ingest", "maintain"]:
        if os.environ.get(variable(name)):
            origins = {n: o for n, o in origins.items() if not n.startswith(f"{name}[")}
            origins[name] = variable(name)
    return origins | dict.fromkeys(flags, "flag")


def _place(place: Path | None, text: str, keys: list[str]) -> str:
    line = find_line(text, keys)
    return f"{place}:{line}" if line else str(place)


def find_line(text: str, keys: list[str]) -> int | None:
    """Return the line of a TOML text on which a key is set, or its table begins.

    Good enough for messages: keys within an inline table are found on its line.

    >>> find_line('lake = "x"\\n[s3]\\nprofile = "y"', ["s3", "profile"])
    3
    """
    table: list[str] = []
    arrays: dict[str, int] = {}
    best, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header and not line.lstrip().startswith(("[[[", '["', "['")):
            table = [part.strip(" \"'") for part in header[2].split(".")]
            if header[1] == "[[":
                arrays[header[2]] = arrays.get(header[2], -1) + 1
            if table[0] in arrays:
                table.insert(1, str(arrays[table[0]]))
            path = table
        else:
            key = re.match(r"\s*([\w\"'.-]+)\s*=", line)
            if not key:
                continue
            path = table + [part.strip(" \"'") for part in key[1].split(".")]
        if path == keys[: len(path)] and len(path) > depth:
            best, depth = number, len(path)
    return best


def _refusal(
    wrong: ValidationError,
    flags: Mapping[str, Any],
    content: Mapping[str, Any],
    place: Path | None,
    text: str,
) -> UsageError:
    """Say of the first problem what and where it is, and what would be right."""
    problem = wrong.errors(include_url=False, include_input=False)[0]
    keys = [str(part) for part in problem["loc"]]
    name = ".".join(keys)
    if _holds(flags, keys):
        where = "the command line"
    elif os.environ.get(variable(name)):
        where = variable(name)
    elif os.environ.get(variable(keys[0])):
        where = variable(keys[0])
    else:
        where = _place(place, text, keys)
    if problem["type"] == "extra_forbidden":
        valid = _names_beside(keys)
        near = get_close_matches(keys[-1], valid, 1, 0.5)
        step = f"did you mean {near[0]}?" if near else f"there is: {', '.join(valid)}"
        return UsageError(f"{where}: no setting is called {name}", step)
    told = problem["msg"].removeprefix("Value error, ")
    return UsageError(
        f"{where}: {name}: {told[:1].lower()}{told[1:]}", "see docs/settings.md for what it may be"
    )


def _holds(table: object, keys: list[str]) -> bool:
    for key in keys:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True


def _names_beside(keys: list[str]) -> list[str]:
    """Return the names that could stand where a wrong one does."""
    model: type[BaseModel] = Settings
    sections: dict[str, type[BaseModel]] = {
        "catalog": CatalogSettings,
        "s3": S3Settings,
        "ingest": IngestSettings,
        "maintain": MaintainSettings,
        "sources": SourceSettings,
    }
    for key in keys[:-1]:
        model = sections.get(key, model)
    return sorted(info.alias or name for name, info in model.model_fields.items())
