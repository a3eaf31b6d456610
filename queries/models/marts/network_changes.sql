/*
name: network_changes
grain: one row per call that changes the network (event_date, event_id, account_id)
description: Changes of security groups, routes, gateways and the like, failed ones too, by whom.
materialize: daily
checks:
  unique: [event_date, event_id, account_id]
  not_null:
    [event_id, event_time, event_date, principal_id, kind, change, is_success,
     human, automation, approval]
  accepted:
    kind:
      [security_group, network_acl, route_table, gateway, vpn, vpc, subnet, peering, endpoint,
       load_balancer, public_ip, firewall, dns]
    change: [added, changed, removed]
    root_confidence: [certain, likely, possible, none]
  reconciles:
    every_call_of_the_area: >
      select (select count(*) from network_changes)
      = (select count(*) from events
      inner join change_kinds using (event_source, event_name)
      where is_counted and area = 'network'
      and (request_key is null or strpos(request_parameters, request_key) > 0))
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  account_name: its name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  principal_id: the principal that made the call
  principal_type: what kind of principal that is
  root_principal_id: >
    who was really behind it, as far back as is known; the principal itself where it acts without a
    session; null, unknown
  root_human: the human behind it; null, not known
  root_confidence: how sure that is; none, the way back was not found
  kind: what kind of thing is changed
  change: added, changed or removed
  target_type: the type of what is changed, as an IAM resource type
  target: >
    its id or name, as the event has it; of what a failed call did not make, the one resource that
    it was to be made for
  target_arn: >
    its ARN, where known; a user's or role's as if its path were / where no path is known
  vpc_id: the VPC, where named
  destination: where a route leads to, or what an ACL entry or a VPC covers, as a CIDR
  rules: >
    of a security group, the rules the call names: direction, protocol, ports, and from or to where;
    null, none named
  is_open_to_world: >
    of a security group or network ACL, whether the call lets in every address, which a failed one
    does not; null, it does not say, or of other kinds
  source_ip: the address it came from
  user_agent: the program that made it
  is_console: whether it was made in the console
  is_success: whether the call succeeded; if not, nothing was changed
  error_code: why it failed; null, it did not
  human: >
    the human behind it; not a person, a service, a workload or an automation; not listed,
    identities has no line for who is behind it that holds on that day; not found, the way back
    was not found; cannot tell, identities was not given or names several at once
  automation: >
    the automation that the principal, or who is behind it, is listed as; no, it is not listed;
    cannot tell, automation_roles was not given
  approval: >
    tickets that allow it to the principal or to who is known to be behind it, at that time, such
    as CHG-1, CHG-2; none, no ticket does; cannot tell, approvals was not given
  scopes: >
    names of the scopes that the account, the target or the target's account is in, sorted;
    empty, none; null, scopes was not given
*/
select
    changes.event_id,
    changes.event_time,
    changes.event_date,
    changes.account_id,
    changes.account_name,
    changes.region,
    changes.event_source,
    changes.event_name,
    changes.principal_id,
    changes.principal_type,
    changes.root_principal_id,
    changes.root_human,
    changes.root_confidence,
    targets.kind,
    targets.change,
    targets.target_type,
    targets.target,
    targets.target_arn,
    coalesce(
        changes.request_parameters ->> '$.vpcId',
        changes.response_elements ->> '$.vpc.vpcId'
    ) as vpc_id,
    coalesce(
        changes.request_parameters ->> '$.destinationCidrBlock',
        changes.request_parameters ->> '$.destinationIpv6CidrBlock',
        changes.request_parameters ->> '$.cidrBlock',
        changes.request_parameters ->> '$.ipv6CidrBlock'
    ) as destination,
    rules.rules,
    case
        when exposed.is_exposed then true
        when rules.rules is not null or targets.kind = 'network_acl' then false
    end as is_open_to_world,
    changes.source_ip,
    changes.user_agent,
    changes.is_console,
    not changes.is_error as is_success,
    changes.error_code,
    changes.human,
    changes.automation,
    changes.approval,
    targets.scopes
from changes_in_context as changes
inner join scoped_targets as targets
    on
        changes.event_date = targets.event_date
        and changes.event_id = targets.event_id
        and changes.account_id is not distinct from targets.account_id
left join security_group_texts as rules
    on
        changes.event_date = rules.event_date
        and changes.event_id = rules.event_id
        and changes.account_id is not distinct from rules.account_id
left join exposed_by_network as exposed
    on
        changes.event_date = exposed.event_date
        and changes.event_id = exposed.event_id
        and changes.account_id is not distinct from exposed.account_id
where targets.area = 'network'
