/*
name: kms-changes
topic: secrets and KMS
grain: one row per call (event_id, account_id)
description: Who made, disabled, shared or scheduled the end of encryption keys?
period: 30d
parameters:
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  key: the key, as the call names it
  sure: how sure it is who it was; none, the way back was not found
examples:
  - --since 90d
*/
select
    event_time,
    event_name,
    coalesce(
        request_parameters ->> '$.keyId',
        request_parameters ->> '$.targetKeyId',
        response_elements ->> '$.keyMetadata.keyId',
        request_parameters ->> '$.aliasName'
    ) as key,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    error_code,
    account_id,
    account_name,
    region,
    source_ip,
    principal_id,
    event_id
from event_actors
where
    event_source = 'kms.amazonaws.com'
    and event_time >= $since
    and event_time < $until
    and event_name in (
        'CreateKey', 'ReplicateKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'DisableKey',
        'EnableKey', 'PutKeyPolicy', 'CreateGrant', 'RevokeGrant', 'RetireGrant',
        'EnableKeyRotation', 'DisableKeyRotation', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial',
        'CreateAlias', 'UpdateAlias', 'DeleteAlias', 'UpdatePrimaryRegion'
    )
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
