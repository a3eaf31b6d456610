/*
name: resource_calls
grain: >
  one row per event of a known call that does not list its resources
  (event_date, event_id, account_id)
description: Calls whose resources have to be read from their parameters, these made uniform.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  region: the region that was asked
  arn_partition: the partition the region is in, as ARNs name it
  request: request parameters as a JSON object; null, none or no JSON
  response: response elements as a JSON object; null, none or no JSON
*/
with

unlisted as (
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        region,
        case
            when starts_with(request_parameters, '"') and json_valid(request_parameters)
                then json_extract_string(request_parameters, '$')
            else request_parameters
        end as request,
        case
            when starts_with(response_elements, '"') and json_valid(response_elements)
                then json_extract_string(response_elements, '$')
            else response_elements
        end as response
    from events
    where
        coalesce(
            array_length(
                list_filter(
                    resources,
                    lambda one: regexp_matches(one.arn, '^arn:[\w-]+:[\w-]+:[\w-]*:\w*:.')
                )
            ),
            0
        ) = 0
),

known as (
    select unlisted.*
    from unlisted
    semi join resource_templates
        on
            unlisted.event_source = resource_templates.event_source
            and unlisted.event_name = resource_templates.event_name
),

checked as (
    select
        * exclude (request, response),
        case when starts_with(request, '{') and json_valid(request) then request end as request,
        case when starts_with(response, '{') and json_valid(response) then response end as response
    from known
)

-- EC2 wraps newer calls: {"CreateFlowLogsRequest": {…}}
select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    region,
    case
        when starts_with(region, 'cn-') then 'aws-cn'
        when starts_with(region, 'us-gov-') then 'aws-us-gov'
        when starts_with(region, 'us-iso-') then 'aws-iso'
        when starts_with(region, 'us-isob-') then 'aws-iso-b'
        when starts_with(region, 'us-isof-') then 'aws-iso-f'
        when starts_with(region, 'eu-isoe-') then 'aws-iso-e'
        when starts_with(region, 'eusc-') then 'aws-eusc'
        else 'aws'
    end as arn_partition,
    case
        when regexp_matches(request, '^\{\s*"[A-Z]\w*Request"\s*:\s*\{')
            then
                json_extract(request, '$.' || regexp_extract(request, '^\{\s*"(\w+)"', 1))::varchar
        else request
    end as request,
    case
        when regexp_matches(response, '^\{\s*"[A-Z]\w*Response"\s*:\s*\{')
            then json_extract(
                response, '$.' || regexp_extract(response, '^\{\s*"(\w+)"', 1)
            )::varchar
        else response
    end as response
from checked
