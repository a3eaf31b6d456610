/*
name: automations
grain: one row per principal that no human is behind (principal_id)
description: What runs as each principal of automation_roles, never null.
materialize: view
checks:
  unique: [principal_id]
  not_null: [principal_id, automation]
columns:
  principal_id: as automation_roles has it
  automation: what runs as it; the principal itself where the file does not name that
*/
select
    principal_id,
    min(coalesce(automation, principal_id)) as automation
from automation_roles
group by principal_id
