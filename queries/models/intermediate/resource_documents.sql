/*
name: resource_documents
grain: one row per event and side, and one more per event (event_date, event_id, account_id, side)
description: The parameters of calls that do not list their resources, one side a row.
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
  side: request, response, or call for the call itself
  document: the parameters as a JSON object; null, the call itself
*/
with

parts as (
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        region,
        arn_partition,
        unnest(
            [
                struct_pack(side := 'call', document := null),
                struct_pack(side := 'request', document := request),
                struct_pack(side := 'response', document := response)
            ]
        ) as part
    from resource_calls
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
    part.side,
    part.document
from parts
where part.document is not null or part.side = 'call'
