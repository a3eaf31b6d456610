/*
name: iam_names_seen
grain: one row per day and ARN of an IAM resource (event_date, resource_arn)
description: >
  Users, roles and the like whose whole ARN AWS wrote on a day: of callers, of listed resources and
  in IAM's answers. What callers wrote is left out, since anyone can write a path that is not there.
materialize: daily
checks:
  unique: [event_date, resource_arn]
  not_null: [event_date, short_arn, resource_arn]
columns:
  event_date: the UTC day
  short_arn: the ARN as it would be if the path were /
  resource_arn: the ARN with its path
*/
with

logs as (
    select
        event_date,
        caller_arn,
        issuer_arn,
        resources,
        case
            when event_source = 'iam.amazonaws.com' and error_code is null then response_elements
        end as response
    from caller_logs
),

written as (
    select
        event_date,
        issuer_arn as resource_arn
    from logs
    union
    select
        event_date,
        caller_arn as resource_arn
    from logs
    union
    select
        event_date,
        unnest(list_transform(resources, lambda one: one.arn)) as resource_arn
    from logs
    where resources is not null
    union
    select
        event_date,
        unnest(regexp_extract_all(response, '"arn"\s*:\s*"(arn:[^"\\]+)"', 1)) as resource_arn
    from logs
    where response is not null
)

-- a name is that of one user, or of one role, in its account, whatever the path
select
    event_date,
    regexp_replace(resource_arn, '^([^/]*/)(?:.*/)?([^/]+)$', '\1\2') as short_arn,
    resource_arn
from written
where
    regexp_matches(
        resource_arn,
        '^arn:[\w-]+:iam::\d{12}:(?:role|user|group|instance-profile|server-certificate)/'
        || '(?:[^*?]*/)?[^/*?]+$'
    )
