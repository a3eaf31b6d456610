"""A crawl finds what a walk over every key would, whatever lies in the bucket."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sources.crawl import Crawl
from pipeline.sources.layout import is_other_service, is_selected
from pipeline.sources.listing import Lister, Page
from pipeline.sources.object import EVERYTHING, Selection

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
NOW = datetime(2026, 1, 10, tzinfo=UTC)


@dataclass
class Memory:
    """A bucket in memory that lists as S3 does, a few keys to the page."""

    keys: Sequence[str]
    size: int
    bucket: str = "b"

    def page(
        self,
        prefix: str,
        *,
        delimiter: str = "",
        start_after: str | None = None,
        token: str | None = None,
        limit: int = 1000,
    ) -> Page:
        """Return a page; a token is the key or folder to go on behind."""
        page = Page()
        behind = token or start_after or ""
        at = bisect_right(self.keys, behind) if behind else bisect_left(self.keys, prefix)
        at = max(at, bisect_left(self.keys, prefix))
        while at < len(self.keys) and self.keys[at].startswith(prefix):
            key = self.keys[at]
            if len(page.keys) + len(page.folders) == min(self.size, limit):
                page.token = max(page.keys[-1:] + [f"{f}\U0010ffff" for f in page.folders[-1:]])
                break
            head, mark, _ = key[len(prefix) :].partition("/")
            if delimiter and mark:
                folder = f"{prefix}{head}/"
                page.folders.append(folder)
                at = bisect_left(self.keys, f"{folder}\U0010ffff")
                continue
            self._add(page, key)
            at += 1
        return page

    def _add(self, page: Page, key: str) -> None:
        page.keys.append(key)
        page.sizes.append(1)
        page.modified.append("2026-01-05T00:00:00Z")
        page.etags.append(None)
        page.classes.append(None)


def crawl(keys: Sequence[str], prefix: str, selection: Selection, size: int) -> list[str]:
    """Return what a crawl finds."""
    lister = cast(Lister, Memory(sorted(set(keys)), size))
    found = [
        uri.removeprefix("s3://b/")
        for batch in Crawl(lister, selection, 4).run(prefix)
        for uri in batch.column("uri").to_pylist()
    ]
    return sorted(found)


def walk(keys: Sequence[str], prefix: str, selection: Selection) -> list[str]:
    """Return what there is to find, looking at every key."""
    if prefix and not prefix.endswith("/"):
        if any(key.startswith(f"{prefix}/") for key in keys):
            prefix += "/"
        elif prefix in keys:
            return [prefix]
    return sorted(
        key
        for key in set(keys)
        if key.startswith(prefix) and is_selected(key, selection) and not is_other_service(key)
    )


DAYS = st.integers(-400, 2).map(lambda n: NOW + timedelta(days=n))


@st.composite
def names(draw: st.DrawFn) -> str:
    """Draw a key: in AWS's layout, flat, or anything else."""
    account, region = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(REGIONS))
    kind = draw(st.sampled_from(["CloudTrail", "CloudTrail-Insight"]))
    day, number = draw(DAYS), draw(st.integers(0, 3))
    flat = f"{account}_{kind}_{region}_{day:%Y%m%dT%H%MZ}_{number:016d}.json.gz"
    before = draw(st.sampled_from(["", "logs/", "a/b/c/d/", "AWSLogs/copies/"]))
    org = draw(st.sampled_from(["", "o-abcdefghij/"]))
    other = draw(st.sampled_from(["notes.txt", "x", "AWSLogs", "AWSLogs/readme", flat + ".bak"]))
    service = draw(st.sampled_from([kind, kind, "elasticloadbalancing"]))
    layout = f"AWSLogs/{org}{account}/{service}/{region}/{day:%Y/%m/%d}/{flat}"
    return before + draw(st.sampled_from([layout, layout, flat, flat, other]))


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Draw a selection, or none."""
    start, end = sorted([draw(DAYS), draw(DAYS)])
    return Selection(
        draw(st.sampled_from([None, start])),
        draw(st.sampled_from([None, end + timedelta(hours=1)])),
        draw(st.sampled_from([frozenset[str](), frozenset(ACCOUNTS[:1])])),
        draw(st.sampled_from([frozenset[str](), frozenset(REGIONS[1:])])),
    )


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    keys=st.lists(names(), min_size=1, max_size=30),
    selection=selections(),
    size=st.integers(1, 5),
    cut=st.integers(0, 140),
)
def test_a_crawl_finds_what_a_walk_would(
    keys: list[str], selection: Selection, size: int, cut: int
) -> None:
    """Folders, days and jumps leave out nothing that is wanted and add nothing that is not."""
    prefix = keys[0][:cut]
    assert crawl(keys, prefix, selection, size) == walk(keys, prefix, selection)


def test_what_goes_wrong_in_a_thread_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that fails in a way nobody thought of ends the crawl; its keys are not forgotten."""
    page = Memory.page

    def failing(self: Memory, prefix: str, **options: Any) -> Page:
        if prefix == "b/":
            raise ZeroDivisionError
        return page(self, prefix, **options)

    monkeypatch.setattr(Memory, "page", failing)
    with pytest.raises(ZeroDivisionError):
        crawl(["a/x", "b/x", "c/x"], "", EVERYTHING, 10)
