/*
name: exposed_by_setting
grain: >
  one row per change of a setting that decides on public access
  (event_date, event_id, account_id)
description: Whether changed settings open a resource, or an account, to the world.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  is_exposed: true, open to the world now, or no longer kept from it; false, closed
  audience: everyone
  reason: what makes it so
*/
with

changed as (
    select
        changes.event_id,
        changes.event_date,
        changes.account_id,
        changes.event_name,
        changes.request_parameters as asked,
        kinds.kind,
        lower(
            coalesce(
                changes.request_parameters ->> '$.publiclyAccessible',
                changes.request_parameters ->> '$.resourcesVpcConfig.endpointPublicAccess'
            )
        ) as is_public_asked,
        coalesce(
            changes.request_parameters ->> '$.scheme',
            changes.response_elements ->> '$.loadBalancers[0].scheme'
        ) as balancer_scheme
    from changes
    inner join change_kinds as kinds
        on
            changes.event_source = kinds.event_source
            and changes.event_name = kinds.event_name
    where
        kinds.area = 'exposure'
        and kinds.kind in ('block_public_access', 'public_endpoint', 'function_url')
        and not changes.is_error
),

judged as (
    select
        event_id,
        event_date,
        account_id,
        kind,
        case
            when kind = 'function_url' and event_name like 'Delete%' then false
            when kind = 'function_url' then (asked ->> '$.authType') = 'NONE'
            when kind = 'public_endpoint'
                then coalesce(is_public_asked = 'true', balancer_scheme = 'internet-facing')
            when event_name like 'Enable%' then false
            when regexp_matches(event_name, '^(Disable|Delete)') then true
            when event_name = 'PutBlockPublicAccessConfiguration'
                then
                    (asked ->> '$.blockPublicAccessConfiguration.blockPublicSecurityGroupRules')
                    = 'false'
            else
                regexp_matches(
                    cast(json_extract(asked, '$.PublicAccessBlockConfiguration') as varchar),
                    '(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)'
                    || '":"?false'
                )
        end as is_exposed
    from changed
)

select
    event_id,
    event_date,
    account_id,
    is_exposed,
    'everyone' as audience,
    case
        when kind = 'function_url' and is_exposed then 'function_url_without_auth'
        when kind = 'public_endpoint' and is_exposed then 'publicly_accessible'
        when is_exposed then 'public_access_block_lowered'
        when kind = 'function_url' then 'function_url_closed'
        when kind = 'public_endpoint' then 'not_publicly_accessible'
        else 'public_access_blocked'
    end as reason
from judged
where is_exposed is not null
