"""userIdentity as CloudTrail writes it, for each way of being someone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.simulate.template import compact


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role; path starts and ends with a slash."""

    account: str
    name: str
    id: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """Return the role's ARN."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    def session_arn(self, session: str) -> str:
        """Return the ARN of a session of the role, which has no path."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{session}"


def assumed_role(
    role: Role,
    session: str,
    access_key: str,
    created: str,
    *,
    mfa: bool = False,
    source_identity: str = "",
    federated_provider: str = "",
    invoked_by: str = "",
    on_behalf_of: dict[str, str] | None = None,
    is_ec2: bool = False,
) -> str:
    """Return the identity of a role's session, made at created."""
    context: dict[str, Any] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": role.id,
            "arn": role.arn,
            "accountId": role.account,
            "userName": role.name,
        }
    }
    if federated_provider:
        context["webIdFederationData"] = {
            "federatedProvider": federated_provider,
            "attributes": {},
        }
    context["attributes"] = {"creationDate": created, "mfaAuthenticated": str(mfa).lower()}
    if is_ec2:
        context["ec2RoleDelivery"] = "2.0"
    if source_identity:
        context["sourceIdentity"] = source_identity
    identity: dict[str, Any] = {
        "type": "AssumedRole",
        "principalId": f"{role.id}:{session}",
        "arn": role.session_arn(session),
        "accountId": role.account,
        "accessKeyId": access_key,
        "sessionContext": context,
    }
    if invoked_by:
        identity["invokedBy"] = invoked_by
    if on_behalf_of:
        identity["onBehalfOf"] = on_behalf_of
    return compact(identity)


def arrived_role(role: Role, session: str) -> str:
    """Return the identity in the record of a console user who has just switched to a role."""
    return compact(
        {
            "type": "AssumedRole",
            "principalId": f"{role.id}:{session}",
            "arn": role.session_arn(session),
            "accountId": role.account,
        }
    )


def federated_user(
    account: str, name: str, access_key: str, created: str, issuer: dict[str, str]
) -> str:
    """Return who an IAM user asked a federation token for."""
    return compact(
        {
            "type": "FederatedUser",
            "principalId": f"{account}:{name}",
            "arn": f"arn:aws:sts::{account}:federated-user/{name}",
            "accountId": account,
            "accessKeyId": access_key,
            "sessionContext": {
                "sessionIssuer": {"type": "IAMUser", **issuer, "accountId": account},
                "attributes": {"creationDate": created, "mfaAuthenticated": "false"},
            },
        }
    )


def assumed_root(account: str, access_key: str, created: str) -> str:
    """Return the root user of a member account, as the management account assumes it."""
    return compact(
        {
            "type": "Root",
            "principalId": account,
            "arn": f"arn:aws:iam::{account}:root",
            "accountId": account,
            "accessKeyId": access_key,
            "sessionContext": {
                "attributes": {"creationDate": created, "mfaAuthenticated": "false"},
                "assumedRoot": "true",
            },
        }
    )


def iam_user(
    account: str, name: str, user_id: str, access_key: str, created: str = "", mfa: bool = False
) -> str:
    """Return an IAM user's identity; with created, one of temporary credentials."""
    identity: dict[str, Any] = {
        "type": "IAMUser",
        "principalId": user_id,
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
    }
    if access_key:
        identity["accessKeyId"] = access_key
    identity["userName"] = name
    if created:
        attributes = {"creationDate": created, "mfaAuthenticated": str(mfa).lower()}
        identity["sessionContext"] = {"attributes": attributes}
    return compact(identity)


def root(account: str, access_key: str, created: str) -> str:
    """Return the root user's identity."""
    identity: dict[str, Any] = {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": access_key,
    }
    if access_key:
        attributes = {"creationDate": created, "mfaAuthenticated": "true"}
        identity["sessionContext"] = {"attributes": attributes}
    return compact(identity)


def aws_service(service: str) -> str:
    """Return the identity of an AWS service that calls on its own."""
    return compact({"type": "AWSService", "invokedBy": service})


def aws_internal(account: str, service: str) -> str:
    """Return the identity of a service event, which has no caller."""
    return compact({"accountId": account, "invokedBy": service})


def aws_account(account: str, principal: str) -> str:
    """Return a caller from another account, as the account that is called sees it."""
    return compact({"type": "AWSAccount", "principalId": principal, "accountId": account})


def saml_user(provider: str, name: str) -> str:
    """Return someone at the door with a SAML assertion."""
    return compact(
        {
            "type": "SAMLUser",
            "principalId": f"{provider}:{name}",
            "userName": name,
            "identityProvider": provider,
        }
    )


def web_identity_user(provider: str, subject: str) -> str:
    """Return someone at the door with an OpenID Connect token."""
    return compact(
        {
            "type": "WebIdentityUser",
            "principalId": f"{provider}:sts.amazonaws.com:{subject}",
            "userName": subject,
            "identityProvider": provider,
        }
    )


def identity_center_user(account: str, on_behalf_of: dict[str, str], credential: str) -> str:
    """Return a person signed in to IAM Identity Center."""
    return compact(
        {
            "type": "IdentityCenterUser",
            "accountId": account,
            "onBehalfOf": on_behalf_of,
            "credentialId": credential,
        }
    )
