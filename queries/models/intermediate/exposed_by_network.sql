/*
name: exposed_by_network
grain: >
  one row per change of a rule that lets traffic in from the world
  (event_date, event_id, account_id)
description: Whether security groups and network ACLs let the world in, or no longer.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  is_exposed: true, the world may come in; false, a rule that let it in was taken away
  audience: everyone
  reason: what makes it so
*/
with

to_world as (
    select
        event_id,
        event_date,
        account_id,
        count(*) as n_rules
    from security_group_rules
    where
        is_world
        and direction is distinct from 'egress'
    group by event_id, event_date, account_id
)

select
    changes.event_id,
    changes.event_date,
    changes.account_id,
    changes.event_name not like 'Revoke%' as is_exposed,
    'everyone' as audience,
    case
        when changes.event_name like 'Revoke%' then 'security_group_closed_to_world'
        when changes.event_name like '%NetworkAclEntry' then 'network_acl_open_to_world'
        else 'security_group_open_to_world'
    end as reason
from changes
inner join change_kinds as kinds
    on
        changes.event_source = kinds.event_source
        and changes.event_name = kinds.event_name
left join to_world
    on
        changes.event_date = to_world.event_date
        and changes.event_id = to_world.event_id
        and changes.account_id is not distinct from to_world.account_id
where
    kinds.area = 'exposure'
    and kinds.kind in ('security_group', 'network_acl')
    and not changes.is_error
    and (
        to_world.n_rules > 0
        or (
            kinds.kind = 'security_group'
            and (changes.request_parameters ->> '$.cIDRIP') in ('0.0.0.0/0', '::/0')
        )
        or (
            kinds.kind = 'network_acl'
            and lower(changes.request_parameters ->> '$.ruleAction') = 'allow'
            and (changes.request_parameters ->> '$.egress') = 'false'
            and coalesce(
                changes.request_parameters ->> '$.cidrBlock',
                changes.request_parameters ->> '$.ipv6CidrBlock'
            ) in ('0.0.0.0/0', '::/0')
        )
    )
