/*
name: resource_uses
grain: one row per event that counts and resource it names, S3 objects aside
description: >
  Calls with the resources that they name. S3 objects are too many for tables over all time: what
  is done to them is told of their bucket, and of each in resource_history.
materialize: view
columns:
  event_date: its UTC day
  event_time: when it happened
  resource_arn: the resource
  resource_type: its type, as an IAM resource type
  resource_account_id: the account in the ARN; null, the ARN names none
  resource_region: the region in the ARN; null, the ARN names none
  region: the region that was asked
  principal_id: the principal that made the call
  is_error: whether it failed
  is_denied: whether it was denied
  is_read_only: whether it only reads; null, not known
*/
select
    events.event_date,
    events.event_time,
    resources.resource_arn,
    resources.resource_type,
    nullif(resources.arn_account_id, '') as resource_account_id,
    resources.arn_region as resource_region,
    events.region,
    events.principal_id,
    events.is_error,
    events.is_denied,
    events.is_read_only
from events
inner join event_resources as resources
    on
        events.event_date = resources.event_date
        and events.event_id = resources.event_id
        and events.account_id is not distinct from resources.account_id
where
    events.is_counted
    and resources.resource_type is distinct from 's3:object'
