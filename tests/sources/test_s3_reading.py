"""Objects read from a bucket, through whatever may go wrong on the way."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceError, UnreadableObject
from pipeline.lake.catalog import Lake, open_lake
from pipeline.sources.object import LogObject
from pipeline.sources.options import S3Options
from pipeline.sources.s3 import S3Source
from pipeline.steps.ingest import ingest
from tests.events import event, gzipped
from tests.faults import Proxy, Request, Rule
from tests.s3server import Aws

KEY = (
    "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/"
    "111122223333_CloudTrail_eu-west-1_20260105T0010Z_aBcD.json.gz"
)
BODY = bytes(range(256)) * 1000


def is_get(request: Request) -> bool:
    """Say whether a request reads an object."""
    return request.is_get


def source(proxy: Proxy, bucket: str, **options: object) -> S3Source:
    """Return a source behind the proxy that does not try for long."""
    chosen = S3Options(**{"endpoint": proxy.endpoint, "retries": 2, **options})  # type: ignore[arg-type]
    return S3Source(f"s3://{bucket}", bucket, options=chosen)


def first(found: S3Source) -> LogObject:
    """Return the first object of a source."""
    return next(LogObject(**row) for batch in found.find() for row in batch.to_pylist())


def reason(found: S3Source, item: LogObject) -> UnreadableObject:
    """Return why an object cannot be read."""
    with pytest.raises(UnreadableObject) as caught:
        found.read(item)
    return caught.value


@pytest.fixture
def stored(aws: Aws, bucket: str) -> str:
    """Give a bucket with one object."""
    aws.put(bucket, {KEY: BODY})
    return bucket


@pytest.mark.parametrize(
    "rule",
    [
        Rule(is_get, 2, status=503, code="SlowDown", message="Please reduce your request rate."),
        Rule(is_get, 2, status=500, code="InternalError"),
        Rule(is_get, 2, drop=True),
        Rule(is_get, 2, cut=50_000),
        Rule(is_get, 1, cut=0),
        Rule(is_get, 1, piece=50_000, pause=0.05),
    ],
    ids=["throttled", "failing", "dropped", "cut", "empty", "slow"],
)
def test_what_passes_is_waited_out(proxy: Proxy, stored: str, rule: Rule) -> None:
    """Throttling, failures and cut bodies that pass give the whole object all the same."""
    found = source(proxy, stored, retries=4)
    item = first(found)
    rule = proxy.add(Rule(**(vars(rule) | {"met": 0})))
    assert found.read(item) == BODY
    assert rule.met == rule.times


def test_a_stalled_body_is_given_up_and_asked_for_again(
    proxy: Proxy, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that goes silent is not waited for: the rest comes on another."""
    monkeypatch.setattr("pipeline.sources.access._READ_SECONDS", 0.3)
    found = source(proxy, stored)
    item = first(found)
    proxy.add(Rule(is_get, 1, piece=100_000, pause=1))
    assert found.read(item) == BODY


def test_a_body_that_is_always_cut_is_broken(proxy: Proxy, stored: str) -> None:
    """When nothing helps the object is reported as broken, and half of it is never given."""
    found = source(proxy, stored)
    item = first(found)
    proxy.add(Rule(is_get, None, cut=0))
    assert reason(found, item).reason == "broken"


def test_a_shorter_object_than_listed_is_broken(aws: Aws, proxy: Proxy, stored: str) -> None:
    """The length that was listed is the length that must come."""
    found = source(proxy, stored)
    item = first(found)
    longer = LogObject(item.uri, (item.size or 0) + 1)
    assert "listed with 256001 bytes, read with 256000" in str(reason(found, longer))


def test_an_object_that_changed_since_the_listing_is_not_read(
    aws: Aws, proxy: Proxy, stored: str
) -> None:
    """The ledger says which content it read, so it must be that content."""
    found = source(proxy, stored)
    item = first(found)
    aws.put(stored, {KEY: BODY[::-1]})
    assert reason(found, item).reason == "broken"
    assert found.read(first(found)) == BODY[::-1]


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_is_told_with_its_restoration(
    aws: Aws, proxy: Proxy, bucket: str, storage_class: str
) -> None:
    """An object in an archive is named as such, with the command that brings it back."""
    aws.put(bucket, {KEY: BODY}, StorageClass=storage_class)
    found = source(proxy, bucket)
    item = first(found)
    assert item.storage_class == storage_class
    error = reason(found, item)
    assert error.reason == "archived"
    assert str(error) == (
        f"s3://{bucket}/{KEY}: in {storage_class}; restore it: aws s3api restore-object "
        f"--bucket {bucket} --key {KEY} --restore-request '{{\"Days\":7}}'"
    )


KMS = (
    "User: arn:aws:sts::111122223333:assumed-role/reader/x is not authorized to perform: "
    "kms:Decrypt on the resource associated with this ciphertext because no identity-based "
    "policy allows the kms:Decrypt action"
)


@pytest.mark.parametrize(
    ("status", "code", "message", "word", "step"),
    [
        (403, "AccessDenied", "Access Denied", "denied", "allow s3:GetObject on arn:aws:s3:::"),
        (403, "AccessDenied", KMS, "kms_denied", "allow kms:Decrypt on the key"),
        (400, "KMS.DisabledException", "arn is disabled.", "kms_denied", "kms:Decrypt"),
        (404, "NoSuchKey", "The key does not exist.", "missing", ""),
        (503, "SlowDown", "Please reduce your request rate.", "failed", "run again"),
    ],
)
def test_a_refused_object_has_its_word(
    proxy: Proxy, stored: str, status: int, code: str, message: str, word: str, step: str
) -> None:
    """Each refusal has its word for the ledger and what would make the object readable."""
    found = source(proxy, stored, retries=1)
    item = first(found)
    proxy.add(Rule(is_get, None, status=status, code=code, message=message))
    error = reason(found, item)
    assert error.reason == word
    assert step in error.next_step


def test_void_credentials_end_the_run(proxy: Proxy, stored: str) -> None:
    """Credentials that ended are no fault of each of a million objects."""
    found = source(proxy, stored)
    item = first(found)
    proxy.add(Rule(is_get, None, status=400, code="ExpiredToken", message="It has expired."))
    with pytest.raises(SourceError, match="renew the credentials") as caught:
        found.read(item)
    assert not isinstance(caught.value, UnreadableObject)


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"status": 503, "code": "SlowDown"}, {"status": 502}]
)
def test_a_service_that_is_gone_ends_the_run(
    proxy: Proxy, stored: str, fault: dict[str, Any]
) -> None:
    """When object after object gets no answer, the rest is not waited for one by one."""
    found = source(proxy, stored, retries=0)
    item = first(found)
    proxy.add(Rule(is_get, None, **fault))
    for _ in range(15):
        assert reason(found, item).reason == "failed"
    with pytest.raises(SourceError, match="nor for the 15 objects before") as caught:
        found.read(item)
    assert not isinstance(caught.value, UnreadableObject)


def test_reads_at_a_time_are_bounded(
    proxy: Proxy, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many threads ask, only so many requests are under way."""
    found = source(proxy, stored, max_connections=3)
    item = first(found)
    proxy.add(Rule(is_get, None, delay=0.05))
    under_way, most, lock = [0], [0], threading.Lock()
    reader = found._bucket()
    get = type(reader)._get

    def counted(self: object, item: LogObject, key: str) -> bytes:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        try:
            return get(reader, item, key)
        finally:
            with lock:
                under_way[0] -= 1

    monkeypatch.setattr(type(reader), "_get", counted)
    with ThreadPoolExecutor(12) as pool:
        assert all(body == BODY for body in pool.map(lambda _: found.read(item), range(24)))
    assert most[0] == 3


def test_anonymous_requests_carry_no_signature(aws: Aws, proxy: Proxy, bucket: str) -> None:
    """A public bucket is read without credentials, even where there are some."""
    aws.put(bucket, {KEY: BODY}, ACL="public-read")
    aws.put(bucket, {KEY + ".private": BODY})
    found = source(proxy, bucket, anonymous=True)
    item = first(found)
    assert found.read(item) == BODY
    assert reason(found, LogObject(item.uri + ".private")).reason == "denied"
    assert not [r for r in proxy.requests if "authorization" in r.headers]


def test_requests_are_signed_and_pay_when_asked_to(proxy: Proxy, stored: str) -> None:
    """Otherwise every request is signed, and says who pays where that is wanted."""
    found = source(proxy, stored, requester_pays=True)
    assert found.read(first(found)) == BODY
    assert all("authorization" in r.headers for r in proxy.requests)
    assert all(r.headers.get("x-amz-request-payer") == "requester" for r in proxy.requests)


def test_without_credentials_the_error_says_so(
    proxy: Proxy, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is left to guess at a 403."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SourceError, match="no AWS credentials found; set a profile"):
        first(source(proxy, stored))


def test_an_unknown_profile_is_named(proxy: Proxy, stored: str) -> None:
    """A profile that is not there is told by its name."""
    with pytest.raises(SourceError, match="nobody"):
        first(source(proxy, stored, profile="nobody"))


@pytest.mark.parametrize(
    "config",
    [
        "endpoint_url = {endpoint}\n",
        "services = ours\n[services ours]\ns3 =\n  endpoint_url = {endpoint}\n",
    ],
)
def test_a_profile_may_set_the_endpoint(
    proxy: Proxy, stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    """Listing and reading both go where the profile says."""
    keys = "[profile reader]\naws_access_key_id = A\naws_secret_access_key = B\n"
    (tmp_path / "config").write_text(keys + config.format(endpoint=proxy.endpoint))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    found = source(proxy, stored, endpoint=None, profile="reader")
    assert found.read(first(found)) == BODY
    assert any(request.is_get for request in proxy.requests)


ROLE = "arn:aws:iam::123456789012:role/log-reader"


def test_a_role_is_assumed_for_listing_and_reading(proxy: Proxy, stored: str) -> None:
    """Both use the role's credentials, and the role is assumed once."""
    found = source(proxy, stored, role_arn=ROLE, external_id="agreed")
    assert found.read(first(found)) == BODY
    asked = [r for r in proxy.requests if r.method == "POST"]
    assert len(asked) == 1
    assert b"ExternalId=agreed" in asked[0].body
    used = [r for r in proxy.requests if r.method == "GET"]
    assert len(used) >= 2
    assert all("x-amz-security-token" in r.headers for r in used)
    assert not [r for r in used if "AKIAEXAMPLE" in r.headers["authorization"]]


def test_a_role_that_may_not_be_assumed_is_told(proxy: Proxy, stored: str) -> None:
    """The refusal names the role and what would allow it."""
    refused = Rule(lambda r: r.method == "POST", None, status=403, code="AccessDenied")
    proxy.add(refused)
    with pytest.raises(SourceError, match=r"role/log-reader.*allow sts:AssumeRole"):
        first(source(proxy, stored, role_arn=ROLE))


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Give an empty lake."""
    return open_lake(str(tmp_path_factory.mktemp("lake")), create=True)


def test_a_bucket_goes_into_the_lake_once(aws: Aws, proxy: Proxy, bucket: str, lake: Lake) -> None:
    """Through faults on the way, every event arrives once, and failures are on record."""
    names = [KEY.replace("aBcD", f"{n:016d}") for n in range(30)]
    aws.put(bucket, {name: gzipped(event(name), event("same")) for name in names})
    aws.put(bucket, {KEY: gzipped(event("cold"))}, StorageClass="GLACIER")
    proxy.add(Rule(is_get, 5, status=503, code="SlowDown"))
    proxy.add(Rule(is_get, 5, cut=20))
    summary = ingest(lake, [source(proxy, bucket, retries=6)])
    assert (summary.rows_added, summary.duplicates, summary.records_read) == (31, 29, 60)
    assert summary.failures == {"archived": 1}
    again = ingest(lake, [source(proxy, bucket)])
    assert (again.objects_found, again.objects_new, again.rows_added) == (31, 1, 0)
    assert json.dumps(again.failures) == '{"archived": 1}'
