"""Read the settings, with the origin of each value, and say what is wrong with them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from pipeline.errors import UsageError
from pipeline.settings.mask import mask
from pipeline.settings.model import (
    PREFIX,
    CatalogSettings,
    ContextSettings,
    IngestSettings,
    LibrarySettings,
    MaintainSettings,
    S3Settings,
    Settings,
    SourceSettings,
    flatten,
    names,
    settings_of,
    variable,
)
from pipeline.settings.place import place_of

FILE = "trailhouse.toml"
_NOT_SETTINGS = frozenset({"TRAILHOUSE_CONFIG", "TRAILHOUSE_DEBUG"})


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
            Value(name, value, self._origin(name)) for name, value in settings_of(self.settings)
        ]

    def _origin(self, name: str) -> str:
        """Return the origin of a setting: its own, else that of the table it is in."""
        while name:
            if name in self.origins:
                return self.origins[name]
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
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
        raise _refusal(wrong, nested, place, text) from wrong
    except SettingsError as wrong:
        raise UsageError(
            f"{_section_of(wrong)}: no valid JSON", 'give an object, such as {"name": "value"}'
        ) from wrong
    return Loaded(settings, place, nested, _origins(flags or {}, content, place, text))


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
        told = getattr(wrong, "strerror", None) or wrong
        raise UsageError(f"{place}: cannot be read: {told}", "make it readable UTF-8") from wrong


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
    for section in ("context", "library"):
        paths = content.get(section)
        if isinstance(paths, dict):
            content[section] = {
                name: _anchor(path, folder) if isinstance(path, str) else path
                for name, path in paths.items()
            }
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


def _origins(
    flags: Mapping[str, Any], content: Mapping[str, Any], place: Path | None, text: str
) -> dict[str, str]:
    origins = {
        name: place_of(place, text, name.split("."))
        for name, _ in [*flatten(content), *((section, None) for section in content)]
        if place and not (isinstance(content.get(name), Mapping))
    }
    sources = content.get("sources")
    for number, source in enumerate(sources if place and isinstance(sources, list) else []):
        origins[f"sources[{number}]"] = place_of(place, text, ["sources", str(number)])
        for key in source if isinstance(source, dict) else ():
            origins[f"sources[{number}].{key}"] = place_of(
                place, text, ["sources", str(number), key]
            )
    for name in [*names(), "sources", "catalog", "s3", "ingest", "maintain", "context", "library"]:
        if os.environ.get(variable(name)):
            origins = {n: o for n, o in origins.items() if not n.startswith(f"{name}[")}
            origins[name] = variable(name)
    return origins | dict.fromkeys(flags, "flag")


def _refusal(
    wrong: ValidationError,
    flags: Mapping[str, Any],
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
        where = place_of(place, text, keys)
    if problem["type"] == "extra_forbidden":
        valid = _names_beside(keys)
        near = get_close_matches(keys[-1], valid, 1, 0.5)
        step = f"did you mean {near[0]}?" if near else f"there is: {', '.join(valid)}"
        return UsageError(f"{where}: no setting is called {name}", step)
    told = problem["msg"].removeprefix("Value error, ")
    info = _model_of(keys).model_fields.get(keys[-1])
    step = f"it means: {info.description}" if info and info.description else ""
    return UsageError(f"{where}: {name}: {told[:1].lower()}{told[1:]}", step)


def _section_of(wrong: SettingsError) -> str:
    """Return the variables of the section that a variable of could not be read."""
    found = re.search(r'field "(\w+)"', str(wrong))
    section = variable(found[1]) if found else PREFIX
    given = sorted(name for name in os.environ if name.startswith(section))
    return ", ".join(given) or section


def _holds(table: object, keys: list[str]) -> bool:
    for key in keys:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True


def _names_beside(keys: list[str]) -> list[str]:
    """Return the names that could stand where a wrong one does."""
    fields = _model_of(keys).model_fields
    return sorted(info.alias or name for name, info in fields.items())


def _model_of(keys: list[str]) -> type[BaseModel]:
    """Return the section that the last of some keys belongs to."""
    model: type[BaseModel] = Settings
    sections: dict[str, type[BaseModel]] = {
        "catalog": CatalogSettings,
        "s3": S3Settings,
        "ingest": IngestSettings,
        "maintain": MaintainSettings,
        "context": ContextSettings,
        "library": LibrarySettings,
        "sources": SourceSettings,
    }
    for key in keys[:-1]:
        model = sections.get(key, model)
    return model
