"""Credentials in use: who calls, from where, with what, and until when."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.simulate.catalogue import Persona
from pipeline.simulate.lineage import Lineage


@dataclass(slots=True, eq=False)
class Session:
    """Someone with credentials.

    account: the one the calls are made in. identity: userIdentity as JSON. is_inside: the
    calls come from inside AWS, so no TLS details are logged. is_cli: the user agent tells the
    command. expires: Unix time. lineage: who is behind it. is_renewed: the console gives it new
    keys now and then. forwarded: what services hold that call on with it, by service. values:
    what else records of the session can name.
    """

    account: str
    region: str
    identity: str
    ip: str
    agent: str
    principal: str
    access_key: str = ""
    expires: float = float("inf")
    denied: float = 0.0
    throttled: float = 0.0
    is_inside: bool = False
    is_cli: bool = False
    is_console: bool = False
    vpce: str = ""
    lineage: Lineage = field(default_factory=Lineage)
    is_renewed: bool = False
    forwarded: dict[str, Session] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        endpoint = f',"vpcEndpointId":"{self.vpce}","vpcEndpointAccountId":"{self.account}"'
        self.values = {
            "identity": self.identity,
            "service_identity": self.identity,
            "ip": self.ip,
            "agent": self.agent,
            "principal": self.principal,
            "console": ',"sessionCredentialFromConsole":"true"' if self.is_console else "",
            "vpce": endpoint if self.vpce else "",
            "vpce_id": self.vpce,
            "addendum": "",
            "shared": "",
            "command": "",
            **self.values,
        }

    @property
    def is_role(self) -> bool:
        """Tell whether it is a role's."""
        return ":assumed-role/" in self.principal

    def bear(self, persona: Persona) -> Session:
        """Return it with the persona's share of refusals."""
        self.denied = persona.denied
        self.throttled = persona.throttled
        return self
