/*
name: resource_parameters
grain: one row per event, template and value at its place; an event may have a value twice
description: Values of parameters that name a resource by the templates, with how each is read.
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
  side: "where the value is: request or response"
  raw_id: the value
  resource_type: the type of resource it names
  arn_pattern: the pattern of its ARN
  form: how it is read
  confidence: how sure the template is
  id_2: what else the ARN has
  id_3: what else the ARN has
  owner_account_id: the account that owns the resource, where a parameter says so
*/
with

entries as (
    select
        calls.*,
        'request' as side,
        calls.request as document,
        rtrim(lower(entry.key), 's') as key,
        case when regexp_matches(entry.key, '^[A-Z]') then 'capital' else 'camel' end as spelling,
        entry.value,
        entry.type
    from resource_calls as calls, json_each(calls.request) as entry
    where entry.type <> 'NULL'
    union all
    select
        calls.*,
        'response' as side,
        calls.response as document,
        rtrim(lower(entry.key), 's') as key,
        case when regexp_matches(entry.key, '^[A-Z]') then 'capital' else 'camel' end as spelling,
        entry.value,
        entry.type
    from resource_calls as calls, json_each(calls.response) as entry
    where entry.type <> 'NULL'
),

placed as (
    select
        entries.* exclude (key, spelling, request, response),
        templates.* exclude (event_source, event_name, look, side, key, spelling),
        case
            when entries.type = 'ARRAY' then json_extract(entries.value, '$[*]')
            when entries.type <> 'OBJECT' then [entries.value]
            when json_type(entries.value, '$.items') = 'ARRAY'
                then json_extract(entries.value, '$.items[*]')
            when json_type(entries.value, '$.item') = 'ARRAY'
                then json_extract(entries.value, '$.item[*]')
            when json_type(entries.value, '$.item') is not null
                then [json_extract(entries.value, '$.item')]
            else [entries.value]
        end as elements
    from entries
    inner join resource_templates as templates
        on
            entries.event_source = templates.event_source
            and entries.event_name = templates.event_name
            and entries.side = templates.side
            and entries.key = templates.key
            and coalesce(templates.spelling = entries.spelling, true)
    where templates.look = 'key'
),

read as (
    select
        placed.*,
        coalesce(
            json_extract_string(t.element, '$.content'),
            case
                when placed.path is null then json_extract_string(t.element, '$')
                else json_extract_string(t.element, placed.path)
            end
        ) as raw_id,
        coalesce(json_extract_string(placed.document, placed.path_2), placed.default_2) as raw_2,
        coalesce(json_extract_string(placed.document, placed.path_3), placed.default_3) as raw_3
    from placed
    cross join unnest(placed.elements) as t (element)
)

select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    region,
    arn_partition,
    side,
    raw_id,
    resource_type,
    arn_pattern,
    form,
    confidence,
    case when starts_with(raw_2, 'arn:') then regexp_extract(raw_2, '[^/:]*$') else raw_2 end
        as id_2,
    case when starts_with(raw_3, 'arn:') then regexp_extract(raw_3, '[^/:]*$') else raw_3 end
        as id_3,
    json_extract_string(document, account_path) as owner_account_id
from read
where
    length(raw_id) between 1 and 2048
    and not starts_with(raw_id, '{')
    and not starts_with(raw_id, '[')
    and (
        not regexp_matches(raw_id, '^(HIDDEN_DUE|<sensitive|\*+$|-$)')
        or strpos(arn_pattern, '${1}') = 0
    )
    and starts_with(raw_id, coalesce(begins, ''))
    and not coalesce(starts_with(raw_id, without), false)
