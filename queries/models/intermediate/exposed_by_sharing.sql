/*
name: exposed_by_sharing
grain: one row per change of whom something is shared with (event_date, event_id, account_id)
description: Whether snapshots, images and documents are shared with others, or no longer.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  is_exposed: true, shared with others now; false, taken back
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
        -- each service has its own words for whom is added and whom is taken away
        concat_ws(
            ' ',
            json_extract(changes.request_parameters, '$.createVolumePermission.add'),
            json_extract(changes.request_parameters, '$.launchPermission.add'),
            json_extract(changes.request_parameters, '$.valuesToAdd'),
            json_extract(changes.request_parameters, '$.accountIdsToAdd'),
            changes.request_parameters ->> '$.accountWithRestoreAccess'
        ) as added,
        concat_ws(
            ' ',
            json_extract(changes.request_parameters, '$.createVolumePermission.remove'),
            json_extract(changes.request_parameters, '$.launchPermission.remove'),
            json_extract(changes.request_parameters, '$.valuesToRemove'),
            json_extract(changes.request_parameters, '$.accountIdsToRemove')
        ) as removed
    from changes
    inner join change_kinds as kinds
        on
            changes.event_source = kinds.event_source
            and changes.event_name = kinds.event_name
    where
        kinds.area = 'exposure'
        and kinds.kind = 'sharing'
        and not changes.is_error
),

judged as (
    select
        event_id,
        event_date,
        account_id,
        event_name like 'Revoke%' or event_name like 'Reset%' as is_taken_back,
        regexp_matches(lower(added), '"all"') as is_everyone,
        regexp_matches(replace(added, coalesce(account_id, '-'), ''), '[0-9]{12}|arn:')
            as is_other_account,
        removed <> '' as has_removed
    from changed
)

select
    event_id,
    event_date,
    account_id,
    not is_taken_back and (is_everyone or is_other_account) as is_exposed,
    case
        when is_taken_back then null
        when is_everyone then 'everyone'
        when is_other_account then 'other_account'
    end as audience,
    case
        when is_taken_back then 'sharing_taken_back'
        when is_everyone then 'shared_with_everyone'
        when is_other_account then 'shared_with_other_account'
        else 'sharing_taken_back'
    end as reason
from judged
where is_taken_back or is_everyone or is_other_account or has_removed
