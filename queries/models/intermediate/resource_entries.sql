/*
name: resource_entries
grain: one row per event, side and name at the top of its parameters
description: The parameters of calls that do not list their resources, taken apart at the top.
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
  side: "request or response"
  document: the parameters it is from
  key: its name in lower case, without the s of a plural
  spelling: "how the name begins: camel or capital"
  value: the value as JSON
  json_type: the value's type, as DuckDB names it
*/
select
    documents.event_id,
    documents.event_time,
    documents.event_date,
    documents.account_id,
    documents.event_source,
    documents.event_name,
    documents.region,
    documents.arn_partition,
    documents.side,
    documents.document,
    rtrim(lower(entry.key), 's') as key,
    case when regexp_matches(entry.key, '^[A-Z]') then 'capital' else 'camel' end as spelling,
    entry.value,
    entry.type as json_type
from resource_documents as documents, json_each(documents.document) as entry
where documents.side <> 'call' and entry.type <> 'NULL'
