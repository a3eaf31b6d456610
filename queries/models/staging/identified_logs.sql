/*
name: identified_logs
grain: one row per row of the facts (event_date, event_id, account_id)
description: One stable principal per caller, whatever the session, beside what the record says.
materialize: view
columns:
  event_id: the event's id; of a record without one, the hash of its content
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it, else the caller's
  region: the region that was asked
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
  error_code: AWS's word for a refusal or failure
  error_message: the same in a sentence
  source_address: sourceIPAddress as the record says it
  user_agent: what the caller said it is
  vpc_endpoint_id: the VPC endpoint it came through
  tls_version: the TLS version of the request
  request_parameters: what was asked for, as JSON text
  response_elements: what was answered, as JSON text
  additional_event_data: what the service adds, as JSON text
  service_event_details: details of an event that a service triggered itself, as JSON text
  resources: what it was about, where the service says so
  request_id: AWS's id of the request
  shared_event_id: the same on both sides of a cross-account call
  update_reason: why the event was late or written again
  original_event_id: the event that this one is a new version of
  source_object: the object it was read from
  stated_account_id: the account beside the caller's ARN
  caller_kind: the principal's type, before asking whether the record tells which principal
  iam_arn: how the ARNs of the caller's account begin
  caller_account_id: the account in the caller's ARN, else the one beside it
  caller_host: the service that calls
  known_id: principal_id where the record tells it
  principal_id: who called, the same over all sessions; never null
  principal_type: the kind of principal
  principal_name: "what people call it; null: the record does not say"
  principal_account_id: "the principal's account; null: it has none, or the record does not say"
  principal_unique_id: AIDA… or AROA…, which is new when a user or role is made again under its name
  session_id: "the session's key, else its principal and start; null: long-term keys, services"
  session_name: the name that the session was given, which its caller chose
*/
with

-- noqa: disable=LT09
logs as (
    select
        event_id, event_time, event_date, account_id, region, event_source, event_name, event_type,
        event_category, event_version, caller_id, caller_arn, caller_name, issuer_arn, issuer_name,
        identity_provider, on_behalf_of, access_key_id, source_identity, invoked_by, workload_arn,
        session_created_text, mfa_flag, read_only_flag, management_flag, console_flag, error_code,
        error_message, source_address, user_agent, vpc_endpoint_id, tls_version, request_parameters,
        response_elements, additional_event_data, service_event_details, resources, request_id,
        shared_event_id, update_reason, original_event_id, source_object, stated_account_id,
        caller_kind, iam_arn, caller_account_id, caller_host
    from caller_logs
),
-- noqa: enable=LT09

-- null: the record says of what kind the caller is, but not which
known as (
    select
        *,
        case
            when caller_kind = 'role' and issuer_arn like '%:role/%' then issuer_arn
            when caller_kind = 'role' and caller_arn like '%:assumed-role/%'
                then iam_arn || 'role/' || split_part(caller_arn, '/', 2)
            when caller_kind = 'role' and caller_arn like '%:role/%' then caller_arn
            when caller_kind = 'user' and caller_arn like '%:user/%' then caller_arn
            when caller_kind = 'user' and iam_arn || caller_name is not null
                then iam_arn || 'user/' || caller_name
            when caller_kind in ('role', 'user') and left(caller_id, 4) in ('AIDA', 'AROA')
                then split_part(caller_id, ':', 1)
            when caller_kind = 'root' then iam_arn || 'root'
            when caller_kind = 'federated_user' and caller_arn like '%:federated-user/%'
                then caller_arn
            when caller_kind = 'federated_user' and caller_id like '%:_%'
                then
                    replace(iam_arn, ':iam:', ':sts:') || 'federated-user/'
                    || split_part(caller_id, ':', 2)
            when caller_kind in ('saml_user', 'web_identity_user')
                then concat_ws('/', identity_provider, coalesce(caller_name, caller_id))
            when caller_kind = 'identity_center_user' then on_behalf_of
            when caller_kind = 'aws_service' then caller_host
            when caller_kind = 'account' then 'account:' || stated_account_id
            when caller_kind = 'anonymous' then 'anonymous'
        end as known_id
    from logs
)

select
    *,
    coalesce(
        nullif(known_id, ''),
        'unknown:' || coalesce(caller_account_id, '') || '/' || caller_name,
        'unknown'
    ) as principal_id,
    case when known_id <> '' then caller_kind else 'unknown' end as principal_type,
    case
        when caller_kind = 'role' then coalesce(issuer_name, regexp_extract(known_id, '[^/]*$'))
        when caller_kind = 'user' then coalesce(caller_name, regexp_extract(known_id, '[^/]*$'))
        when caller_kind = 'federated_user' then split_part(known_id, '/', 2)
        when caller_kind = 'root' then 'root'
        when caller_kind = 'account' then stated_account_id
        when caller_kind in ('aws_service', 'anonymous') then known_id
        else coalesce(caller_name, split_part(on_behalf_of, '/user/', 2), caller_id)
    end as principal_name,
    case when caller_kind not in ('aws_service', 'anonymous') then caller_account_id end
        as principal_account_id,
    case when left(caller_id, 4) in ('AIDA', 'AROA') then split_part(caller_id, ':', 1) end
        as principal_unique_id,
    case
        when access_key_id like 'ASIA%' then access_key_id
        when caller_kind = 'role' then caller_id || '@' || session_created_text
    end as session_id,
    case
        when caller_id like 'AROA%:_%' then substr(caller_id, strpos(caller_id, ':') + 1)
        when caller_arn like '%:assumed-role/%/_%'
            then regexp_extract(caller_arn, '^[^/]*/[^/]*/(.*)$', 1)
    end as session_name
from known
