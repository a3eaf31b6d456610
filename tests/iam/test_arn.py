"""ARNs: taken apart as AWS documents them, and put together again."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from pipeline.iam.arn import Arn, parse_arn, partition_of

_WORD = st.from_regex(r"[a-z][a-z0-9-]{0,15}", fullmatch=True)
_ARNS = st.builds(
    Arn,
    partition=_WORD,
    service=_WORD,
    region=st.just("") | _WORD,
    account_id=st.just("") | st.from_regex(r"[0-9]{12}", fullmatch=True),
    resource=st.text(min_size=1, max_size=40),
)


@given(_ARNS)
def test_what_was_put_together_is_taken_apart_the_same(arn: Arn) -> None:
    """Whatever the resource is, colons, slashes and line breaks included, no part is lost."""
    assert parse_arn(str(arn)) == arn


@given(st.text(max_size=60))
def test_any_text_is_an_arn_whole_or_none(text: str) -> None:
    """Parsing never fails, and what it takes for an ARN reads as it was written."""
    found = parse_arn(text)
    assert found is None or str(found) == text


@given(_ARNS)
def test_type_and_id_are_parts_of_the_resource(arn: Arn) -> None:
    """The id is the resource's end; nothing is made up."""
    assert arn.resource.endswith(arn.resource_id)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("arn:aws:s3:::logs", "bucket", "logs"),
        ("arn:aws:s3:::logs/2026/10/a:b.gz", "object", "logs/2026/10/a:b.gz"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/pay", "accesspoint", "pay"),
        ("arn:aws:iam::111122223333:root", "root", ""),
        ("arn:aws:iam::111122223333:role/team/pay", "role", "team/pay"),
        ("arn:aws:sts::111122223333:assumed-role/pay/i-0abc", "assumed-role", "pay/i-0abc"),
        ("arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0abc", "instance", "i-0abc"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:pay:live", "function", "pay:live"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/pay:*", "log-group", "/aws/pay:*"),
        ("arn:aws:sns:eu-west-1:111122223333:news", "topic", "news"),
        ("arn:aws:sqs:eu-west-1:111122223333:work", "queue", "work"),
        ("arn:aws:apigateway:eu-west-1::/restapis/a1/stages/live", "restapis", "a1/stages/live"),
        ("arn:aws:execute-api:eu-west-1:111122223333:a1/live/GET/pay", "api", "a1/live/GET/pay"),
        ("arn:aws:rds:eu-west-1:111122223333:db:pay", "db", "pay"),
        ("arn:aws:kms:eu-west-1:111122223333:alias/pay", "alias", "pay"),
    ],
)
def test_services_divide_type_and_id_in_their_own_way(text: str, kind: str, name: str) -> None:
    """Slash or colon, whichever comes first; S3, SNS, SQS and APIs name no type."""
    found = parse_arn(text)
    assert found is not None
    assert (found.resource_type, found.resource_id) == (kind, name)


@pytest.mark.parametrize(
    "text", ["", "logs", "arn:aws:s3", "arn:aws:s3:::", "arn::s3:::logs", "urn:aws:s3:::logs"]
)
def test_what_is_no_arn_is_none(text: str) -> None:
    """Names, prefixes and other URNs are not taken for ARNs."""
    assert parse_arn(text) is None


def test_every_region_is_of_its_partition() -> None:
    """The rule by names holds for every region that botocore knows."""
    for partition in Loader().load_data("endpoints")["partitions"]:
        for region in partition["regions"]:
            assert partition_of(region) == partition["partition"]
