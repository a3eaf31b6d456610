/*
name: resource_ids_mentioned
grain: one row per event, side and identifier that tells its own type; or type without one
description: >
  What needs no name of a parameter: identifiers of EC2's kinds, such as vpc-0123, anywhere in the
  parameters of a call about that kind, and resources of which there is one, such as a hub.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  region: the region that was asked
  arn_partition: the partition the region is in
  side: "where it is: request or response"
  resource_type: the type of resource it names
  arn_pattern: the pattern of its ARN
  resource_id: the identifier; empty where there is none
  confidence: certain
*/
with

-- what is of the other side of a peering, of another region, or a rule's counterpart is left out
texts as (
    select
        *,
        case
            when side = 'call' then '"call"'
            when side = 'request'
                then regexp_replace(
                    document,
                    '"(peer\w+|source\w+Id|source\w+Identifier|userData|description)"\s*:\s*"[^"]*"'
                    || '|"groups"\s*:\s*\{[^]]*\]\s*\}',
                    '""',
                    'gi'
                )
            else regexp_replace(
                document, '"(accepter\w+|peer\w+)"\s*:\s*(\{[^{}]*\}|"[^"]*")', '""', 'gi'
            )
        end as text
    from resource_documents
    where side = 'call' or event_source = 'ec2.amazonaws.com'
),

mentions as (
    select
        *,
        unnest(
            list_distinct(
                regexp_extract_all(text, '"(call|(?:[a-z][a-z0-9]*-){1,4}[0-9a-f]{3,17})"', 1)
            )
        ) as mention
    from texts
),

keyed as (
    select
        *,
        case side when 'call' then '' else regexp_replace(mention, '[0-9a-f]+$', '') end as key
    from mentions
)

select
    keyed.event_id,
    keyed.event_time,
    keyed.event_date,
    keyed.account_id,
    keyed.event_source,
    keyed.event_name,
    keyed.region,
    keyed.arn_partition,
    case keyed.side when 'response' then 'response' else 'request' end as side,
    templates.resource_type,
    templates.arn_pattern,
    case keyed.side when 'call' then '' else keyed.mention end as resource_id,
    templates.confidence
from keyed
inner join resource_templates as templates
    on
        keyed.event_source = templates.event_source
        and keyed.event_name = templates.event_name
        and keyed.key = coalesce(templates.key, '')
        and keyed.side = coalesce(templates.side, 'call')
where templates.look in ('id', 'always')
