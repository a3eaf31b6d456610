/*
name: scope_patterns
grain: one row per scope and pattern of resources in it (scope, like_pattern)
description: >
  Scopes' resources with a *, as patterns of LIKE with the escape \: only * is special, and several
  in a row are one, which would take long to try.
materialize: view
checks:
  unique: [scope, like_pattern]
  not_null: [scope, like_pattern]
columns:
  scope: its name
  like_pattern: matches the ARNs of its resources
*/
select distinct
    scope,
    regexp_replace(
        replace(replace(replace(resource_pattern, '\', '\\'), '%', '\%'), '_', '\_'),
        '[*]+', '%', 'g'
    ) as like_pattern
from scopes
where strpos(resource_pattern, '*') > 0
