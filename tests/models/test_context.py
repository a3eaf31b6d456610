"""Context: CSV files become tables, and what cannot be is named with its line and column."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.lake.catalog import open_lake
from pipeline.models.context import CONTEXT, read_context
from tests.models.mart import fill
from tests.project.documents import ROOT, blocks

FILES = {
    "accounts": "account_id,account_name,tags\n111122223333,prod,team=web; tier=1\n",
    "scopes": "scope,account_id,resource_pattern\nPCI,111122223333,\nPCI,,arn:aws:s3:::cards*\n",
    "identities": "principal_id,human,joined_date\narn:aws:iam::1:user/ann,Ann,2026-01-31\n",
    "automation_roles": "principal_id,automation\narn:aws:iam::1:role/deploy,pipeline\n",
    "approvals": (
        "ticket,principal_id,starts_at,ends_at\n"
        "CH-1,arn:aws:iam::1:user/ann,2026-03-01T08:00:00Z,2026-03-01T19:00+01:00\n"
    ),
}


def put(folder: Path, name: str, text: str | bytes) -> dict[str, Path]:
    """Write a file; return it as `read_context` takes it."""
    file = folder / f"{name}.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return {name: file}


def rows(folder: Path, name: str, text: str | bytes) -> list[dict[str, Any]]:
    """Return the rows that a file becomes."""
    return read_context(put(folder, name, text))[name].to_pylist()


def refusal(folder: Path, name: str, text: str | bytes) -> str:
    """Return what is said of a file that cannot be, without its folder."""
    with pytest.raises(UsageError) as refused:
        read_context(put(folder, name, text))
    return str(refused.value).replace(f"{folder}/", "")


def test_every_table_is_there_without_a_file() -> None:
    """Models can read all tables of context always; those without a file are empty."""
    tables = read_context({})
    assert set(tables) == {*CONTEXT, "context_files", "context_given"}
    assert all(tables[name].num_rows == 0 for name in CONTEXT)
    assert [row["is_given"] for row in tables["context_files"].to_pylist()] == [False] * 5


def test_every_table_reads_its_file(tmp_path: Path) -> None:
    """Each kind of cell is read as its type, and what a file leaves out is null."""
    files: dict[str, Path] = {}
    for name, text in FILES.items():
        files |= put(tmp_path, name, text)
    tables = {name: table.to_pylist() for name, table in read_context(files).items()}
    account = tables["accounts"][0]
    assert (account["account_name"], account["owner"]) == ("prod", None)
    assert json.loads(account["tags"]) == {"team": "web", "tier": "1"}
    assert tables["identities"][0]["joined_date"] == date(2026, 1, 31)
    assert tables["identities"][0]["left_date"] is None
    assert tables["approvals"][0]["ends_at"] == datetime(2026, 3, 1, 18, tzinfo=UTC)
    assert {(row["name"], row["n_rows"]) for row in tables["context_files"]} == {
        ("accounts", 1),
        ("scopes", 2),
        ("identities", 1),
        ("automation_roles", 1),
        ("approvals", 1),
    }


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffaccount_id,account_name\n111122223333,Zürich\n",
        "Account ID;Account-Name\r\n111122223333;Zürich\r\n",
        "ACCOUNT_NAME\taccount_id\nZürich\t 111122223333 \n\n\t\n",
        'account_id,account_name,\n"111122223333","Zürich",\n',
    ],
)
def test_files_are_read_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    """A byte order mark, other separators, other spellings of the header do not matter."""
    found = rows(tmp_path, "accounts", text)
    assert [(row["account_id"], row["account_name"]) for row in found] == [
        ("111122223333", "Zürich")
    ]


def test_lost_zeros_are_put_back_and_said(tmp_path: Path) -> None:
    """An account id that a spreadsheet took for a number is twelve digits again."""
    heard: list[str] = []
    text = "account_id,cost\n12345678,7\n1111-2222-3333,8\n"
    tables = read_context(put(tmp_path, "accounts", text), heard.append)
    assert tables["accounts"]["account_id"].to_pylist() == ["000012345678", "111122223333"]
    assert [note.replace(f"{tmp_path}/", "") for note in heard] == [
        "accounts.csv: left out cost, which accounts has no column for",
        "accounts.csv:2: account_id 12345678 was taken for 000012345678",
        "accounts.csv:3: account_id 1111-2222-3333 was taken for 111122223333",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("accounts", "id,name\n1,a\n", "1: no column account_id in the header 'id,name'"),
        ("accounts", "", "accounts.csv:1: no header"),
        ("accounts", "account_id\n1.11122E+11\n", "accounts.csv:2: account_id '1.11122E+11'"),
        ("accounts", "account_id\n1112223334445\n", "is no account id"),
        ("accounts", "account_id\n\u0661\u0662\n", "is no account id"),
        ("accounts", "account_id,account_name\n,a\n", "accounts.csv:2: account_id is empty"),
        ("accounts", "account_id\n1,2\n", "accounts.csv:2: 2 cells under 1 columns"),
        ("accounts", "account_id,Account ID\n1,2\n", "accounts.csv:1: two columns account_id"),
        ("accounts", 'account_id,owner\n1,"a\n', "accounts.csv:2: unexpected end of data"),
        ("accounts", b"account_id,owner\n1,a\n2,\xff\n", "accounts.csv:3: no UTF-8"),
        ("accounts", "account_id,tags\n1,{1\n", "accounts.csv:2: tags '{1' are no tags"),
        ("accounts", 'account_id;tags\n1;{"a": NaN}\n', "accounts.csv:2: tags"),
        ("accounts", 'account_id;tags\n1;{"a": "\\ud800"}\n', "accounts.csv:2: tags"),
        ("accounts", "account_id,owner\n7,a\n8,b\n7,c\n", "000000000007 has another line, 2"),
        ("identities", "principal_id,human,left_date\na,b,31.3.2026\n", "'31.3.2026' is no date"),
        ("identities", "principal_id,human,left_date\na,b,2026-02-30\n", "is no date"),
        (
            "identities",
            "principal_id,human,joined_date,left_date\na,b,2026-02-03,2026-02-01\n",
            "2: left_date 2026-02-01 is before joined_date 2026-02-03; correct one of them",
        ),
        (
            "approvals",
            "ticket,principal_id,starts_at,ends_at\nt,p,2026-01-01,2026-01-02\n",
            "approvals.csv:2: starts_at '2026-01-01' is no time",
        ),
        (
            "approvals",
            "ticket,principal_id,starts_at,ends_at\nt,p,0001-01-01T00:00+14:00,2026-01-02T00:00\n",
            "is no time",
        ),
        ("scopes", "scope,account_id\nPCI,\n", "scopes.csv:2: a line of scopes names"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    """A file that cannot be read says where, what is wrong and what to do; nothing is dropped."""
    message = refusal(tmp_path, name, text)
    assert said in message
    assert "; " in message


def test_missing_files_and_unknown_tables_are_named(tmp_path: Path) -> None:
    """A file that is not there, and a table that there is not, are usage errors."""
    with pytest.raises(UsageError, match="No such file"):
        read_context({"accounts": tmp_path / "none.csv"})
    with pytest.raises(UsageError, match="name one of: accounts"):
        read_context({"people": tmp_path / "none.csv"})


def test_the_same_line_twice_is_one_row(tmp_path: Path) -> None:
    """A line that repeats another says nothing new: it is left out, and that is said."""
    heard: list[str] = []
    text = "account_id,owner\n7,a\n7,a\n"
    assert read_context(put(tmp_path, "accounts", text), heard.append)["accounts"].num_rows == 1
    assert heard[-1].endswith("accounts.csv:3: left out, the same as line 2")


def test_a_principal_may_pass_from_one_human_to_another(tmp_path: Path) -> None:
    """Two humans of a principal are told apart by their dates; without dates they contradict."""
    head = "principal_id,human,joined_date,left_date\n"
    passed = rows(tmp_path, "identities", head + "p,Ann,,2026-01-31\np,Bob,2026-02-01,\n")
    assert [row["human"] for row in passed] == ["Ann", "Bob"]
    assert "which says otherwise" in refusal(tmp_path, "identities", head + "p,Ann,,\np,Bob,,\n")


def test_the_hash_is_of_what_is_said_not_of_its_order(tmp_path: Path) -> None:
    """Lines and columns that moved make the same table; another word makes another."""

    def read(text: str) -> tuple[Any, Any]:
        tables = read_context(put(tmp_path, "accounts", text))
        return tables["accounts"], tables["context_files"].to_pylist()[0]["content_hash"]

    table, digest = read("account_id,owner\n000000000007,a\n000000000008,b\n")
    assert read("owner,account_id\nb,8\na,7\n") == (table, digest)
    assert read("account_id,owner\n7,a\n8,c\n")[1] != digest


def test_cells_are_data_whatever_they_look_like(tmp_path: Path) -> None:
    """Formulas, markup, SQL and cells of a million letters come out as they went in."""
    odd = ["=HYPERLINK(1)", "@SUM(1)", "'; drop table events --", "<b>x", "a\x00b", "x" * 1_000_000]
    text = "account_id,owner\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(odd, 1))
    assert [row["owner"] for row in rows(tmp_path, "accounts", text)] == odd


def test_the_guide_shows_files_and_queries_that_work(tmp_path: Path) -> None:
    """Every CSV in docs/context.md reads as the table it stands under, and every query runs."""
    guide = ROOT / "docs/context.md"
    shown = [block.text for block in blocks(guide, "csv")]
    files: dict[str, Path] = {}
    for name, text in zip(CONTEXT, shown, strict=True):
        files |= put(tmp_path, name, text)
    tables = read_context(files)
    assert all(tables[name].num_rows for name in CONTEXT)
    connection = fill(open_lake(str(tmp_path / "lake"), create=True), files)
    for block in blocks(guide, "sql"):
        connection.sql(block.text).fetchall()
