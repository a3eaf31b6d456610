/*
name: resource_arns_found
grain: one row per event without listed resources, place and ARN; some come twice
description: ARNs of calls that do not list their resources, mentioned or built.
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
  found_in: error_message, arn_parameter, template or response
  confidence: certain, likely or partial
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
)

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
