"""What is listed of a bucket, and what is never asked for."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.errors import SourceError
from pipeline.sources import bucket as bucket_module
from pipeline.sources import crawl, refusal
from pipeline.sources.listing import parse_page
from pipeline.sources.object import EVERYTHING, LogObject, Selection
from pipeline.sources.open import open_source
from pipeline.sources.options import S3Options
from pipeline.sources.s3 import S3Source
from tests.faults import Proxy, Rule
from tests.s3server import Aws

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
DAY = date(2026, 1, 5)


def name(account: str, region: str, day: date, number: int = 0, kind: str = "CloudTrail") -> str:
    """Return an object's own name."""
    return f"{account}_{kind}_{region}_{day:%Y%m%d}T0010Z_{number:016d}.json.gz"


def key(
    account: str,
    region: str,
    day: date,
    number: int = 0,
    *,
    kind: str = "CloudTrail",
    org: str = "",
) -> str:
    """Return a key in AWS's layout."""
    folder = f"AWSLogs/{org}{account}/{kind}/{region}/{day:%Y/%m/%d}"
    return f"{folder}/{name(account, region, day, number, kind)}"


def source(
    proxy: Proxy, bucket: str, prefix: str = "", selection: Selection = EVERYTHING, **options: Any
) -> S3Source:
    """Return a source behind the proxy."""
    opened = open_source(
        f"s3://{bucket}/{prefix}", selection, S3Options(endpoint=proxy.endpoint, **options)
    )
    assert isinstance(opened, S3Source)
    return opened


def listed(found: S3Source) -> list[LogObject]:
    """Return the objects of a source, by name."""
    rows = [LogObject(**row) for batch in found.find() for row in batch.to_pylist()]
    return sorted(rows, key=lambda item: item.uri)


def keys(found: S3Source) -> list[str]:
    """Return the keys a source lists."""
    return [item.uri.removeprefix(f"s3://{found.bucket}/") for item in listed(found)]


def on(day: date) -> Selection:
    """Return a selection of one day."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Selection(start, start + timedelta(days=1))


@pytest.mark.parametrize("module", [bucket_module, crawl, refusal])
def test_examples_hold(module: Any) -> None:
    """The examples in the modules are true."""
    assert doctest.testmod(module).failed == 0


def test_a_listing_tells_the_facts_of_an_object(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """Size, time, ETag and storage class are those that S3 gives."""
    wanted = key(ACCOUNTS[0], REGIONS[0], DAY)
    aws.put(bucket, {wanted: b"12345"}, StorageClass="STANDARD_IA")
    facts = aws.client("s3").head_object(Bucket=bucket, Key=wanted)
    [item] = listed(source(proxy, bucket))
    assert item == LogObject(
        f"s3://{bucket}/{wanted}",
        5,
        facts["LastModified"],
        facts["ETag"].strip('"'),
        storage_class="STANDARD_IA",
    )


@pytest.mark.parametrize("before", ["", "logs/", "a/b/"])
@pytest.mark.parametrize("org", ["", "o-abcdefghij/"])
def test_layouts_are_found_below_any_prefix(
    aws: Aws, proxy: Proxy, bucket: str, before: str, org: str
) -> None:
    """Single-account and organisation trails are found, with folders before AWSLogs or none."""
    kinds = ("CloudTrail", "CloudTrail-Insight", "CloudTrail-Digest")
    wanted = [
        before + key(account, region, DAY, kind=kind, org=org)
        for account in ACCOUNTS
        for region in REGIONS
        for kind in kinds
    ]
    others = [
        f"{before}AWSLogs/{org}{ACCOUNTS[0]}/elasticloadbalancing/eu-west-1/2026/01/05/x.log",
        f"{before}AWSLogs/{org}{ACCOUNTS[0]}/Config/eu-west-1/2026/1/5/ConfigHistory/x.json.gz",
    ]
    aws.fill(bucket, wanted + others)
    found = source(proxy, bucket)
    assert keys(found) == sorted(wanted)
    assert found.problems() == [f"{found.name}: 2 left out (folders of other services' logs)"]
    assert keys(source(proxy, bucket, before, on(DAY))) == sorted(wanted)


def test_one_day_never_walks_the_bucket(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """A day is listed by its own folders; no listing but of levels reaches other days."""
    days = [DAY + timedelta(days=n) for n in range(-20, 20)]
    aws.fill(bucket, [key(a, r, day) for a in ACCOUNTS for r in REGIONS for day in days])
    found = keys(source(proxy, bucket, "", on(DAY)))
    next_day = DAY + timedelta(days=1)
    assert found == sorted(
        key(a, r, day) for a in ACCOUNTS for r in REGIONS for day in (DAY, next_day)
    )
    whole = [request for request in proxy.requests if "delimiter" not in request.query]
    assert sorted(request.query["prefix"] for request in whole) == sorted(
        f"AWSLogs/{a}/CloudTrail/{r}/{day:%Y/%m/%d}/"
        for a in ACCOUNTS
        for r in REGIONS
        for day in (DAY, next_day)
    )
    assert len(proxy.requests) - len(whole) == 2 + 2 * len(ACCOUNTS)


def test_accounts_and_regions_choose_folders(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """What is not asked for is not listed."""
    aws.fill(bucket, [key(a, r, DAY) for a in ACCOUNTS for r in REGIONS])
    one = Selection(accounts=frozenset({ACCOUNTS[1]}), regions=frozenset({REGIONS[0]}))
    assert keys(source(proxy, bucket, "", one)) == [key(ACCOUNTS[1], REGIONS[0], DAY)]
    assert not [p for p in proxy.listings() if ACCOUNTS[0] in p or REGIONS[1] in p]


@pytest.mark.parametrize(
    "prefix",
    [
        f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1",
        f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/2026/",
        f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/2026/01",
        f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/2026/01/05/",
    ],
)
def test_a_prefix_may_point_anywhere_in_the_layout(
    aws: Aws, proxy: Proxy, bucket: str, prefix: str
) -> None:
    """A folder below a region is as good a start as the bucket."""
    days = [DAY - timedelta(days=30), DAY, DAY + timedelta(days=1), DAY + timedelta(days=40)]
    aws.fill(bucket, [key(ACCOUNTS[0], "eu-west-1", day) for day in days])
    below = [k for k in (key(ACCOUNTS[0], "eu-west-1", d) for d in days) if k.startswith(prefix)]
    assert keys(source(proxy, bucket, prefix)) == below
    chosen = [k for k in below if "/01/05/" in k or "/01/06/" in k]
    assert keys(source(proxy, bucket, prefix, on(DAY))) == chosen


def test_a_prefix_can_be_an_object_or_the_beginning_of_names(
    aws: Aws, proxy: Proxy, bucket: str
) -> None:
    """One object is itself alone; a folder is not its longer-named neighbour."""
    aws.fill(bucket, ["a.json", "a.json.bak", "logs/b.json", "logs-old/c.json", "logs.json"])
    assert keys(source(proxy, bucket, "a.json")) == ["a.json"]
    assert keys(source(proxy, bucket, "a.js")) == ["a.json", "a.json.bak"]
    assert keys(source(proxy, bucket, "logs")) == ["logs/b.json"]
    assert keys(source(proxy, bucket, "log")) == ["logs-old/c.json", "logs.json", "logs/b.json"]


def test_nothing_below_a_prefix_is_an_error(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """A prefix without any object is most likely typed wrong; an empty bucket is just empty."""
    assert keys(source(proxy, bucket)) == []
    aws.fill(bucket, [key(ACCOUNTS[0], REGIONS[0], DAY)])
    with pytest.raises(SourceError, match=r"nothing in s3://.*/AWSlogs; check the prefix"):
        keys(source(proxy, bucket, "AWSlogs"))
    assert keys(source(proxy, bucket, "AWSLogs", on(date(2020, 1, 1)))) == []


def test_listings_go_on_beyond_a_page(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """More than a thousand keys come in several pages, each key once."""
    wanted = [key(ACCOUNTS[0], REGIONS[0], DAY, n) for n in range(2100)]
    aws.fill(bucket, wanted)
    assert keys(source(proxy, bucket)) == wanted
    assert any("continuation-token" in request.query for request in proxy.requests)


def test_a_large_region_is_listed_by_its_months(
    aws: Aws, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A region of more than a page is listed in many places at once, each key once."""
    days = [DAY + timedelta(days=7 * n) for n in range(-60, 60)]
    wanted = [key(ACCOUNTS[0], REGIONS[0], day, n) for day in days for n in range(2)]
    stray = f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/{REGIONS[0]}/2026/stray.json.gz"
    aws.fill(bucket, [*wanted, stray])
    small_pages(monkeypatch, 25)
    assert keys(source(proxy, bucket)) == sorted([*wanted, stray])
    assert sum(prefix.count("/") == 6 for prefix in proxy.listings()) >= 24


def test_a_flat_bucket_is_skipped_through(
    aws: Aws, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a flat bucket the names order by account, region and time, so a day is jumped to."""
    days = [DAY + timedelta(days=n) for n in range(-15, 15)]
    aws.fill(bucket, [name(a, r, day) for a in ACCOUNTS for r in REGIONS for day in days])
    small_pages(monkeypatch, 10)
    one = Selection(on(DAY).start, on(DAY).end, frozenset({ACCOUNTS[1]}), frozenset({REGIONS[1]}))
    assert keys(source(proxy, bucket, "", one)) == [
        name(ACCOUNTS[1], REGIONS[1], day) for day in (DAY, DAY + timedelta(days=1))
    ]
    assert len(proxy.requests) < 8
    assert keys(source(proxy, bucket, "", on(DAY))) == sorted(
        name(a, r, day) for a in ACCOUNTS for r in REGIONS for day in (DAY, DAY + timedelta(days=1))
    )


def small_pages(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Make pages of a few keys, so that a small bucket has many."""
    whole = crawl.Lister.page
    monkeypatch.setattr(
        crawl.Lister,
        "page",
        lambda self, prefix, **o: whole(self, prefix, **{"limit": size, **o}),
    )


def test_an_object_that_appears_late_under_an_older_name_is_found(
    aws: Aws, proxy: Proxy, bucket: str
) -> None:
    """There is no mark of how far the last listing came."""
    aws.fill(bucket, [key(ACCOUNTS[0], REGIONS[0], DAY, 2), name(ACCOUNTS[0], REGIONS[0], DAY, 2)])
    found = source(proxy, bucket)
    assert len(keys(found)) == 2
    late = [key(ACCOUNTS[0], REGIONS[0], DAY, 1), name(ACCOUNTS[0], REGIONS[0], DAY, 1)]
    aws.fill(bucket, late)
    assert set(late) < set(keys(found))


ODD = ["a//b.json", "/c.json", "d e+f%41#?.json", "ü/日本.json", "g/../h.json", "i&<j>'\".json"]


def test_odd_keys_are_listed_and_read(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """Any key that S3 allows comes through as it is; markers of empty folders do not."""
    aws.put(bucket, {key: key.encode() for key in ODD} | {"empty/": b""})
    found = source(proxy, bucket)
    assert keys(found) == sorted(ODD)
    assert {item.uri for item in listed(found)} == {
        f"s3://{bucket}/{found.read(item).decode()}" for item in listed(found)
    }


def test_throttled_and_cut_listings_are_repeated(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """503s, cut answers and dropped connections cost nothing but time."""
    aws.fill(bucket, [key(ACCOUNTS[0], REGIONS[0], DAY)])
    faults = [
        proxy.add(Rule(lambda r: r.is_listing, 2, status=503, code="SlowDown", message="slow")),
        proxy.add(Rule(lambda r: r.is_listing, 2, cut=100)),
        proxy.add(Rule(lambda r: r.is_listing, 1, drop=True)),
    ]
    assert len(keys(source(proxy, bucket))) == 1
    assert [fault.met for fault in faults] == [2, 2, 1]


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AccessDenied", r"allow s3:ListBucket on arn:aws:s3:::"),
        (404, "NoSuchBucket", "no such bucket"),
        (400, "ExpiredToken", "renew the credentials"),
        (403, "InvalidAccessKeyId", "renew the credentials"),
        (503, "SlowDown", "run again later"),
        (400, "AuthorizationHeaderMalformed", "set the region"),
    ],
)
def test_a_refused_listing_says_what_is_missing(
    proxy: Proxy, bucket: str, status: int, code: str, says: str
) -> None:
    """Each refusal is one error with what to do about it."""
    proxy.add(Rule(lambda r: r.is_listing, None, status=status, code=code, message="No."))
    with pytest.raises(SourceError, match=says):
        keys(source(proxy, bucket, retries=0))


def test_a_refusal_deep_in_the_tree_ends_the_listing(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """A folder that may not be listed is no empty folder."""
    aws.fill(bucket, [key(a, REGIONS[0], DAY) for a in ACCOUNTS])
    deep = f"AWSLogs/{ACCOUNTS[1]}/CloudTrail/"
    proxy.add(Rule(lambda r: r.query.get("prefix") == deep, None, status=403, code="AccessDenied"))
    with pytest.raises(SourceError, match=f"{deep}.*AccessDenied"):
        keys(source(proxy, bucket))


def test_an_unreachable_endpoint_is_told_soon() -> None:
    """Nobody waits minutes to hear that nobody is there."""
    options = S3Options(endpoint="http://127.0.0.1:1", anonymous=True, retries=1)
    with pytest.raises(SourceError, match="cannot be reached"):
        list(S3Source("s3://bucket", "bucket", options=options).find())


def test_a_walk_that_is_left_early_ends(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """Whoever stops taking pages leaves no thread behind."""
    aws.fill(bucket, [key(a, r, DAY) for a in ACCOUNTS for r in REGIONS])
    pages = source(proxy, bucket).find()
    next(pages)
    pages.close()  # type: ignore[attr-defined]  # a generator


def test_a_page_without_a_namespace_is_read() -> None:
    """Services that speak S3 leave out what they think nobody needs."""
    body = (
        b"<ListBucketResult><Contents><Key>a+b</Key><Size>1</Size>"
        b"<LastModified>2026-01-05T00:00:00Z</LastModified></Contents></ListBucketResult>"
    )
    page = parse_page(body)
    assert (page.keys, page.etags, page.classes, page.token) == (["a+b"], [None], [None], None)
    assert page.batch("b").column("modified").to_pylist() == [datetime(2026, 1, 5, tzinfo=UTC)]
