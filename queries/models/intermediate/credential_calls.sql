/*
name: credential_calls
grain: one row per event that hands out credentials (event_date, event_id, account_id)
description: Calls that worked and gave credentials, a web identity token or a console session.
materialize: view
columns:
  event_date: UTC day of the call
  event_time: when it was called
  event_id: id of the event
  account_id: account whose trail holds it
  region: Region whose files hold it, us-east-1 for the global STS endpoint
  event_name: the call, such as AssumeRole, SwitchRole or ConsoleLogin
  call_id: sharedEventID, else requestID, else the event's own id; copies of one call share it
  caller_id: stable principal of the event
  caller_type: its type
  caller_unique_id: unique id of the principal (AROA…, AIDA…), else the stable principal
  caller_session_name: role session name of the event's principal
  caller_session_id: session that the event names
  caller_source_identity: source identity of that session
  from_arn: |
    ARN of the caller where the event's principal is already the new one, or is of another
    partition
  issued_access_key_id: access key id in the response
  issued_role_session: unique id and session name in the response, as AROA…:name
  issued_source_identity: source identity in the response, else in the request
  issued_token_id: web identity token that was given out
  used_token_id: web identity token that was handed in
  is_console: whether it opened a console session rather than gave keys
*/
with

calls as (
    select
        event_date,
        event_time,
        event_id,
        account_id,
        region,
        event_name,
        coalesce(shared_event_id, nullif(request_id, ''), original_event_id, event_id) as call_id,
        principal_id as caller_id,
        principal_type as caller_type,
        coalesce(principal_unique_id, principal_id) as caller_unique_id,
        session_name as caller_session_name,
        session_id as caller_session_id,
        source_identity as caller_source_identity,
        try_cast(request_parameters as json) as request,
        try_cast(response_elements as json) as response,
        try_cast(additional_event_data as json) as extra,
        event_source = 'signin.amazonaws.com' as is_console
    from events
    where
        error_code is null
        and (
            event_source = 'sts.amazonaws.com'
            or (
                event_source = 'signin.amazonaws.com'
                and event_name in ('ConsoleLogin', 'SwitchRole', 'RenewRole')
            )
        )
),

issues as (
    select
        *,
        coalesce(
            extra ->> '$.SwitchFrom',
            extra ->> '$.crossPartitionData.sourcePrincipalArn'
        ) as from_arn,
        response ->> '$.credentials.accessKeyId' as issued_access_key_id,
        response ->> '$.assumedRoleUser.assumedRoleId' as issued_role_session,
        coalesce(
            response ->> '$.sourceIdentity',
            request ->> '$.sourceIdentity'
        ) as issued_source_identity,
        response ->> '$.webIdentityTokenId' as issued_token_id,
        request ->> '$.webIdentityTokenId' as used_token_id
    from calls
    where
        response ->> '$.credentials.accessKeyId' is not null
        or response ->> '$.webIdentityTokenId' is not null
        or response ->> '$.ConsoleLogin' = 'Success'
        or response ->> '$.SwitchRole' = 'Success'
        or response ->> '$.RenewRole' = 'Success'
)

select
    event_date,
    event_time,
    event_id,
    account_id,
    region,
    event_name,
    call_id,
    caller_id,
    caller_type,
    caller_unique_id,
    caller_session_name,
    caller_session_id,
    caller_source_identity,
    from_arn,
    issued_access_key_id,
    issued_role_session,
    issued_source_identity,
    issued_token_id,
    used_token_id,
    is_console
from issues
