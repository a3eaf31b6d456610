/*
name: typed_logs
grain: one row per row of the facts (event_date, event_id, account_id)
description: Flags as booleans, addresses told from services, denials told from other errors.
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
  on_behalf_of: the Identity Center user that the call is made for, in the form of a principal_id
  access_key_id: the access key of the call
  source_identity: what the session's source identity was set to, which it cannot change
  invoked_by: the service that made the call for the caller
  workload_arn: the workload that the credentials were issued to (inScopeOf)
  session_created_text: when the session began, as the record says it
  mfa_flag: mfaAuthenticated as the record says it
  read_only_flag: readOnly as the record says it, as a boolean
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
  principal_id: who called, the same over all sessions; never null
  principal_type: the kind of principal
  principal_name: "what people call it; null: the record does not say"
  principal_account_id: "the principal's account; null: it has none, or the record does not say"
  principal_unique_id: AIDA… or AROA…, which is new when a user or role is made again under its name
  session_id: "the session's key, else its principal and start; null: long-term keys, services"
  session_name: the name that the session was given, which its caller chose
  is_denied: whether a policy kept the caller from it
  is_error: whether it failed; a failed sign-in has a message only
  denied_action: the IAM action that the message of a denied call names
  is_mfa_authenticated: "whether AWS checked a second factor; null: unknown, as for long-term keys"
  is_management_event: "as the record says, else by its category; null: neither tells"
  is_console: "whether the console made it; null: unknown, as where only the user agent says so"
  source_ip: "the IP address it came from; null: a service, or no address"
  source_service: the service that sourceIPAddress names
  session_created_at: when the session began
*/
with

-- noqa: disable=LT09
logs as (
    select
        event_id, event_time, event_date, account_id, region, event_source, event_name, event_type,
        event_category, event_version, on_behalf_of, access_key_id, source_identity, invoked_by,
        workload_arn, session_created_text, mfa_flag, read_only_flag, management_flag, console_flag,
        error_code, error_message, source_address, user_agent, vpc_endpoint_id, tls_version,
        request_parameters, response_elements, additional_event_data, service_event_details,
        resources, request_id, shared_event_id, update_reason, original_event_id, source_object,
        principal_id, principal_type, principal_name, principal_account_id, principal_unique_id,
        session_id, session_name
    from identified_logs
),
-- noqa: enable=LT09

-- the codes of botocore's service models, and EC2's, by which a policy kept the caller from it;
-- what a service's own role was denied, a wrong password, an old token or a limit are other errors
judged as (
    select
        *,
        coalesce(
            regexp_matches(
                error_code,
                '^((Client\.|Server\.)?(UnauthorizedOperation|AccessDenied)'
                || '|AccessDenied(Exception|Fault|ByMetaException)'
                || '|(K[Mm][Ss]|EncryptionKey|OpsItem|CloudHsm|Organization)AccessDenied'
                || '(Exception|Fault)?|AccessTo(Cluster|Snapshot)Denied|AccessForbidden'
                || '|Unauthorized(Operation|ResourceAccess)Exception|Forbidden(Exception)?'
                || '|Authorization(Error|ErrorException|Exception)|NotAuthorized'
                || '|InsufficientPrivilegesException|VpceAccessDenied)$'
            )
            or (error_code = 'NotAuthorizedException' and event_source not like 'cognito-%')
            or (error_code = 'UnauthorizedException' and event_source <> 'sso.amazonaws.com'),
            false
        ) as is_denied,
        case
            when session_created_text like '____-__-__T%'
                then try_cast(session_created_text as timestamptz)
            when session_created_text like '________T______Z'
                then cast(try_strptime(session_created_text, '%Y%m%dT%H%M%SZ') as timestamptz)
        end as created_at
    from logs
)

select
    * exclude (created_at),
    coalesce(error_code, error_message) is not null as is_error,
    case
        when is_denied and regexp_matches(error_message, 'authorized\s+to\s+perform:?\s+[\w-]+:\w')
            then
                lower(regexp_extract(error_message, 'to\s+perform:?\s+([\w-]+):\w', 1)) || ':'
                || regexp_extract(error_message, 'to\s+perform:?\s+[\w-]+:(\w+)', 1)
    end as denied_action,
    case mfa_flag when 'true' then true when 'false' then false end as is_mfa_authenticated,
    case management_flag
        when 'true' then true when 'false' then false else event_category = 'Management'
    end as is_management_event,
    -- The flag came with version 1.08 and is written where true. Before, a user agent tells; since
    -- then one that says it without the flag may be the console of a service that writes none, or
    -- anyone.
    case
        when console_flag = 'true' or event_type like 'AwsConsole%' then true
        when
            user_agent = 'signin.amazonaws.com' or user_agent like 'console.%amazonaws.com'
            or user_agent = 'AWS CloudWatch Console'
            or regexp_matches(user_agent, '(^|[ \[])(S3|EC2|AWS\w*)Console(Frontend|Backend)?[/,]')
            then case when event_version < '1.08' then true end
        when event_version >= '1.08' then false
    end as is_console,
    case
        when source_address like '%:%' or translate(source_address, '0123456789., ', '') = ''
            then nullif(source_address, '')
    end as source_ip,
    case
        when source_address like '%.amazonaws.com%' or source_address = 'AWS Internal'
            then source_address
    end as source_service,
    -- within the bounds of event times: not every reader can hold what is beyond
    case
        when
            created_at >= timestamptz '1678-01-01 00:00:00+00'
            and created_at < timestamptz '2262-01-01 00:00:00+00'
            then created_at
    end as session_created_at
from judged
