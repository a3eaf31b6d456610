/*
name: logging_effects
grain: one row per call that changes what is logged or watched (event_date, event_id, account_id)
description: What a change does to logging, as far as the operation and what it asks for tell.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  effect: started, stopped, removed, narrowed, or changed where the event does not tell which way
*/
with

sent as (
    select
        targets.event_id,
        targets.event_date,
        targets.account_id,
        changes.event_name,
        targets.kind,
        targets.change,
        changes.request_parameters as asked,
        replace(coalesce(changes.request_parameters, ''), ' ', '') as asked_text
    from changes
    inner join change_targets as targets
        on
            changes.event_date = targets.event_date
            and changes.event_id = targets.event_id
            and changes.account_id is not distinct from targets.account_id
    where targets.area = 'logging'
)

select
    event_id,
    event_date,
    account_id,
    case
        when change <> 'changed' then change
        when event_name = 'UpdateTrail' and regexp_matches(
            asked_text,
            '"(isMultiRegionTrail|includeGlobalServiceEvents|enableLogFileValidation)":"?false'
        ) then 'narrowed'
        when event_name = 'PutEventSelectors' and regexp_matches(
            asked_text,
            '"includeManagementEvents":"?false|"readWriteType":"(Read|Write)Only'
            || '|"excludeManagementEventSources":\[[^\]]|"not[A-Z][A-Za-z]*":\[[^\]]'
        ) then 'narrowed'
        when
            event_name = 'PutInsightSelectors'
            and asked_text like '%"insightSelectors":[]%' then 'stopped'
        when
            event_name = 'PutConfigurationRecorder'
            and regexp_matches(asked_text, '"allSupported":"?false') then 'narrowed'
        when event_name = 'UpdateDetector' and (asked ->> '$.enable') = 'false'
            then 'stopped'
        when
            event_name = 'UpdateDetector'
            and regexp_matches(asked_text, '"(enable|status)":"?(false|DISABLED)')
            then 'narrowed'
        when
            event_name = 'PutBucketLogging'
            and asked_text like '%"LoggingEnabled":{%' then 'started'
        when event_name = 'PutBucketLogging' then 'stopped'
        when
            kind = 'access_logging'
            and asked_text like '%"access_logs.s3.enabled","value":"false"%' then 'stopped'
        when
            kind = 'cluster_logging'
            and regexp_matches(asked_text, '"enabled":"?false') then 'narrowed'
        when
            kind = 'database_logging'
            and regexp_matches(asked_text, '"disableLogTypes":\[[^\]]') then 'narrowed'
        else 'changed'
    end as effect
from sent
