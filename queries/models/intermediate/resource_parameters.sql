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
  document: the parameters it is from
  resource_type: the type of resource it names
  arn_pattern: the pattern of its ARN
  path: where in the element it is; null, the element itself
  path_2: where what else the ARN has is
  default_2: what it is where it is not there
  path_3: the same of a third part
  default_3: what it is where it is not there
  account_path: where the account is that owns the resource
  begins: what the value has to begin with
  without: what it may not begin with
  form: how it is read
  confidence: how sure the template is
  element: the value, or the entry of a list that has it
*/
select
    entries.event_id,
    entries.event_time,
    entries.event_date,
    entries.account_id,
    entries.event_source,
    entries.event_name,
    entries.region,
    entries.arn_partition,
    entries.side,
    entries.document,
    templates.resource_type,
    templates.arn_pattern,
    templates.path,
    templates.path_2,
    templates.default_2,
    templates.path_3,
    templates.default_3,
    templates.account_path,
    templates.begins,
    templates.without,
    templates.form,
    templates.confidence,
    unnest(case
        when entries.json_type = 'ARRAY' then json_extract(entries.value, '$[*]')
        when entries.json_type <> 'OBJECT' then [entries.value]
        when json_type(entries.value, '$.items') = 'ARRAY'
            then json_extract(entries.value, '$.items[*]')
        when json_type(entries.value, '$.item') = 'ARRAY'
            then json_extract(entries.value, '$.item[*]')
        when json_type(entries.value, '$.item') is not null
            then [json_extract(entries.value, '$.item')]
        else [entries.value]
    end) as element
from resource_entries as entries
inner join resource_templates as templates
    on
        entries.event_source = templates.event_source
        and entries.event_name = templates.event_name
        and entries.side = templates.side
        and entries.key = templates.key
        and coalesce(entries.spelling = templates.spelling, true)
where templates.look = 'key'
