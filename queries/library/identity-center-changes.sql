/*
name: identity-center-changes
topic: Identity Center
grain: one row per call (event_id, account_id)
description: Who changed assignments, permission sets, users and groups of Identity Center?
period: 90d
parameters:
  principal: {kind: principal}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  subject: the user or group it is about, as the call names it
  permission_set: the permission set, where one is named
  target: the account that is assigned, where one is named
  sure: how sure it is who it was; none, the way back was not found
examples:
  - --since 7d
*/
select
    event_time,
    event_name,
    coalesce(root_human, root_principal_id, principal_id) as who,
    coalesce(
        request_parameters ->> '$.principalId',
        request_parameters ->> '$.userId',
        request_parameters ->> '$.groupId',
        request_parameters ->> '$.userName',
        request_parameters ->> '$.displayName'
    ) as subject,
    coalesce(
        request_parameters ->> '$.permissionSetArn',
        request_parameters ->> '$.name'
    ) as permission_set,
    request_parameters ->> '$.targetId' as target,
    error_code,
    root_confidence as sure,
    account_id,
    account_name,
    source_ip,
    principal_id,
    event_id
from event_actors
where
    event_source in (
        'sso.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com',
        'identitystore-scim.amazonaws.com'
    )
    and regexp_matches(
        event_name,
        '^(Create|Delete|Update|Put|Attach|Detach|Add|Remove|Provision|Enable|Disable|Start|Reset)'
    )
    and event_time >= $since
    and event_time < $until
    and (
        $principal is null
        or list_contains($principal, principal_id)
        or list_contains($principal, root_principal_id)
    )
order by event_time desc, event_id asc
