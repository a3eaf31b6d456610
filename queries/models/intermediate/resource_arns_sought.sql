/*
name: resource_arns_sought
grain: >
  one row per event without listed resources, and ARN
  (event_date, event_id, account_id, resource_arn)
description: Resources of calls that do not list them, each once, with the best place to find it.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  resource_arn: the ARN
  resource_type: its type
  place: "0 a denial, 1 an ARN in the request, 2 by a template, 3 the response"
  doubt: "0 certain, 1 likely, 2 partial"
*/
with

-- an ARN in the parameters counts where the call's action is about resources of its type
allowed as (
    select typed.*
    from resource_arns_typed as typed
    where
        not typed.is_listed
        and (
            typed.found_in = 'error_message'
            or exists (
                select 1
                from resource_templates as templates
                where
                    typed.event_source = templates.event_source
                    and typed.event_name = templates.event_name
                    and typed.resource_type = templates.resource_type
                    and typed.found_in = coalesce(templates.side, typed.found_in)
                    and templates.look = 'arn'
            )
        )
),

found as (
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        resource_arn,
        resource_type,
        found_in,
        case
            when ends_with(resource_arn, '-??????') then 'partial'
            when found_in = 'error_message' then 'certain'
            else 'likely'
        end as confidence
    from allowed
    union all
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        resource_arn,
        resource_type,
        found_in,
        confidence
    from resource_arns_built
),

ranked as (
    select
        *,
        case found_in
            when 'error_message' then 0 when 'arn_parameter' then 1 when 'template' then 2 else 3
        end as place,
        case confidence when 'certain' then 0 when 'likely' then 1 else 2 end as doubt
    from found
)

select
    event_id,
    min(event_time) as event_time,
    event_date,
    account_id,
    min(event_source) as event_source,
    min(event_name) as event_name,
    resource_arn,
    min(resource_type) as resource_type,
    min(place) as place,
    min(place * 3 + doubt) % 3 as doubt
from ranked
group by event_id, event_date, account_id, resource_arn
