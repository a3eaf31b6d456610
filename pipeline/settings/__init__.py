"""Settings: what trailhouse.toml, TRAILHOUSE_* variables and flags say, each with its origin.

Values are plain here; `pipeline.steps.configured` makes the options of the other parts of them.
"""

from pipeline.settings.load import Loaded, Value, load_settings
from pipeline.settings.mask import mask
from pipeline.settings.model import (
    CatalogSettings,
    ContextSettings,
    IngestSettings,
    LibrarySettings,
    MaintainSettings,
    S3Settings,
    Settings,
    SourceSettings,
    names,
    settings_of,
    variable,
)

__all__ = [
    "CatalogSettings",
    "ContextSettings",
    "IngestSettings",
    "LibrarySettings",
    "Loaded",
    "MaintainSettings",
    "S3Settings",
    "Settings",
    "SourceSettings",
    "Value",
    "load_settings",
    "mask",
    "names",
    "settings_of",
    "variable",
]
