/*
name: security_group_rules
grain: >
  one row per rule and source that a change of a security group names
  (event_date, event_id, account_id, direction, protocol, from_port, to_port, source)
description: What changes of security groups let in and out, rule by rule.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  direction: ingress or egress
  protocol: tcp, udp, icmp, a number, or all
  from_port: the first port; null, all
  to_port: the last port; null, all
  source: a CIDR, a prefix list or a security group
  is_world: whether that is every IPv4 or every IPv6 address
*/
with

changed as (
    select
        event_id,
        event_date,
        account_id,
        case when event_name like '%Egress' then 'egress' else 'ingress' end as direction,
        -- the older form has one permission beside the group's own id
        coalesce(
            try_cast(json_extract(request_parameters, '$.ipPermissions.items') as json[]),
            array[json_merge_patch(request_parameters, '{"groupId": null}')]
        ) as permissions
    from changes
    where
        event_source = 'ec2.amazonaws.com'
        and event_name in (
            'AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress',
            'RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress'
        )
),

modified as (
    select
        event_id,
        event_date,
        account_id,
        json_extract(request_parameters, '$.ModifySecurityGroupRulesRequest.SecurityGroupRule')
            as rules
    from changes
    where event_name = 'ModifySecurityGroupRules'
),

permissions as (
    select
        changed.event_id,
        changed.event_date,
        changed.account_id,
        changed.direction,
        each_one.permission
    from changed
    cross join unnest(changed.permissions) as each_one (permission)
    union all
    select
        modified.event_id,
        modified.event_date,
        modified.account_id,
        null as direction,
        json_extract(each_one.permission, '$.SecurityGroupRule') as permission
    from modified
    cross join
        unnest(coalesce(try_cast(modified.rules as json[]), array[modified.rules]))
            as each_one (permission)
),

named as (
    select
        event_id,
        event_date,
        account_id,
        direction,
        lower(coalesce(permission ->> '$.ipProtocol', permission ->> '$.IpProtocol')) as protocol,
        coalesce(permission ->> '$.fromPort', permission ->> '$.FromPort') as from_port,
        coalesce(permission ->> '$.toPort', permission ->> '$.ToPort') as to_port,
        regexp_extract_all(
            cast(permission as varchar),
            '"(cidrIp|cidrIpv6|CidrIpv4|CidrIpv6|prefixListId|PrefixListId|groupId'
            || '|ReferencedGroupId)":"([^"]+)"',
            2
        ) as sources
    from permissions
)

select distinct
    named.event_id,
    named.event_date,
    named.account_id,
    named.direction,
    case when named.protocol = '-1' then 'all' else named.protocol end as protocol,
    case when named.protocol <> '-1' then try_cast(named.from_port as integer) end as from_port,
    case when named.protocol <> '-1' then try_cast(named.to_port as integer) end as to_port,
    each_one.source,
    each_one.source in ('0.0.0.0/0', '::/0') as is_world
from named
cross join unnest(named.sources) as each_one (source)
