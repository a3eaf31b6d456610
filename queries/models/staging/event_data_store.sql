/*
name: event_data_store
grain: one row per row of the facts
description: "The facts as CloudTrail Lake has them: an event data store's columns and types."
materialize: view
columns:
  eventversion: version of the record's format
  useridentity: who called; the session's creationdate is a timestamp
  eventtime: when it happened, in UTC
  eventsource: the service that was asked, as a host name
  eventname: the API operation
  awsregion: the region that was asked
  sourceipaddress: where the request came from, an address or a service
  useragent: what the caller said it is
  errorcode: AWS's word for a refusal or failure
  errormessage: the same in a sentence
  requestparameters: what was asked for, a map; what is no text in it is JSON text
  responseelements: what was answered, likewise
  additionaleventdata: what the service adds, likewise
  requestid: AWS's id of the request
  eventid: the event's id
  readonly: whether the operation only reads
  resources: what it was about, where the service says so
  eventtype: the kind of record, such as AwsApiCall
  apiversion: version of the API
  managementevent: whether it is a management event
  recipientaccountid: the account whose trail has it
  sharedeventid: the same on both sides of a cross-account call
  annotation: always null, since nothing here annotates events
  vpcendpointid: the VPC endpoint it came through
  vpcendpointaccountid: the account of the endpoint
  serviceeventdetails: details of an event that a service triggered itself, a map
  addendum: why the event was late or written again, a map
  edgedevicedetails: the edge device that was asked, a map
  insightdetails: the unusual activity of an Insights event, a map
  eventcategory: Management, Data, NetworkActivity or Insight
  tlsdetails: the TLS version, cipher and host name of the request
  sessioncredentialfromconsole: true where a console session made it
  eventjson: the record as JSON text; a field that is null in it is left out
  eventjsonchecksum: "always null: AWS's checksum is of its own spelling of the record"
*/
-- noqa: disable=LT01,LT02,LT09
with

records as (
    select
        *,
        concat(
            left(mapped_json, length(mapped_json) - 1),
            case when has_parameters or requestparameters is not null
                then ',"requestParameters":' || coalesce(requestparameters, 'null') end,
            case when has_parameters or responseelements is not null
                then ',"responseElements":' || coalesce(responseelements, 'null') end,
            ',"additionalEventData":' || additionaleventdata,
            ',"serviceEventDetails":' || serviceeventdetails,
            ',"edgeDeviceDetails":' || edgedevicedetails,
            ',"insightDetails":' || insightdetails,
            '}'
        ) as mapped_whole
    from event_records
)

select
    eventversion,
    try_cast(
        useridentity as struct(
            type varchar, principalid varchar, arn varchar, accountid varchar,
            accesskeyid varchar, username varchar,
            sessioncontext struct(
                attributes struct(creationdate timestamp, mfaauthenticated varchar),
                sessionissuer struct(
                    type varchar, principalid varchar, arn varchar, accountid varchar,
                    username varchar
                ),
                webidfederationdata struct(
                    federatedprovider varchar, attributes map(varchar, varchar)
                ),
                sourceidentity varchar, ec2roledelivery varchar, ec2issuedinvpc varchar
            ),
            onbehalfof struct(userid varchar, identitystorearn varchar),
            inscopeof struct(
                sourcearn varchar, sourceaccount varchar, issuertype varchar,
                credentialsissuedto varchar
            ),
            invokedby varchar, identityprovider varchar
        )
    ) as useridentity,
    cast(event_time as timestamp) as eventtime,
    eventsource, eventname, awsregion, sourceipaddress, useragent, errorcode, errormessage,
    try_cast(try_cast(requestparameters as json) as map(varchar, varchar)) as requestparameters,
    try_cast(try_cast(responseelements as json) as map(varchar, varchar)) as responseelements,
    try_cast(try_cast(additionaleventdata as json) as map(varchar, varchar))
        as additionaleventdata,
    requestid, eventid, try_cast(readonly as boolean) as readonly,
    list_transform(resources, lambda r: {
        'accountid': r.accountid, 'type': r.type, 'arn': r.arn, 'arnprefix': r.arnprefix
    }) as resources,
    eventtype, apiversion, try_cast(managementevent as boolean) as managementevent,
    recipientaccountid, sharedeventid, cast(null as varchar) as annotation, vpcendpointid,
    vpcendpointaccountid,
    try_cast(try_cast(serviceeventdetails as json) as map(varchar, varchar))
        as serviceeventdetails,
    case when addendum is not null then map_from_entries(list_filter([
        {'k': 'reason', 'v': addendum.reason},
        {'k': 'updatedFields', 'v': addendum.updatedfields},
        {'k': 'originalRequestID', 'v': addendum.originalrequestid},
        {'k': 'originalEventID', 'v': addendum.originaleventid}
    ], lambda e: e.v is not null)) end as addendum,
    try_cast(try_cast(edgedevicedetails as json) as map(varchar, varchar)) as edgedevicedetails,
    try_cast(try_cast(insightdetails as json) as map(varchar, varchar)) as insightdetails,
    eventcategory, tlsdetails, sessioncredentialfromconsole,
    case when unmapped is null then mapped_whole
        else cast(json_merge_patch(mapped_whole, unmapped) as varchar) end as eventjson,
    cast(null as varchar) as eventjsonchecksum
from records
