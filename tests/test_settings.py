"""Settings: ranked by origin, refused with a place and the nearest name, secrets hidden."""

from __future__ import annotations

import doctest
import os
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.ingest.run import IngestOptions
from pipeline.settings import Loaded, Settings, load_settings, mask, names, variable
from pipeline.sources.options import S3Options
from pipeline.steps import configured
from pipeline.steps.maintain import MaintainOptions


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, with no settings of whoever runs the tests."""
    for name in os.environ:
        if name.startswith("TRAILHOUSE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _refusal(text: str) -> str:
    Path("trailhouse.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        load_settings()
    return str(refused.value)


def _origins(loaded: Loaded) -> dict[str, str]:
    return {value.name: value.origin for value in loaded.values()}


@pytest.mark.parametrize("module", ["load", "mask", "model", "place"])
def test_examples_in_docstrings_hold(module: str) -> None:
    """What docstrings show is what happens."""
    assert doctest.testmod(import_module(f"pipeline.settings.{module}")).failed == 0


def test_times_in_docstrings_hold() -> None:
    """What the reader of times shows is what happens."""
    assert doctest.testmod(import_module("pipeline.settings.times")).failed == 0


def test_flag_over_variable_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """The four origins rank as documented, and each value names its own."""
    loaded = load_settings()
    assert (loaded.settings.lake, _origins(loaded)["lake"]) == ("./lake", "default")
    Path("trailhouse.toml").write_text('\nlake = "of-file"\n')
    loaded = load_settings()
    assert (loaded.settings.lake, _origins(loaded)["lake"]) == ("of-file", "trailhouse.toml:2")
    monkeypatch.setenv("TRAILHOUSE_LAKE", "of-variable")
    loaded = load_settings()
    assert (loaded.settings.lake, _origins(loaded)["lake"]) == ("of-variable", "TRAILHOUSE_LAKE")
    loaded = load_settings({"lake": "of-flag"})
    assert (loaded.settings.lake, _origins(loaded)["lake"]) == ("of-flag", "flag")


def test_a_variable_sets_one_value_of_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections merge value by value."""
    Path("trailhouse.toml").write_text('[s3]\nprofile = "p"\nrole_arn = "file"\n')
    monkeypatch.setenv("TRAILHOUSE_S3_ROLE_ARN", "variable")
    loaded = load_settings({"s3.region": "eu-west-1"})
    s3 = loaded.settings.s3
    assert (s3.profile, s3.role_arn, s3.region) == ("p", "variable", "eu-west-1")
    origins = _origins(loaded)
    assert origins["s3.profile"] == "trailhouse.toml:2"
    assert origins["s3.role_arn"] == "TRAILHOUSE_S3_ROLE_ARN"
    assert origins["s3.region"] == "flag"
    assert origins["s3.endpoint"] == "default"


@pytest.mark.parametrize("name", [name for name in names() if name != "sources"])
def test_every_setting_has_a_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the file can say, a variable can."""
    before = {value.name: value.value for value in load_settings().values()}[name]
    given_value = (
        '{"a": "b"}'
        if name.endswith("properties")
        else "7d"
        if name.endswith(("retain", "expire_after", "grace"))
        else {bool: "true", int: "7", float: "7"}.get(type(before), "7")
    )
    monkeypatch.setenv(variable(name), given_value)
    loaded = load_settings()
    (origin,) = (o for n, o in _origins(loaded).items() if n.startswith(name))
    assert origin == variable(name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('lak = "x"', "trailhouse.toml:1: no setting is called lak; did you mean lake?"),
        (
            '[s3]\nregion = "x"\nprofil = "y"\n',
            "trailhouse.toml:3: no setting is called s3.profil; did you mean profile?",
        ),
        ("[s4]\n", "trailhouse.toml:1: no setting is called s4; did you mean s3?"),
        (
            '[[sources]]\nlocation = "a"\n[[sources]]\nlocation = "b"\nregion = ["c"]\n',
            "trailhouse.toml:5: no setting is called sources.1.region; did you mean regions?",
        ),
        ("[ingest]\nreaders = 'many'\n", "trailhouse.toml:2: ingest.readers: "),
        ("[ingest]\nreaders = 0\n", "trailhouse.toml:2: ingest.readers: "),
        ("lake = ./lake\n", "trailhouse.toml:1:8: no valid TOML"),
        ("[[sources]]\nfrom = '7d'\n", "trailhouse.toml:1: sources.0.location: field required"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, told: str) -> None:
    """A wrong name or value is an error with file, line and what would be right."""
    assert _refusal(text).startswith(told)


def test_no_secret_is_in_a_refusal() -> None:
    """A value that is refused is not repeated: it may be a password."""
    assert "hunter2" not in _refusal('[catalog]\nuri = ["hunter2"]\n')


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is nearly a setting is an error; other people's are left alone."""
    monkeypatch.setenv("TRAILHOUSE_OF_CARDS", "fine")
    load_settings()
    monkeypatch.setenv("TRAILHOUSE_S3_PROFIL", "x")
    with pytest.raises(UsageError, match="did you mean TRAILHOUSE_S3_PROFILE"):
        load_settings()


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a variable's value names the variable."""
    monkeypatch.setenv("TRAILHOUSE_INGEST_READERS", "many")
    with pytest.raises(UsageError, match=r"^TRAILHOUSE_INGEST_READERS: ingest\.readers: "):
        load_settings()


@pytest.mark.parametrize("name", ["TRAILHOUSE_CATALOG_PROPERTIES", "TRAILHOUSE_S3"])
def test_a_variable_of_bad_json_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that has to hold JSON and does not is named."""
    monkeypatch.setenv(name, "{s3")
    with pytest.raises(UsageError, match=f"^{name}: no valid JSON"):
        load_settings()


def test_a_refused_value_is_explained() -> None:
    """The error of a value says what the setting means."""
    assert _refusal("[ingest]\nreaders = 0\n").endswith("it means: threads that fetch objects")


def test_a_file_that_was_named_must_be_there() -> None:
    """A missing default file is fine, a missing named one is not."""
    load_settings()
    with pytest.raises(UsageError, match="no settings file at"):
        load_settings(file=Path("other.toml"))


def test_paths_in_a_file_start_from_its_folder(tmp_path: Path) -> None:
    """A settings file elsewhere means paths beside it; URLs and absolute paths stay."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "t.toml").write_text('lake = "lake"\nsources = ["logs/*.gz", "s3://a/b", "/c", "-"]\n')
    settings = load_settings(file=other / "t.toml").settings
    assert settings.lake == str(other / "lake")
    assert [source.location for source in settings.sources] == [
        str(other / "logs/*.gz"),
        "s3://a/b",
        "/c",
        "-",
    ]


@pytest.mark.parametrize("text", ["a 's3://b c/d'", '["a", "s3://b c/d"]'])
def test_sources_can_be_a_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Sources in a variable are words as in a shell, or a JSON list."""
    monkeypatch.setenv("TRAILHOUSE_SOURCES", text)
    loaded = load_settings()
    assert [source.location for source in loaded.settings.sources] == ["a", "s3://b c/d"]
    assert _origins(loaded)["sources[1].location"] == "TRAILHOUSE_SOURCES"


def test_dotted_properties_are_what_they_look_like() -> None:
    """s3.endpoint = … under [catalog.properties] is PyIceberg's property s3.endpoint."""
    Path("trailhouse.toml").write_text(
        'lake = "s3://a/b"\n[catalog]\nuri = "sqlite:///x.db"\n'
        '[catalog.properties]\ns3.endpoint = "http://e"\n"s3.region" = "r"\n'
    )
    loaded = load_settings()
    options = configured.catalog_options(loaded.settings)
    assert options.properties == {
        "s3.endpoint": "http://e",
        "s3.region": "r",
        "uri": "sqlite:///x.db",
    }
    assert _origins(loaded)["catalog.properties.s3.endpoint"] == "trailhouse.toml:5"


def test_a_lake_in_a_folder_keeps_its_own_catalog() -> None:
    """Credentials alone make no other catalog of a lake in a folder."""
    settings = Settings(catalog={"properties": {"s3.region": "r"}})  # type: ignore[arg-type]
    assert configured.catalog_options(settings).properties == {}


def test_defaults_are_those_of_the_parts() -> None:
    """What is not set is what the parts do by themselves."""
    settings = load_settings().settings
    assert configured.ingest_options(settings) == IngestOptions()
    assert configured.s3_options(settings.s3) == S3Options()
    assert configured.maintain_options(settings) == MaintainOptions()


def test_a_flag_outranks_a_source_and_a_source_the_section() -> None:
    """For S3: flag over the source's own over [s3]."""
    Path("a").mkdir()
    Path("trailhouse.toml").write_text(
        '[s3]\nprofile = "section"\nregion = "section"\nendpoint = "http://section"\n'
        '[[sources]]\nlocation = "a"\ns3 = {profile = "own", region = "own"}\n'
    )
    loaded = load_settings({"s3.profile": "flag"})
    s3 = configured.source_s3(loaded, loaded.settings.sources[0])
    assert (s3.profile, s3.region, s3.endpoint) == ("flag", "own", "http://section")


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "7", "1e3d", "2026-03-01T25:00", ""])
def test_a_bad_time_says_what_is_accepted(text: str) -> None:
    """Whatever is no time is refused with what is."""
    with pytest.raises(UsageError, match=r"a date .* a time .* or an age"):
        configured.selection(start=text or " ")


@given(
    st.text(st.characters(exclude_characters=":/?#@ ", categories=["L", "N"]), max_size=9),
    st.text(st.characters(categories=["L", "N", "P"], exclude_characters="@"), min_size=12),
)
def test_passwords_never_show(user: str, password: str) -> None:
    """Whatever the password in an address: it is not in what is shown."""
    shown = mask("catalog.uri", f"postgresql://{user}:{password}@host/db")
    assert password not in shown
    assert shown.endswith("@host/db")


@pytest.mark.parametrize("key", ["retain", "expire_after", "grace"])
def test_an_age_that_is_none_is_refused_with_its_place(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What upkeep could not use is refused as the settings are read, with file and line."""
    monkeypatch.chdir(tmp_path)
    Path("trailhouse.toml").write_text(f'[maintain]\n{key} = "400"\n')
    told = rf"trailhouse\.toml:2: maintain\.{key}: '400' is no length of time; give one such as 45m"
    with pytest.raises(UsageError, match=told):
        load_settings()


def test_files_of_context_are_found_beside_the_settings(tmp_path: Path) -> None:
    """They are named from the settings file's own folder, and one that is missing is named."""
    folder = tmp_path / "else"
    folder.mkdir()
    (folder / "a.csv").write_text("account_id\n")
    file = folder / "trailhouse.toml"
    file.write_text('[context]\naccounts = "a.csv"\nidentities = "b.csv"\n')
    settings = load_settings(file=file).settings
    with pytest.raises(UsageError, match=r"context.identities: no file at .*else/b.csv; write"):
        configured.context_files(settings)
    (folder / "b.csv").write_text("principal_id,human\n")
    files = configured.context_files(settings)
    assert files == {"accounts": folder / "a.csv", "identities": folder / "b.csv"}
    assert configured.context_files(Settings()) == {}
    assert "no setting is called context.account; did you mean accounts?" in _refusal(
        '[context]\naccount = "a.csv"\n'
    )
