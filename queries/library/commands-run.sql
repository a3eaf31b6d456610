/*
name: commands-run
topic: EC2, SSM and snapshots
grain: one row per call (event_id, account_id)
description: Who ran commands or opened shells on instances and containers?
period: 30d
parameters:
  principal: {kind: principal}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  target: the instance, container or group it was run on, as the call names it
  document: what was run, as an SSM document, or the command where it is logged
  sure: how sure it is who it was; none, the way back was not found
examples:
  - --account production
*/
select
    event_time,
    event_name,
    coalesce(root_human, root_principal_id, principal_id) as who,
    coalesce(
        request_parameters ->> '$.target',
        request_parameters ->> '$.instanceId',
        request_parameters ->> '$.instanceIds',
        request_parameters ->> '$.targets',
        request_parameters ->> '$.task'
    ) as target,
    coalesce(
        request_parameters ->> '$.documentName',
        request_parameters ->> '$.command'
    ) as document,
    root_confidence as sure,
    error_code,
    region,
    account_id,
    account_name,
    source_ip,
    principal_id,
    event_id
from event_actors
where
    event_name in (
        'SendCommand',
        'StartSession',
        'ResumeSession',
        'ExecuteCommand',
        'StartAutomationExecution',
        'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey', 'CreateAssociation', 'GetPasswordData'
    )
    and event_source in (
        'ssm.amazonaws.com', 'ecs.amazonaws.com', 'ec2-instance-connect.amazonaws.com',
        'ec2.amazonaws.com'
    )
    and event_time >= $since
    and event_time < $until
    and (
        $principal is null
        or list_contains($principal, principal_id)
        or list_contains($principal, root_principal_id)
    )
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
