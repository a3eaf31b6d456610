/*
name: security_group_texts
grain: one row per call that names rules of a security group (event_date, event_id, account_id)
description: The rules that a call names, in words.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  rules: direction, protocol, ports, and from or to where, sorted
*/
select
    event_id,
    event_date,
    account_id,
    list_sort(
        array_agg(
            distinct
            concat_ws(
                ' ',
                direction,
                protocol,
                case
                    when from_port = to_port then cast(from_port as varchar)
                    else concat_ws('-', cast(from_port as varchar), cast(to_port as varchar))
                end,
                case when direction = 'egress' then 'to' else 'from' end,
                source
            )
        )
    ) as rules
from security_group_rules
group by event_id, event_date, account_id
