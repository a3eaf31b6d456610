/*
name: policy_statements
grain: one row per statement of a policy document that a change carries, equal ones once
description: Statements that allow something to principals, and how wide they are.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  principals: whom the statement names, as JSON text; null, nobody, as in an identity's policy
  is_everyone: whether it allows something to everyone
  is_other_account: whether it names a principal of another account than the event's
  is_conditional: whether a condition narrows it; by what is not judged
*/
with

documents as (
    select
        event_id,
        event_date,
        account_id,
        json_extract(try_cast(policy_document as json), '$.Statement') as statements
    from policy_documents
    where policy_document is not null
),

listed as (
    select
        event_id,
        event_date,
        account_id,
        coalesce(
            try_cast(statements as json[]),
            array[statements]
        ) as statements
    from documents
    where statements is not null
),

allowing as (
    select
        listed.event_id,
        listed.event_date,
        listed.account_id,
        coalesce(
            cast(json_extract(each_one.statement, '$.Principal') as varchar),
            case
                when json_extract(each_one.statement, '$.NotPrincipal') is not null then '"*"'
            end
        ) as principals,
        json_extract(each_one.statement, '$.Condition') is not null as is_conditional
    from listed
    cross join unnest(listed.statements) as each_one (statement)
    where (each_one.statement ->> '$.Effect') = 'Allow'
)

select distinct
    event_id,
    event_date,
    account_id,
    principals,
    coalesce(
        principals = '"*"'
        or regexp_matches(principals, '"AWS"\s*:\s*(\[[^\]]*)?"\*"'),
        false
    ) as is_everyone,
    array_length(
        list_filter(
            regexp_extract_all(principals, '[0-9]{12}'),
            lambda named: named <> account_id
        )
    ) > 0 as is_other_account,
    is_conditional
from allowing
