/*
name: event_records
grain: one row per row of the facts
description: "The facts, and most of each record put together again: for event_data_store."
materialize: view
columns:
  eventversion: version of the record's format
  useridentity: who called
  eventtime: when it happened, as the record says it
  event_time: the same as a timestamp
  eventsource: the service that was asked, as a host name
  eventname: the API operation
  awsregion: the region that was asked
  sourceipaddress: where the request came from, an address or a service
  useragent: what the caller said it is
  errorcode: AWS's word for a refusal or failure
  errormessage: the same in a sentence
  requestparameters: what was asked for, as JSON text
  responseelements: what was answered, as JSON text
  additionaleventdata: what the service adds, as JSON text
  requestid: AWS's id of the request
  eventid: the event's id
  readonly: whether the operation only reads, as text
  resources: what it was about, where the service says so
  eventtype: the kind of record, such as AwsApiCall
  apiversion: version of the API
  managementevent: whether it is a management event, as text
  recipientaccountid: the account whose trail has it
  sharedeventid: the same on both sides of a cross-account call
  vpcendpointid: the VPC endpoint it came through
  vpcendpointaccountid: the account of the endpoint
  serviceeventdetails: details of an event that a service triggered itself, as JSON text
  addendum: why the event was late or written again
  edgedevicedetails: the edge device that was asked, as JSON text
  insightdetails: the unusual activity of an Insights event, as JSON text
  eventcategory: Management, Data, NetworkActivity or Insight
  tlsdetails: the TLS version, cipher and host name of the request
  sessioncredentialfromconsole: true where a console session made it
  unmapped: what of the record has no column, as JSON text
  has_parameters: whether AWS writes requestParameters and responseElements where they are null
  mapped_json: the record as JSON text, but for JSON columns and what is unmapped
*/
-- noqa: disable=LT01,LT02,LT05,LT09,LT12
with

logs as (
    select
        *,
        useridentity.sessioncontext as context,
        useridentity.sessioncontext.sessionissuer as issuer,
        useridentity.sessioncontext.attributes,
        useridentity.sessioncontext.webidfederationdata as web,
        useridentity.inscopeof as scope,
        useridentity.onbehalfof as behalf,
        coalesce(eventcategory not in ('NetworkActivity', 'Insight'), true) as has_parameters
    from cloudtrail_logs
),

records as (
    select
        *,
        json_merge_patch('{}', to_json({
            'eventVersion': eventversion, 'userIdentity': case when useridentity is not null then {
                'type': useridentity.type, 'principalId': useridentity.principalid,
                'arn': useridentity.arn, 'accountId': useridentity.accountid,
                'invokedBy': useridentity.invokedby, 'accessKeyId': useridentity.accesskeyid,
                'userName': useridentity.username,
                'onBehalfOf': case when behalf is not null then
                    {'userId': behalf.userid, 'identityStoreArn': behalf.identitystorearn} end,
                'sessionContext': case when context is not null then {
                    'attributes': case when attributes is not null then
                        {'mfaAuthenticated': attributes.mfaauthenticated,
                        'creationDate': attributes.creationdate} end,
                    'sessionIssuer': case when issuer is not null then {
                        'type': issuer.type, 'principalId': issuer.principalid, 'arn': issuer.arn,
                        'accountId': issuer.accountid, 'userName': issuer.username
                    } end,
                    'ec2RoleDelivery': context.ec2roledelivery,
                    'webIdFederationData': case when web is not null then
                        {'federatedProvider': web.federatedprovider, 'attributes': web.attributes} end,
                    'sourceIdentity': context.sourceidentity,
                    'ec2IssuedInVpc': context.ec2issuedinvpc, 'assumedRoot': try_cast(context.assumedroot as boolean)
                } end,
                'identityProvider': useridentity.identityprovider,
                'credentialId': useridentity.credentialid,
                'inScopeOf': case when scope is not null then {
                    'issuerType': scope.issuertype, 'credentialsIssuedTo': scope.credentialsissuedto,
                    'sourceArn': scope.sourcearn, 'sourceAccount': scope.sourceaccount
                } end
            } end, 'eventTime': eventtime, 'eventSource': eventsource, 'eventName': eventname,
            'awsRegion': awsregion, 'sourceIPAddress': sourceipaddress, 'userAgent': useragent,
            'errorCode': errorcode, 'errorMessage': errormessage, 'requestID': requestid,
            'eventID': eventid, 'readOnly': try_cast(readonly as boolean),
            'resources': list_transform(resources, lambda r: json_merge_patch('{}', to_json({
                'ARN': r.arn, 'accountId': r.accountid, 'type': r.type, 'ARNPrefix': r.arnprefix
            }))),
            'eventType': eventtype, 'apiVersion': apiversion,
            'managementEvent': try_cast(managementevent as boolean),
            'recipientAccountId': recipientaccountid, 'sharedEventID': sharedeventid,
            'vpcEndpointId': vpcendpointid, 'vpcEndpointAccountId': vpcendpointaccountid,
            'eventCategory': eventcategory,
            'addendum': case when addendum is not null then {
                'reason': addendum.reason, 'updatedFields': addendum.updatedfields,
                'originalRequestID': addendum.originalrequestid,
                'originalEventID': addendum.originaleventid
            } end,
            'tlsDetails': case when tlsdetails is not null then {
                'tlsVersion': tlsdetails.tlsversion, 'cipherSuite': tlsdetails.ciphersuite,
                'clientProvidedHostHeader': tlsdetails.clientprovidedhostheader
            } end,
            'sessionCredentialFromConsole': sessioncredentialfromconsole
        })) as mapped_json
    from logs
)

select
    eventversion, useridentity, eventtime, event_time, eventsource, eventname, awsregion,
    sourceipaddress, useragent, errorcode, errormessage, requestparameters, responseelements,
    additionaleventdata, requestid, eventid, readonly, resources, eventtype, apiversion,
    managementevent, recipientaccountid, sharedeventid, vpcendpointid, vpcendpointaccountid,
    serviceeventdetails, addendum, edgedevicedetails, insightdetails, eventcategory, tlsdetails,
    sessioncredentialfromconsole, unmapped, has_parameters, mapped_json
from records
