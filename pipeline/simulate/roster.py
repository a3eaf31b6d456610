"""What the organisation of a plan knows of itself: its accounts, and who is behind which name."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from pipeline.simulate.catalogue import load_catalogue
from pipeline.simulate.ids import Ids
from pipeline.simulate.organisation import Actor, Organisation, found
from pipeline.simulate.plan import Plan

ACCOUNTS = ("account_id", "account_name", "organisational_unit", "environment", "owner", "tags")
IDENTITIES = ("principal_id", "human", "team", "joined_date", "left_date")


def draw_organisation(plan: Plan) -> Organisation:
    """Return the organisation that a simulation of this plan has, which it draws first of all."""
    random = Random(plan.seed)
    return found(plan, load_catalogue(), random, Ids(random))


def list_accounts(organisation: Organisation) -> list[tuple[str, ...]]:
    """Return the rows of a CSV file of accounts, with the columns of ACCOUNTS."""
    rows: list[tuple[str, ...]] = []
    for account in organisation.accounts:
        name = account.name.rpartition("-")[0]
        is_workload = name.startswith(f"{account.team}-")
        environment = name.rpartition("-")[2] if is_workload else "prod"
        unit = "workloads" if is_workload else "foundation"
        rows.append((account.id, name, unit, environment, f"{account.team}@example.com", ""))
    return rows


def list_identities(organisation: Organisation) -> list[tuple[str, ...]]:
    """Return the rows of a CSV file of people, with the columns of IDENTITIES.

    A person of single sign-on is known to the identity provider by name and to the directory
    by number; one with a password is an IAM user; root users are people too.
    """
    people = (row for actor in organisation.actors for row in _names(organisation, actor))
    return sorted(set(people))


def _names(organisation: Organisation, actor: Actor) -> Iterator[tuple[str, ...]]:
    """Yield each name that a person has in the logs; nothing for a machine."""
    told = (actor.name, actor.team, "", "")
    match actor.persona.opens:
        case "sso":
            yield (actor.name, *told)
            yield (f"{organisation.identity_store}/user/{actor.user_id}", *told)
        case "console":
            name = actor.name.partition("@")[0].encode("ascii", "ignore").decode()
            for account in actor.accounts:
                yield (f"arn:aws:iam::{account.id}:user/{name}", *told)
        case "root":
            for account in actor.accounts:
                yield (f"arn:aws:iam::{account.id}:root", *told)
