/*
name: credential_usage
grain: >
  one row per long-term access key, principal and day on which it was used
  (access_key_id, principal_id, event_date)
description: How each long-term access key was used, day by day, and who made it.
materialize: view
columns:
  event_date: the UTC day
  access_key_id: the access key
  principal_id: whose it is
  principal_type: what kind of principal that is
  principal_name: its name
  account_id: the principal's account, where known, else the one whose trail has it
  account_name: its name, where known
  created_time: when the key was made; null, not seen
  created_by: the principal that made it
  created_by_root: who was really behind that; null, unknown
  created_by_human: the human behind that; null, not known
  age_days: days from the making of the key to this day; null, its making was not seen
  first_event_time: its first use of the day
  last_event_time: its last use of the day
  n_calls: calls that it signed
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  n_writes: calls that do not only read
  services: services it was used with
  regions: regions it was used in
  source_ips: addresses it came from
  user_agents: programs it was used by
  error_codes: errors it got
*/
with

names as (
    select
        account_id,
        min(account_name) as account_name
    from accounts
    group by account_id
)

select
    used.event_date,
    used.access_key_id,
    used.principal_id,
    used.principal_type,
    used.principal_name,
    used.account_id,
    names.account_name,
    births.created_time,
    births.created_by,
    births.created_by_root,
    births.created_by_human,
    used.event_date - cast(births.created_time as date) as age_days,
    used.first_event_time,
    used.last_event_time,
    used.n_calls,
    used.n_errors,
    used.n_denied,
    used.n_writes,
    used.services,
    used.regions,
    used.source_ips,
    used.user_agents,
    used.error_codes
from key_days as used
left join key_births as births on used.access_key_id = births.access_key_id
left join names on used.account_id = names.account_id
