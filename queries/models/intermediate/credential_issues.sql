/*
name: credential_issues
grain: one row per issuance of credentials and day (issue_id, event_date)
description: |
  Issuances of credentials, once each whatever trails hold them, with what the fullest copy says
  of the caller.
materialize: daily
checks:
  unique: [issue_id, event_date]
  not_null: [issue_id, event_date, issue_event_id, issue_time, issuer_principal_id]
columns:
  event_date: UTC day of the call
  issue_id: what the copies of the call have in common, its sharedEventID or requestID
  issue_event_id: eventID of the copy that tells most about the caller
  issue_time: when it was called
  account_id: account whose trail holds that copy
  region: Region whose files hold it, us-east-1 for the global STS endpoint
  event_name: the call, such as AssumeRole, SwitchRole or ConsoleLogin
  issued_access_key_id: access key id that was issued; null where none is logged, as for the console
  issued_unique_id: |
    unique id of whom the credentials are for (AROA…, AIDA…); null where the call does not say
  issued_session_name: role session name of the credentials
  issued_source_identity: source identity that the credentials carry
  issued_token_id: web identity token that the call gave out
  used_token_id: web identity token that the call was made with
  issuer_principal_id: stable principal of the caller
  issuer_principal_type: its type
  issuer_unique_id: |
    unique id of the caller, else its ARN without path; finds its session where the event names
    none
  issuer_session_id: |
    session that called; null for long-lived keys, services and callers known by account only
  issuer_session_name: role session name of the caller
  issuer_source_identity: source identity of the caller's own session
  n_copies: how many events tell of this issuance
*/
with

copies as (
    select
        *,
        row_number() over (
            partition by event_date, call_id
            order by
                caller_type in ('account', 'anonymous', 'unknown'),
                caller_session_id is null,
                event_id,
                account_id
        ) as copy_rank,
        count(*) over (partition by event_date, call_id) as n_copies
    from credential_calls
),

callers as (
    select
        *,
        from_arn is null as is_own_caller,
        -- A session's ARN names role and session, not the role's path
        regexp_replace(
            from_arn, '^(arn:[^:]+):sts:(:[0-9]+):assumed-role/(.+)/[^/]+$', '\1:iam:\2:role/\3'
        ) as from_principal_id,
        case
            when from_arn like '%:user/%' then 'user'
            when from_arn like '%:root' then 'root'
            when from_arn like '%:assumed-role/%' or from_arn like '%:role/%' then 'role'
            when from_arn like '%:federated-user/%' then 'federated_user'
            else 'unknown'
        end as from_type,
        case
            when from_arn like '%:assumed-role/%' then regexp_extract(from_arn, '[^/]+$')
        end as from_session_name
    from copies
    where copy_rank = 1
)

select
    event_date,
    call_id as issue_id,
    event_id as issue_event_id,
    event_time as issue_time,
    account_id,
    region,
    event_name,
    issued_access_key_id,
    case
        when issued_role_session is not null then split_part(issued_role_session, ':', 1)
        when is_console then caller_unique_id
    end as issued_unique_id,
    case
        when issued_role_session is not null
            then regexp_replace(issued_role_session, '^[^:]*:', '')
        when is_console then caller_session_name
    end as issued_session_name,
    coalesce(issued_source_identity, caller_source_identity) as issued_source_identity,
    issued_token_id,
    used_token_id,
    case when is_own_caller then caller_id else from_principal_id end as issuer_principal_id,
    case when is_own_caller then caller_type else from_type end as issuer_principal_type,
    case when is_own_caller then caller_unique_id else from_principal_id end as issuer_unique_id,
    case when is_own_caller then caller_session_id end as issuer_session_id,
    case when is_own_caller then caller_session_name else from_session_name end
        as issuer_session_name,
    case when is_own_caller then caller_source_identity end as issuer_source_identity,
    n_copies
from callers
