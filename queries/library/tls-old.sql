/*
name: tls-old
topic: TLS
grain: one row per principal, service, TLS version and program
description: Who still calls with an old version of TLS?
period: 30d
parameters:
  account: {kind: account}
columns:
  source_ips: some of the addresses they came from
  n_calls: calls with it
  program: the program, by the beginning of what it says it is
  last_event_time: the last of them
examples:
  - --since 90d
*/
select
    tls_version,
    principal_id,
    service,
    count(*) as n_calls,
    regexp_extract(user_agent, '^\[?([^ ]+)', 1) as program,
    max(event_time) as last_event_time,
    list_sort(array_agg(distinct source_ip))[1:3] as source_ips,
    account_id,
    max(account_name) as account_name
from events
where
    is_counted
    and event_time >= $since
    and event_time < $until
    and tls_version not in ('TLSv1.2', 'TLSv1.3')
    and ($account is null or list_contains($account, account_id))
group by tls_version, principal_id, service, program, account_id
order by tls_version asc, n_calls desc, principal_id asc, service asc, program asc
