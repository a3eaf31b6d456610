/*
name: policy_documents
grain: one row per change that carries a policy document (event_date, event_id, account_id)
description: The policy documents that changes carry, as JSON text.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  policy_document: the document as it was sent, not checked
  is_public_acl: whether a canned ACL or a grant gives access to everyone or every AWS customer
*/
with

sent as (
    select
        event_id,
        event_date,
        account_id,
        request_parameters,
        coalesce(
            cast(json_extract(request_parameters, '$.bucketPolicy') as varchar),
            request_parameters ->> '$.policyDocument',
            request_parameters ->> '$.assumeRolePolicyDocument',
            request_parameters ->> '$.policyText',
            request_parameters ->> '$.resourcePolicy',
            request_parameters ->> '$.inlinePolicy',
            request_parameters ->> '$.accessPolicies',
            request_parameters ->> '$.attributes.Policy',
            request_parameters ->> '$.policy.policy',
            case
                when (request_parameters ->> '$.attributeName') = 'Policy'
                    then request_parameters ->> '$.attributeValue'
            end,
            request_parameters ->> '$.policy',
            request_parameters ->> '$.Policy',
            request_parameters ->> '$.ModifyVpcEndpointRequest.PolicyDocument',
            case
                when event_source = 'organizations.amazonaws.com'
                    then request_parameters ->> '$.content'
            end
        ) as policy_document
    from changes
    where request_parameters is not null
)

select
    event_id,
    event_date,
    account_id,
    nullif(policy_document, '') as policy_document,
    regexp_matches(
        request_parameters,
        '"public-read|"authenticated-read"|groups/global/(AllUsers|AuthenticatedUsers)'
    ) as is_public_acl
from sent
