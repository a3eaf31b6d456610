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
        'request' as side,
        regexp_replace(
            request,
            '"(peer\w+|source\w+Id|source\w+Identifier|userData|description)"\s*:\s*"[^"]*"|'
            || '"groups"\s*:\s*\{[^]]*\]\s*\}',
            '""',
            'gi'
        ) as document
    from resource_calls
    where event_source = 'ec2.amazonaws.com' and request is not null
    union all
    select
        *,
        'response' as side,
        regexp_replace(
            response, '"(accepter\w+|peer\w+)"\s*:\s*(\{[^{}]*\}|"[^"]*")', '""', 'gi'
        ) as document
    from resource_calls
    where event_source = 'ec2.amazonaws.com' and response is not null
),

mentions as (
    select
        texts.*,
        t.resource_id,
        'id' as look,
        regexp_replace(t.resource_id, '[0-9a-f]+$', '') as key
    from texts
    cross join
        unnest(
            list_distinct(
                regexp_extract_all(texts.document, '"((?:[a-z][a-z0-9]*-){1,4}[0-9a-f]{3,17})"', 1)
            )
        ) as t (resource_id)
    union all
    select
        *,
        'request' as side,
        null as document,
        '' as resource_id,
        'always' as look,
        '' as key
    from resource_calls
)

select
    mentions.event_id,
    mentions.event_time,
    mentions.event_date,
    mentions.account_id,
    mentions.event_source,
    mentions.event_name,
    mentions.region,
    mentions.arn_partition,
    mentions.side,
    templates.resource_type,
    templates.arn_pattern,
    mentions.resource_id,
    templates.confidence
from mentions
inner join resource_templates as templates
    on
        mentions.event_source = templates.event_source
        and mentions.event_name = templates.event_name
        and mentions.look = templates.look
        and mentions.side = coalesce(templates.side, 'request')
        and mentions.key = coalesce(templates.key, '')
