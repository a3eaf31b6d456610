/*
name: assumed_roots
grain: one row per access key of an assumed root session and day of use (access_key_id, event_date)
description: >
  Sessions that AssumeRoot gave out: they call as root, and another one is behind them.
materialize: view
checks:
  unique: [access_key_id, event_date]
columns:
  event_date: UTC day of the calls
  access_key_id: access key id of the session
*/
select distinct
    event_date,
    useridentity.accesskeyid as access_key_id
from cloudtrail_logs
where
    useridentity.type = 'Root'
    -- JSON's true, or that in quotation marks
    and replace(useridentity.sessioncontext.assumedroot, '"', '') = 'true'
    and useridentity.accesskeyid is not null
