"""The organisation: its accounts, teams, people and machines, drawn once from the seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from pipeline.simulate.catalogue import Catalogue, Persona
from pipeline.simulate.identity import Role
from pipeline.simulate.ids import Ids
from pipeline.simulate.plan import Plan
from pipeline.simulate.rhythm import week

if TYPE_CHECKING:
    from pipeline.simulate.session import Session

_HOMES = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2")
_TEAMS = ("payments", "search", "logistics", "identity", "growth", "data", "mobile", "core")
_OFFSETS = (0, 1, -5, -8, 5, 10)
_GIVEN = (
    "ada", "bruno", "chiara", "dmitri", "elif", "farid", "grace", "hana", "ivan", "joana",
    "kofi", "lena", "mateo", "nadia", "oscar", "priya", "quentin", "rosa", "sven", "tomas",
    "uma", "viktor", "wanda", "ximena", "yuki", "zoë",
)  # fmt: skip
_FAMILY = (
    "adler", "becker", "castro", "diaz", "eriksen", "fischer", "garcia", "haddad", "ito",
    "jensen", "kaya", "lopez", "meyer", "novak", "okafor", "petrov", "rossi", "silva", "tran",
    "weber",
)  # fmt: skip
_SERVICES = ("mgmt", "security", "log-archive", "tooling")
_AGENTS = (
    (
        "aws-cli/2.17.56 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.9"
        " md/pyimpl#CPython cfg/retry-mode#standard md/prompt#off"
    ),
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0-27-generic exe/x86_64.ubuntu.22 prompt/off",
    (
        "Boto3/1.35.24 md/Botocore#1.35.24 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.4"
        " md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.35.24"
    ),
    (
        "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/"
        "5.67.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.5 "
        "ua/2.1 os/macos lang/go#1.22.6 md/GOOS#darwin md/GOARCH#arm64"
    ),
)
_BROWSERS = (
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/128.0.0.0 Safari/537.36"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0",
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 "
        "Safari/537.36"
    ),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account; exit_ip is its NAT gateway's address."""

    id: str
    name: str
    team: str
    home: str
    regions: tuple[str, ...]
    exit_ip: str


@dataclass(slots=True, eq=False)
class Actor:
    """Someone or something that acts; sessions holds what it is signed in to, by account."""

    persona: Persona
    name: str
    user_id: str
    team: str
    accounts: tuple[Account, ...]
    week: tuple[float, ...]
    ip: str
    agent: str
    browser: str
    roles: dict[str, Role] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Organisation:
    """All there is at the start. identity_store is the ARN of the people's directory."""

    id: str
    accounts: tuple[Account, ...]
    actors: tuple[Actor, ...]
    home: str
    identity_store: str
    sso_instance: str
    log_bucket: str
    vendor: str

    @property
    def management(self) -> Account:
        """Return the account the organisation is managed from."""
        return self.accounts[0]

    @property
    def log_account(self) -> Account:
        """Return the account that holds the logs' bucket."""
        return self.accounts[2 if _special(len(self.accounts)) > 2 else 0]

    @property
    def tooling(self) -> Account:
        """Return the account that pipelines run in."""
        return self.accounts[3 if _special(len(self.accounts)) > 3 else 0]


def found(plan: Plan, catalogue: Catalogue, random: Random, ids: Ids) -> Organisation:
    """Return the organisation of a plan."""
    home = random.choice(_HOMES)
    accounts = tuple(_account(index, plan, home, random, ids) for index in range(plan.accounts))
    management = accounts[0].id
    return Organisation(
        id="o-" + ids.lower(10),
        accounts=accounts,
        actors=tuple(_cast(catalogue, accounts, random, ids)),
        home=home,
        identity_store=f"arn:aws:identitystore::{management}:identitystore/d-{ids.hex(10)}",
        sso_instance="ssoins-" + ids.hex(16),
        log_bucket="org-cloudtrail-" + ids.hex(10),
        vendor=_number(random),
    )


def _special(accounts: int) -> int:
    """Return how many accounts are for management and the like; the rest carry workloads."""
    return min(len(_SERVICES), accounts // 3)


def _number(random: Random) -> str:
    return str(random.randrange(100_000_000_000, 999_999_999_999))


def public_ip(random: Random) -> str:
    """Return an address of the ranges that clouds and providers use."""
    first = random.choice((3, 18, 34, 52, 54, 62, 77, 81, 85, 89, 91, 109, 151, 178, 185, 193, 212))
    return f"{first}.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def _account(index: int, plan: Plan, home: str, random: Random, ids: Ids) -> Account:
    team = _TEAMS[index % len(_TEAMS)]
    special = index < _special(plan.accounts)
    name = _SERVICES[index] if special else f"{team}-{('prod', 'dev', 'staging')[index % 3]}"
    own = home if special or random.random() < 0.7 else random.choice(_HOMES)
    second = () if special or random.random() < 0.5 else (random.choice(_HOMES),)
    regions = tuple(dict.fromkeys((own, *second)))
    return Account(_number(random), f"{name}-{ids.hex(4)}", team, own, regions, public_ip(random))


def _cast(
    catalogue: Catalogue, accounts: tuple[Account, ...], random: Random, ids: Ids
) -> list[Actor]:
    workload = accounts[_special(len(accounts)) :]
    places = {"any": accounts, "workload": workload, "management": accounts[:1]}
    actors = []
    for persona in catalogue.personas:
        among = places[persona.where]
        for index in range(persona.total or max(1, round(persona.each * len(among)))):
            own = among[index % len(among)]
            mine = tuple(a for a in among if a.team == own.team)
            is_person = persona.opens == "sso"
            wide = persona.wide or persona.where == "any"
            reach = (among if wide else mine) if is_person or persona.wide else (own,)
            actors.append(_actor(persona, index, own, reach, random, ids))
    return actors


def _actor(
    persona: Persona,
    index: int,
    own: Account,
    accounts: tuple[Account, ...],
    random: Random,
    ids: Ids,
) -> Actor:
    offset = random.choice(_OFFSETS) if persona.rhythm in {"office", "deploys"} else 0
    person = f"{random.choice(_GIVEN)}.{random.choice(_FAMILY)}{index or ''}"
    is_person = persona.opens in {"sso", "console", "root"}
    return Actor(
        persona=persona,
        name=f"{person}@example.com" if is_person else f"{own.team}-{persona.name}-{ids.hex(4)}",
        user_id=ids.uuid(),
        team=own.team,
        accounts=accounts,
        week=week(persona.rhythm, offset),
        ip=public_ip(random),
        agent=random.choice(_AGENTS),
        browser=random.choice(_BROWSERS),
    )
