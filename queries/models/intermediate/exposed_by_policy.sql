/*
name: exposed_by_policy
grain: one row per change of a resource's policy, ACL or trust (event_date, event_id, account_id)
description: Whether changed policies, ACLs and trusts open a resource to others.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  is_exposed: true, open to others now; false, closed; null, a condition decides
  audience: everyone or other_account
  reason: what makes it so
*/
with

changed as (
    select
        changes.event_id,
        changes.event_date,
        changes.account_id,
        changes.event_name,
        kinds.kind,
        documents.is_public_acl,
        widest.is_everyone,
        widest.is_conditional,
        widest.is_other_account
        or regexp_matches(
            replace(
                coalesce(
                    cast(json_extract(changes.request_parameters, '$.aWSAccountIds') as varchar),
                    changes.request_parameters ->> '$.principal',
                    changes.request_parameters ->> '$.granteePrincipal'
                ),
                coalesce(changes.account_id, '-'),
                ''
            ),
            '[0-9]{12}'
        ) as is_other_account,
        (changes.request_parameters ->> '$.principal') = '*'
        and (changes.request_parameters ->> '$.condition') is null
        and (changes.request_parameters ->> '$.sourceAccount') is null
        and (changes.request_parameters ->> '$.sourceArn') is null
        and (changes.request_parameters ->> '$.organizationId') is null
        and (changes.request_parameters ->> '$.principalOrgID') is null as is_any_principal
    from changes
    inner join change_kinds as kinds
        on
            changes.event_source = kinds.event_source
            and changes.event_name = kinds.event_name
    left join policy_documents as documents
        on
            changes.event_date = documents.event_date
            and changes.event_id = documents.event_id
            and changes.account_id is not distinct from documents.account_id
    left join policy_audiences as widest
        on
            changes.event_date = widest.event_date
            and changes.event_id = widest.event_id
            and changes.account_id is not distinct from widest.account_id
    where
        kinds.area = 'exposure'
        and kinds.kind in ('policy', 'acl', 'trust', 'grant')
        and not changes.is_error
)

select
    event_id,
    event_date,
    account_id,
    case
        when is_everyone or is_any_principal or is_public_acl or is_other_account then true
        when is_conditional then null
        when kind = 'acl' or regexp_matches(event_name, '^(Delete|Remove)') then false
    end as is_exposed,
    case
        when is_everyone or is_any_principal or is_public_acl or is_conditional then 'everyone'
        when is_other_account then 'other_account'
    end as audience,
    case
        when is_public_acl then 'acl_grants_everyone'
        when is_everyone or is_any_principal then kind || '_allows_everyone'
        when is_other_account then kind || '_allows_other_account'
        when is_conditional then kind || '_allows_everyone_on_condition'
        when kind = 'acl' then 'acl_grants_nobody_else'
        when regexp_matches(event_name, '^(Delete|Remove)') then kind || '_removed'
    end as reason
from changed
where event_name <> 'CreateBucket' or is_public_acl
