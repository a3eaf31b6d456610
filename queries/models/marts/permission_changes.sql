/*
name: permission_changes
grain: one row per call that changes who may do what (event_date, event_id, account_id)
description: Changes of permissions, of trust and of credentials, failed ones too, and by whom.
materialize: daily
checks:
  unique: [event_date, event_id, account_id]
  not_null:
    [event_id, event_time, event_date, principal_id, kind, change, is_success,
     human, automation, approval]
  accepted:
    kind:
      [grant, revoke, policy, resource_policy, trust, boundary, credential, identity, guardrail]
    change: [added, changed, removed]
    root_confidence: [certain, likely, possible, none]
  reconciles:
    every_call_of_the_area: >
      select (select count(*) from permission_changes)
      = (select count(*) from events
      inner join change_kinds using (event_source, event_name)
      where is_counted and area = 'permissions'
      and (request_key is null or strpos(request_parameters, request_key) > 0))
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  account_name: its name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  principal_id: the principal that made the call
  principal_type: what kind of principal that is
  root_principal_id: >
    who was really behind it, as far back as is known; the principal itself where it acts without a
    session; null, unknown
  root_human: the human behind it; null, not known
  root_confidence: how sure that is; none, the way back was not found
  kind: >
    grant or revoke (a principal is given or loses something), policy (a managed policy's text),
    resource_policy, trust (who may become a role), boundary, credential (keys, passwords, MFA),
    identity (a principal is made or removed), guardrail (what limits whole accounts)
  change: added, changed or removed
  target_type: the type of what is changed, as an IAM resource type
  target: the principal or resource whose permissions change, as the event names it
  target_arn: >
    its ARN, where known; a user's or role's as if its path were / where no path is known
  grantee: whom something is given to or taken from, where that is another than the target
  policy_arn: the managed policy, where one is named
  policy_name: the inline policy, where one is named
  policy_document: the policy's text, where logged
  access_key_id: the access key that is made, changed or removed
  source_ip: the address it came from
  user_agent: the program that made it
  is_console: whether it was made in the console
  is_success: whether the call succeeded; if not, nothing was changed
  error_code: why it failed; null, it did not
  human: >
    the human behind it; not a person, a service, a workload or an automation; not listed,
    identities has no line for who is behind it that holds on that day; not found, the way back
    was not found; cannot tell, identities was not given or names several at once
  automation: >
    the automation that the principal, or who is behind it, is listed as; no, it is not listed;
    cannot tell, automation_roles was not given
  approval: >
    tickets that allow it to the principal or to who is known to be behind it, at that time, such
    as CHG-1, CHG-2; none, no ticket does; cannot tell, approvals was not given
  scopes: >
    names of the scopes that the account, the target or the target's account is in, sorted;
    empty, none; null, scopes was not given
*/
select
    changes.event_id,
    changes.event_time,
    changes.event_date,
    changes.account_id,
    changes.account_name,
    changes.region,
    changes.event_source,
    changes.event_name,
    changes.principal_id,
    changes.principal_type,
    changes.root_principal_id,
    changes.root_human,
    changes.root_confidence,
    targets.kind,
    targets.change,
    targets.target_type,
    targets.target,
    targets.target_arn,
    coalesce(
        changes.request_parameters ->> '$.granteePrincipal',
        changes.request_parameters ->> '$.principalArn',
        changes.request_parameters ->> '$.principalId',
        changes.request_parameters ->> '$.principal',
        changes.request_parameters ->> '$.memberId.userId',
        changes.request_parameters ->> '$.memberId',
        changes.request_parameters ->> '$.groupName'
    ) as grantee,
    coalesce(
        changes.request_parameters ->> '$.policyArn',
        changes.request_parameters ->> '$.managedPolicyArn',
        changes.request_parameters ->> '$.permissionsBoundary',
        changes.request_parameters ->> '$.policyId',
        changes.response_elements ->> '$.policy.arn'
    ) as policy_arn,
    changes.request_parameters ->> '$.policyName' as policy_name,
    documents.policy_document,
    coalesce(
        changes.request_parameters ->> '$.accessKeyId',
        changes.response_elements ->> '$.accessKey.accessKeyId'
    ) as access_key_id,
    changes.source_ip,
    changes.user_agent,
    changes.is_console,
    not changes.is_error as is_success,
    changes.error_code,
    changes.human,
    changes.automation,
    changes.approval,
    targets.scopes
from changes_in_context as changes
inner join scoped_targets as targets
    on
        changes.event_date = targets.event_date
        and changes.event_id = targets.event_id
        and changes.account_id is not distinct from targets.account_id
left join policy_documents as documents
    on
        changes.event_date = documents.event_date
        and changes.event_id = documents.event_id
        and changes.account_id is not distinct from documents.account_id
where targets.area = 'permissions'
