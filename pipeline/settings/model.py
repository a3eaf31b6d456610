"""The settings there are: their names, types, defaults and meanings."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pipeline.errors import UsageError
from pipeline.settings.age import parse_age

PREFIX = "TRAILHOUSE_"


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
        return {name: _property(value) for name, value in flatten(given)}


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
    retries: int = Field(
        8, ge=0, le=100, description="repetitions of a request that was throttled or cut"
    )


class IngestSettings(_Section):
    """How an ingest works."""

    decoders: int | None = Field(
        None, ge=1, le=256, description="threads that decode; not set: one for each processor"
    )
    readers: int = Field(16, ge=1, le=1024, description="threads that fetch objects")
    batch_records: int = Field(
        500_000, ge=1, description="records after which a batch is committed"
    )
    batch_seconds: float = Field(60, gt=0, description="age at which a batch is committed")
    batch_objects: int = Field(20_000, ge=1, description="objects after which a batch is committed")
    object_limit: int | None = Field(
        None,
        ge=1,
        description="most bytes one object may inflate to; not set: 400 MB, which keeps an "
        "ingest below 1 GiB of memory",
    )


class MaintainSettings(_Section):
    """What upkeep does, and how long what is old stays."""

    retain: str | None = Field(
        None,
        description="age at which days of events are removed; not set: never",
        examples=["400d"],
    )
    expire_after: str = Field(
        "30d", description="age at which a snapshot can no longer be asked, however few there are"
    )
    keep_snapshots: int = Field(
        100, ge=1, description="newest snapshots that stay; older ones are thinned out"
    )
    grace: str = Field("24h", description="how long a file stays that no snapshot names any more")

    @field_validator("retain", "expire_after", "grace")
    @classmethod
    def _age(cls, given: str | None, info: ValidationInfo) -> str | None:
        """Refuse what is no age as the settings are read, not first when upkeep runs."""
        try:
            if given or (given is not None and info.field_name != "retain"):
                parse_age(given)
        except UsageError as wrong:
            raise ValueError(str(wrong)) from wrong
        return given


class ContextSettings(_Section):
    """CSV files that say what the logs cannot: which accounts and people there are.

    `trailhouse build` makes tables of them, named as the settings are. Columns are found by
    their names in the first line; where a file is not given, what rests on it is unknown.
    """

    accounts: str | None = Field(
        None,
        description="account_id, account_name, organisational_unit, environment, owner, tags",
        examples=["accounts.csv"],
    )
    scopes: str | None = Field(
        None,
        description="named sets of accounts and resources: scope, account_id, resource_pattern",
    )
    identities: str | None = Field(
        None,
        description="who is behind a principal: principal_id, human, team, joined_date, left_date",
    )
    automation_roles: str | None = Field(
        None, description="principals that no human is behind: principal_id, automation, owner"
    )
    approvals: str | None = Field(
        None, description="who was allowed when: ticket, principal_id, starts_at, ends_at"
    )


class LibrarySettings(_Section):
    """Questions of one's own, which `trailhouse query` offers beside those of Trailhouse."""

    folder: str | None = Field(
        None,
        description="folder of .sql files with the header of a question; one with the name of a "
        "question of Trailhouse is asked in its place",
        examples=["questions"],
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
    context: ContextSettings = ContextSettings()
    library: LibrarySettings = LibrarySettings()
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


def names() -> list[str]:
    """Return the dotted names of all settings but those of a source."""
    return [name for name, _ in settings_of(Settings.model_construct())]


def variable(name: str) -> str:
    """Return the environment variable of a setting.

    >>> variable("s3.role_arn")
    'TRAILHOUSE_S3_ROLE_ARN'
    """
    return PREFIX + name.replace(".", "_").upper()


def flatten(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what nested tables hold, by dotted name."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def settings_of(model: BaseModel, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every setting of a model with its dotted name."""
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        shown = f"{before}{info.alias or name}"
        if isinstance(value, BaseModel):
            unset = before.startswith("sources") and not value.model_fields_set
            yield from () if unset else settings_of(value, f"{shown}.")
        elif isinstance(value, dict) and value:
            yield from ((f"{shown}.{key}", inner) for key, inner in value.items())
        elif name == "sources" and value:
            for number, source in enumerate(value):
                yield from settings_of(source, f"sources[{number}].")
        else:
            yield shown, value


def _property(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
