/*
name: caller_logs
grain: one row per row of the facts (event_date, event_id, account_id)
description: The facts under readable names, with the caller's kind, partition and account made out.
materialize: view
columns:
  event_id: the event's id; of a record without one, the hash of its content
  event_time: when it happened
  event_date: its UTC day
  region: the region that was asked
  account_id: the account whose trail has it, else the caller's
  event_source: the service that was asked, as a host name
  event_name: the API operation
  event_type: the kind of record, such as AwsApiCall
  event_category: Management, Data, NetworkActivity or Insight; null before version 1.07
  event_version: version of the record's format
  caller_id: AWS's principal id
  caller_arn: the caller's ARN, of the session where there is one
  caller_name: the user name; null where AWS hid it
  issuer_arn: the ARN of what issued the session, a role's with its path
  issuer_name: the name of what issued the session
  identity_provider: who vouches for a federated caller
  on_behalf_of: the Identity Center user that the call is made for, in the form of a principal_id
  access_key_id: the access key of the call
  source_identity: what the session's source identity was set to, which it cannot change
  invoked_by: the service that made the call for the caller
  workload_arn: the workload that the credentials were issued to (inScopeOf)
  session_created_text: when the session began, as the record says it
  mfa_flag: mfaAuthenticated as the record says it
  read_only_flag: readOnly as the record says it
  management_flag: managementEvent as the record says it
  console_flag: sessionCredentialFromConsole as the record says it
  tls_version: the TLS version of the request
  error_code: AWS's word for a refusal or failure
  error_message: the same in a sentence
  source_address: sourceIPAddress as the record says it
  user_agent: what the caller said it is
  vpc_endpoint_id: the VPC endpoint it came through
  request_parameters: what was asked for, as JSON text
  response_elements: what was answered, as JSON text
  additional_event_data: what the service adds, as JSON text
  service_event_details: details of an event that a service triggered itself, as JSON text
  resources: what it was about, where the service says so
  request_id: AWS's id of the request
  shared_event_id: the same on both sides of a cross-account call
  update_reason: why the event was late or written again
  source_object: the object it was read from
  original_event_id: the event that this one is a new version of
  caller_type: AWS's word for the type of caller
  stated_account_id: the account beside the caller's ARN
  caller_kind: the principal's type, before asking whether the record tells which principal
  caller_account_id: the account in the caller's ARN, else the one beside it
  iam_arn: how the ARNs of the caller's account begin
  caller_host: the service that calls
*/
with

-- noqa: disable=LT09
logs as (
    select
        -- as ingest tells events apart, so that no two rows of a day have one key
        coalesce(record_hash, eventid) as event_id, event_time, event_date, awsregion as region,
        nullif(coalesce(recipientaccountid, useridentity.accountid), '') as account_id,
        eventsource as event_source, eventname as event_name, eventtype as event_type,
        eventcategory as event_category, eventversion as event_version,
        nullif(useridentity.principalid, '') as caller_id,
        nullif(useridentity.arn, '') as caller_arn,
        nullif(nullif(useridentity.username, ''), 'HIDDEN_DUE_TO_SECURITY_REASONS') as caller_name,
        nullif(useridentity.sessioncontext.sessionissuer.arn, '') as issuer_arn,
        nullif(useridentity.sessioncontext.sessionissuer.username, '') as issuer_name,
        nullif(useridentity.identityprovider, '') as identity_provider,
        nullif(useridentity.onbehalfof.identitystorearn, '') || '/user/'
        || nullif(useridentity.onbehalfof.userid, '') as on_behalf_of,
        nullif(useridentity.accesskeyid, '') as access_key_id,
        nullif(useridentity.sessioncontext.sourceidentity, '') as source_identity,
        nullif(useridentity.invokedby, '') as invoked_by,
        nullif(useridentity.inscopeof.credentialsissuedto, '') as workload_arn,
        nullif(useridentity.sessioncontext.attributes.creationdate, '') as session_created_text,
        lower(useridentity.sessioncontext.attributes.mfaauthenticated) as mfa_flag,
        lower(replace(readonly, '"', '')) as read_only_flag,  -- some records have it as text
        lower(replace(managementevent, '"', '')) as management_flag,
        lower(sessioncredentialfromconsole) as console_flag, tlsdetails.tlsversion as tls_version,
        nullif(errorcode, '') as error_code, nullif(errormessage, '') as error_message,
        sourceipaddress as source_address, useragent as user_agent,
        nullif(vpcendpointid, '') as vpc_endpoint_id,
        requestparameters as request_parameters, responseelements as response_elements,
        additionaleventdata as additional_event_data, serviceeventdetails as service_event_details,
        resources, requestid as request_id, nullif(sharedeventid, '') as shared_event_id,
        addendum.reason as update_reason, source_object,
        case when addendum.reason = 'UPDATED_DATA' then nullif(addendum.originaleventid, '') end
            as original_event_id,
        nullif(useridentity.type, '') as caller_type,
        nullif(useridentity.accountid, '') as stated_account_id
    from cloudtrail_logs
)
-- noqa: enable=LT09

-- the kind is AWS's word; in a record without one, what its ARN or its type shows
select
    *,
    case
        when
            coalesce(caller_type, 'AWSAccount') = 'AWSAccount'
            and lower(coalesce(caller_id, stated_account_id)) like 'anonymous%'
            then 'anonymous'
        when caller_type in ('AssumedRole', 'Role') then 'role'
        when caller_type = 'IAMUser' then 'user' when caller_type = 'Root' then 'root'
        when caller_type = 'AWSService' then 'aws_service'
        when caller_type = 'AWSAccount' then 'account'
        when caller_type = 'FederatedUser' then 'federated_user'
        when caller_type = 'SAMLUser' then 'saml_user'
        when caller_type = 'WebIdentityUser' then 'web_identity_user'
        when caller_type = 'IdentityCenterUser' then 'identity_center_user'
        when coalesce(caller_type, 'Unknown') = 'Unknown' and on_behalf_of is not null
            then 'identity_center_user'
        when caller_type is not null then 'unknown'
        when caller_arn like '%:assumed-role/%' or caller_arn like '%:role/%' then 'role'
        when caller_arn like '%:user/%' then 'user' when caller_arn like '%:root' then 'root'
        when caller_arn like '%:federated-user/%' then 'federated_user'
        when invoked_by is not null or event_type = 'AwsServiceEvent' then 'aws_service'
        else 'unknown'
    end as caller_kind,
    case
        when caller_arn like 'arn:%:%:%:_%:%' then split_part(caller_arn, ':', 5)
        else stated_account_id
    end as caller_account_id,
    case
        when caller_arn like 'arn:%:%:%:_%:%'
            then
                'arn:' || split_part(caller_arn, ':', 2) || ':iam::'
                || split_part(caller_arn, ':', 5) || ':'
        when region like 'cn-%' then 'arn:aws-cn:iam::' || stated_account_id || ':'
        when region like 'us-gov-%' then 'arn:aws-us-gov:iam::' || stated_account_id || ':'
        else 'arn:aws:iam::' || stated_account_id || ':'
    end as iam_arn,
    case
        when invoked_by like '%.%' then invoked_by
        when source_address like '%.amazonaws.com%' then source_address
        when event_type = 'AwsServiceEvent' then event_source else invoked_by
    end as caller_host
from logs
