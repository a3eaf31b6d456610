"""The CloudTrail record as a table: which field goes to which column, and of what type.

Names, order and types of the first columns are those of AWS's documented Athena table
(https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html); a field that
AWS documents for the record but not for Athena follows at the end of its struct.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a field's JSON value becomes a column, and which JSON it gives back.

    TEXT: a JSON string, kept decoded.
    FLAG: a JSON boolean, kept as `true` or `false`, the type Athena gives it.
    JSON: any JSON value, kept as JSON text.
    STRUCT, LIST: an object of known fields, an array of such objects.
    MAP: an object of strings.
    """

    TEXT = "text"
    FLAG = "flag"
    JSON = "json"
    STRUCT = "struct"
    LIST = "list"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the record.

    Attributes:
        name: the field's name as AWS writes it; its column is the lower case of it.
        kind: what JSON it is.
        fields: the known fields of a STRUCT, or of a LIST's elements.
    """

    name: str
    kind: Kind = Kind.TEXT
    fields: tuple[Field, ...] = ()

    @property
    def column(self) -> str:
        """The column's name."""
        return self.name.lower()


def _texts(names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names.split())


_SESSION_CONTEXT = Field(
    "sessionContext",
    Kind.STRUCT,
    (
        Field("attributes", Kind.STRUCT, _texts("mfaAuthenticated creationDate")),
        Field("sessionIssuer", Kind.STRUCT, _texts("type principalId arn accountId userName")),
        Field("ec2RoleDelivery"),
        Field(
            "webIdFederationData",
            Kind.STRUCT,
            (Field("federatedProvider"), Field("attributes", Kind.MAP)),
        ),
        Field("sourceIdentity"),
        Field("ec2IssuedInVpc"),
        Field("assumedRoot", Kind.FLAG),
    ),
)

_USER_IDENTITY = Field(
    "userIdentity",
    Kind.STRUCT,
    (
        *_texts("type principalId arn accountId invokedBy accessKeyId userName"),
        Field("onBehalfOf", Kind.STRUCT, _texts("userId identityStoreArn")),
        _SESSION_CONTEXT,
        Field("identityProvider"),
        Field(
            "inScopeOf",
            Kind.STRUCT,
            _texts("issuerType credentialsIssuedTo sourceArn sourceAccount"),
        ),
        Field("credentialId"),
    ),
)

RECORD: tuple[Field, ...] = (
    Field("eventVersion"),
    _USER_IDENTITY,
    *_texts("eventTime eventSource eventName awsRegion sourceIPAddress userAgent"),
    *_texts("errorCode errorMessage"),
    Field("requestParameters", Kind.JSON),
    Field("responseElements", Kind.JSON),
    Field("additionalEventData", Kind.JSON),
    *_texts("requestID eventID"),
    Field("readOnly", Kind.FLAG),
    Field("resources", Kind.LIST, _texts("ARN accountId type ARNPrefix")),
    *_texts("eventType apiVersion recipientAccountId"),
    Field("serviceEventDetails", Kind.JSON),
    *_texts("sharedEventID vpcEndpointId vpcEndpointAccountId eventCategory"),
    Field(
        "addendum",
        Kind.STRUCT,
        _texts("reason updatedFields originalRequestID originalEventID"),
    ),
    Field("sessionCredentialFromConsole"),
    Field("edgeDeviceDetails", Kind.JSON),
    Field("tlsDetails", Kind.STRUCT, _texts("tlsVersion cipherSuite clientProvidedHostHeader")),
    Field("managementEvent", Kind.FLAG),
    Field("insightDetails", Kind.JSON),
    Field("eventContext", Kind.JSON),
)
"""Every field of a record that has a column of its own."""

NULL_IS_WRITTEN = frozenset({"requestParameters", "responseElements"})
"""Fields that AWS writes as `null` when empty; a null column means that, not absence."""

NULL_IS_ABSENCE = frozenset({"NetworkActivity", "Insight"})
"""Categories of events that AWS writes without those fields; there a null means absence."""


def written_nulls(category: object) -> frozenset[str]:
    """Return the fields whose null column means a written `null` in events of a category.

    >>> sorted(written_nulls("Management")), sorted(written_nulls("Insight"))
    (['requestParameters', 'responseElements'], [])
    """
    return frozenset() if category in NULL_IS_ABSENCE else NULL_IS_WRITTEN
