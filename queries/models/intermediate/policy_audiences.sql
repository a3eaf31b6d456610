/*
name: policy_audiences
grain: >
  one row per change that carries a policy document with statements
  (event_date, event_id, account_id)
description: Whom a changed policy lets in at most.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  is_everyone: whether a statement lets everyone in without a condition
  is_conditional: whether a statement lets everyone in on a condition
  is_other_account: whether a statement lets in a principal of another account
*/
select
    event_id,
    event_date,
    account_id,
    bool_or(is_everyone and not is_conditional) as is_everyone,
    bool_or(is_everyone and is_conditional) as is_conditional,
    bool_or(is_other_account) as is_other_account
from policy_statements
group by event_id, event_date, account_id
