/*
name: scope_arns
grain: one row per ARN that a scope names in full (resource_arn)
description: Scopes' resources without a *, which are looked up rather than compared one by one.
materialize: view
checks:
  unique: [resource_arn]
  not_null: [resource_arn, scopes]
columns:
  resource_arn: the resource
  scopes: names of the scopes, sorted
*/
select
    resource_pattern as resource_arn,
    list_sort(array_agg(distinct scope)) as scopes
from scopes
where strpos(resource_pattern, '*') = 0
group by resource_pattern
