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

-- IAM's calls name users and roles without their path: where one path is known, it is that
named as (
    select
        found.* exclude (resource_arn, confidence),
        coalesce(names.resource_arn, found.resource_arn) as resource_arn,
        case when names.resource_arn is null then found.confidence else 'likely' end as confidence
    from resource_arns_found as found
    left join iam_names as names
        on
            found.event_date = names.event_date
            and names.short_arn = case
                when found.confidence = 'partial' and found.resource_arn like 'arn:%:iam::%'
                    then replace(found.resource_arn, '/*', '/')
            end
),

ranked as (
    select
        *,
        case found_in
            when 'error_message' then 0 when 'arn_parameter' then 1 when 'template' then 2 else 3
        end as place,
        case confidence when 'certain' then 0 when 'likely' then 1 else 2 end as doubt
    from named
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
