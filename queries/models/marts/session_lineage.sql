/*
name: session_lineage
grain: one row per session on the day of its first use (session_id, event_date)
description: Who was really behind a session, through all roles and accounts, and how sure that is.
materialize: daily
checks:
  unique: [session_id, event_date]
  not_null:
    [session_id, event_date, principal_id, root_principal_id, root_principal_type, path, depth,
     link, confidence, link_confidence, chain_end]
  accepted:
    link: [key, principal_and_time, source_identity, name, none]
    confidence: [certain, likely, possible, none]
    link_confidence: [certain, likely, possible, none]
    chain_end: [identity, service, outside_account, not_in_data, ambiguous, too_long]
  rows:
    path_is_whole: >
      array_length(path) = depth + 1 and path[1] = root_principal_id
      and path[depth + 1] = principal_id
    none_is_none: >
      (link = 'none') = (link_confidence = 'none')
      and (link = 'none' and chain_end <> 'identity') = (confidence = 'none')
    certain_needs_a_key: confidence <> 'certain' or link = 'key' or depth = 0
    certain_needs_an_end: >
      confidence <> 'certain' or chain_end in ('identity', 'service', 'outside_account')
columns:
  event_date: |
    UTC day of the first use; a session that is used again after two idle days has a row of that
    day too
  session_id: the session, as in events
  principal_id: stable principal of the session
  root_principal_id: stable principal that the chain leads back to
  root_principal_type: |
    its type; aws_service where a workload began the chain, account where another account did
  root_human: the human behind the root by the identities table; null where that is not known
  workload: |
    instance, function, task or build that the first role was given to, by its ARN where AWS says
    it; null where the session's name is none of these
  path: |
    stable principals from the root to this session; none follows itself, as where a user takes
    a session token
  depth: changes of principal between the root and this session
  link: evidence for this session's own issuance
  confidence: |
    how sure the root is: the least of the chain's steps, so certain only where access keys prove
    each, or where a user or root calls as itself; at most possible where chain_end says that the
    chain leaves the data before its root; none where nothing leads beyond the session
  link_confidence: how sure this session's own issuance is; none where the data does not hold it
  chain_end: |
    why the chain ends: identity, service and outside_account are ends by nature; not_in_data is
    a role whose issuance the data does not hold, ambiguous has several candidates, too_long goes
    on after ten steps
  candidate_principal_ids: |
    callers between whom the evidence does not decide, where there are many the first ten of a
    day; null where it does
  issue_event_id: |
    event that issued this session, of several that one caller made at once one of them; null
    without a link, or where several callers may have
  first_event_time: first call of the session
  last_event_time: last call on the day of its first use; sessions has the last of all
*/
with

chains as (
    select
        *,
        path[1] as root_principal_id,
        case
            when is_undecided then 'ambiguous'
            when is_cut then 'too_long'
            when root_type = 'aws_service' then 'service'
            when root_type = 'account' then 'outside_account'
            when root_type in ('role', 'unknown') then 'not_in_data'
            else 'identity'
        end as chain_end
    from session_chains
),

-- A SAML provider's people may be listed by their name alone
root_names as (
    select
        event_date,
        session_id,
        root_principal_id as root_name
    from chains
    union all
    select
        event_date,
        session_id,
        regexp_extract(root_principal_id, '[^/]+$') as root_name
    from chains
    where root_type = 'saml_user'
),

humans as (
    select
        root_names.event_date,
        root_names.session_id,
        case when count(distinct identities.human) = 1 then min(identities.human) end as root_human
    from root_names
    inner join identities on root_names.root_name = identities.principal_id
    where
        root_names.event_date >= coalesce(identities.joined_date, root_names.event_date)
        and root_names.event_date <= coalesce(identities.left_date, root_names.event_date)
    group by root_names.event_date, root_names.session_id
)

select
    own.event_date,
    own.session_id,
    own.principal_id,
    chains.root_principal_id,
    chains.root_type as root_principal_type,
    humans.root_human,
    case
        when
            chains.workload_name like 'arn:%'
            or regexp_matches(
                concat(chains.root_principal_id, '/', chains.workload_name),
                '^((edgelambda|lambda|ecs-tasks|codebuild|pods[.]eks)[.]|ec2[.][^/]+/i-[0-9a-f]+$)'
            )
            then chains.workload_name
    end as workload,
    chains.path,
    cast(array_length(chains.path) - 1 as integer) as depth,
    own.link,
    case
        when chains.confidence_rank = 0 and chains.chain_end <> 'identity' then 'none'
        when chains.confidence_rank < 2 then 'possible'
        when chains.chain_end in ('not_in_data', 'ambiguous', 'too_long') then 'possible'
        when chains.confidence_rank = 3 then 'certain'
        else 'likely'
    end as confidence,
    own.confidence as link_confidence,
    chains.chain_end,
    case when chains.is_undecided then chains.candidate_principal_ids end
        as candidate_principal_ids,
    own.issue_event_id,
    chains.first_event_time,
    chains.last_event_time
from chains
inner join session_origins as own using (event_date, session_id)
left join humans using (event_date, session_id)
