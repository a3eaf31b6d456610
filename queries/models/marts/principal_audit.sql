/*
name: principal_audit
grain: one row per principal (principal_id)
description: >
  What each principal did over all time, whatever the session.
materialize: rollup
key: [principal_id]
merge:
  principal_type: max
  principal_name: latest(last_event_time)
  principal_account_id: max
  first_event_time: min
  last_event_time: max
  n_calls: sum
  n_errors: sum
  n_denied: sum
  n_reads: sum
  n_writes: sum
  n_data_events: sum
  n_mfa_calls: sum
  n_no_mfa_calls: sum
  n_mfa_unknown: sum
  n_console_calls: sum
  n_console_unknown: sum
  n_console_logins: sum
  n_key_calls: sum
  n_permission_changes: sum
  services: union(1000)
  actions: union(1000)
  regions: union(1000)
  accounts: union(1000)
  source_ips: union(1000)
  user_agents: union(1000)
  access_keys: union(1000)
  used_by: union(1000)
  humans: union(1000)
  is_list_cut:
    cut(services, actions, regions, accounts, source_ips, user_agents, access_keys, used_by, humans)
  account_name: max
  automation: max
checks:
  unique: [principal_id]
  not_null: [principal_id, principal_type, n_calls, first_event_time, last_event_time]
  rows:
    parts_are_within_the_whole: n_denied <= n_errors and n_errors <= n_calls
    mfa_adds_up: n_mfa_calls + n_no_mfa_calls + n_mfa_unknown = n_calls
    times_in_order: first_event_time <= last_event_time
  reconciles:
    all_calls_of_the_facts: >
      select (select coalesce(sum(n_calls), 0) from principal_audit)
      = (select count(*) from events where is_counted)
    all_permission_changes: >
      select (select coalesce(sum(n_permission_changes), 0) from principal_audit)
      = (select count(*) from permission_changes where is_success)
columns:
  principal_id: the principal
  principal_type: what kind of principal it is
  principal_name: the name last seen
  principal_account_id: its account; null, it has none or the events do not say
  first_event_time: its first call
  last_event_time: its last call
  n_calls: calls, each event once
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  n_reads: calls that only read
  n_writes: calls that do not only read
  n_data_events: calls that are data events
  n_mfa_calls: calls of sessions begun with MFA
  n_no_mfa_calls: calls of sessions begun without
  n_mfa_unknown: calls of which the event does not say it, as of those with long-term keys
  n_console_calls: calls that the console made
  n_console_unknown: >
    calls of which the event does not say it, as of those before version 1.08, or only the user
    agent does
  n_console_logins: sign-ins to the console that succeeded
  n_key_calls: calls signed with long-term access keys
  n_permission_changes: changes of permissions, trust and credentials that succeeded
  services: services it called
  actions: IAM actions it used, where known, the denied ones too
  regions: regions it called
  accounts: accounts it reached
  source_ips: addresses it came from
  user_agents: programs it used
  access_keys: long-term access keys it used
  used_by: >
    who was really behind its sessions, other principals only; null, nobody else or not known
  humans: the humans behind its sessions, or it; null, not known
  is_list_cut: whether a list has lost values; each keeps the first 1,000 in their order
  account_name: the name of its account, where known
  automation: >
    the automation that it is listed as; no, it is not listed; cannot tell, automation_roles was not
    given
*/
with

used as (
    select
        event_date,
        principal_id,
        max(principal_type) as principal_type,
        arg_max(principal_name, row(event_time, principal_name)) as principal_name,
        max(principal_account_id) as principal_account_id,
        min(event_time) as first_event_time,
        max(event_time) as last_event_time,
        count(*) as n_calls,
        count(*) filter (where is_error) as n_errors,
        count(*) filter (where is_denied) as n_denied,
        count(*) filter (where is_read_only) as n_reads,
        count(*) filter (where not is_read_only) as n_writes,
        count(*) filter (where is_data_event) as n_data_events,
        count(*) filter (where is_mfa_authenticated) as n_mfa_calls,
        count(*) filter (where not is_mfa_authenticated) as n_no_mfa_calls,
        count(*) filter (where is_mfa_authenticated is null) as n_mfa_unknown,
        count(*) filter (where is_console) as n_console_calls,
        count(*) filter (where is_console is null) as n_console_unknown,
        count(*) filter (where is_console_login) as n_console_logins,
        count(long_term_key) as n_key_calls,
        count(*) filter (where is_permission_change) as n_permission_changes,
        list_sort(array_agg(distinct service) filter (where service is not null)) as services,
        list_sort(array_agg(distinct iam_action) filter (where iam_action is not null)) as actions,
        list_sort(array_agg(distinct region) filter (where region is not null)) as regions,
        list_sort(array_agg(distinct account_id) filter (where account_id is not null)) as accounts,
        list_sort(array_agg(distinct source_ip) filter (where source_ip is not null)) as source_ips,
        list_sort(array_agg(distinct user_agent) filter (where user_agent is not null))
            as user_agents,
        list_sort(array_agg(distinct long_term_key) filter (where long_term_key is not null))
            as access_keys
    from principal_calls
    group by event_date, principal_id
),

names as (
    select
        account_id,
        min(account_name) as account_name
    from accounts
    group by account_id
),

given as (
    select coalesce(bool_or(is_given), false) as has_automation_roles
    from context_given
    where name = 'automation_roles'
)

select
    used.*,
    behind.used_by,
    coalesce(behind.humans, case when people.human is not null then [people.human] end) as humans,
    false as is_list_cut,
    names.account_name,
    coalesce(
        automations.automation,
        case when given.has_automation_roles then 'no' else 'cannot tell' end
    ) as automation
from used
cross join given
left join principal_backers as behind
    on
        used.event_date = behind.event_date
        and used.principal_id = behind.principal_id
left join identity_terms as people
    on
        used.principal_id = people.principal_id
        and used.event_date between people.first_date and people.last_date
left join automations on used.principal_id = automations.principal_id
left join names on used.principal_account_id = names.account_id
