"""The shape of a record: an action's JSON text in AWS's key order, with gaps for values."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.simulate.template import compile_json, compile_text

_TLS = (
    ',"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",'
    '"clientProvidedHostHeader":"%s"}'
)
_ERROR = '"errorCode":"%(error_code)s","errorMessage":"%(error_message)s",'


@dataclass(frozen=True, slots=True)
class Shape:
    """What the catalogue says about one action's record, as templates.

    kind: api, signin, service or insight. request, response, extra, resources and details
    are the JSON of requestParameters, responseElements, additionalEventData, resources and
    serviceEventDetails (insightDetails for an insight); empty where the record has none.
    """

    kind: str
    source: str
    name: str
    version: str
    agent: str
    host: str
    read: bool
    data: bool
    api_version: str
    failure: str
    request: str
    response: str
    extra: str
    resources: str
    details: str


@dataclass(frozen=True, slots=True)
class Forms:
    """An action's record as format strings: worked or refused, from outside or inside AWS."""

    worked: str
    worked_inside: str
    refused: str
    refused_inside: str


def draw(shape: Shape) -> Forms:
    """Return the forms of a record."""
    if shape.kind == "insight":
        text = _draw_insight(shape)
        return Forms(text, text, text, text)
    if shape.kind == "service":
        text = _draw_service_event(shape)
        return Forms(text, text, text, text)
    tls = _TLS % compile_text(shape.host)
    return Forms(
        worked=_draw_call(shape, refused=False, tls=tls),
        worked_inside=_draw_call(shape, refused=False, tls=""),
        refused=_draw_call(shape, refused=True, tls=tls),
        refused_inside=_draw_call(shape, refused=True, tls=""),
    )


def draw_network_activity() -> str:
    """Return the form of the record a VPC endpoint's owner gets of a call through it."""
    return (
        '{"eventVersion":"1.09","userIdentity":%(identity)s,"eventTime":"%(time)s",'
        '"eventSource":"%(source)s","eventName":"%(name)s","awsRegion":"%(region)s",'
        '"sourceIPAddress":"%(ip)s",%(refusal)s"requestID":"%(request_id)s",'
        '"eventID":"%(event_id)s","eventType":"AwsVpceEvent",'
        '"recipientAccountId":"%(account)s","sharedEventID":"%(uuid:shared)s",'
        '"vpcEndpointId":"%(vpce_id)s","vpcEndpointAccountId":"%(account)s",'
        '"eventCategory":"NetworkActivity"}'
    )


def _head(shape: Shape, agent: str) -> str:
    return (
        f'{{"eventVersion":"{shape.version}","userIdentity":%(identity)s,'
        f'"eventTime":"%(time)s","eventSource":"{shape.source}","eventName":"{shape.name}",'
        f'"awsRegion":"%(region)s","sourceIPAddress":"%(ip)s","userAgent":"{agent}",'
    )


def _optional(key: str, template: str) -> str:
    return f'"{key}":{compile_json(template)},' if template else ""


def _draw_call(shape: Shape, *, refused: bool, tls: str) -> str:
    agent = compile_text(shape.agent).replace("%(agent)s", "%(agent)s%(command)s")
    failure = f'"errorMessage":"{shape.failure}",' if shape.failure else ""
    response = "null" if refused or not shape.response else compile_json(shape.response)
    event_type = "AwsConsoleSignIn" if shape.kind == "signin" else "AwsApiCall"
    return (
        _head(shape, agent)
        + (_ERROR if refused else failure)
        + f'"requestParameters":{compile_json(shape.request or "null")},'
        + f'"responseElements":{response},'
        + _optional("additionalEventData", shape.extra)
        + ('"requestID":"%(request_id)s",' if shape.kind == "api" else "")
        + f'"eventID":"%(event_id)s","readOnly":{"true" if shape.read else "false"},'
        + _optional("resources", shape.resources)
        + f'"eventType":"{event_type}",'
        + (f'"apiVersion":"{shape.api_version}",' if shape.api_version else "")
        + f'"managementEvent":{"false" if shape.data else "true"},'
        + '"recipientAccountId":"%(recipient)s"%(shared)s%(vpce)s%(addendum)s,'
        + f'"eventCategory":"{"Data" if shape.data else "Management"}"{tls}%(console)s}}'
    )


def _draw_service_event(shape: Shape) -> str:
    return (
        _head(shape, "%(agent)s").replace("%(identity)s", "%(service_identity)s")
        + '"requestParameters":null,"responseElements":null,'
        + _optional("additionalEventData", shape.extra)
        + '"requestID":"%(request_id)s",'
        + f'"eventID":"%(event_id)s","readOnly":{"true" if shape.read else "false"},'
        + _optional("resources", shape.resources)
        + '"eventType":"AwsServiceEvent","managementEvent":true,'
        + '"recipientAccountId":"%(recipient)s",'
        + _optional("serviceEventDetails", shape.details)
        + '"eventCategory":"Management"%(addendum)s}'
    )


def _draw_insight(shape: Shape) -> str:
    return (
        f'{{"eventVersion":"{shape.version}","eventTime":"%(time)s","awsRegion":"%(region)s",'
        '"eventID":"%(event_id)s","eventType":"AwsCloudTrailInsight",'
        '"recipientAccountId":"%(recipient)s","sharedEventID":"%(insight_id)s",'
        + _optional("insightDetails", shape.details)
        + '"eventCategory":"Insight"%(addendum)s}'
    )
