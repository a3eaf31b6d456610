/*
name: refused
grain: one row per principal (account_id, who)
description: Who was refused most, at what, and from how many addresses?
*/
select
    recipientaccountid as account_id,
    regexp_extract(useridentity.arn, '[^/:]+$') as who,
    count(*) as refused,
    mode(eventname) as most_often,
    count(distinct sourceipaddress) as addresses
from cloudtrail_logs
where
    errorcode in ('AccessDenied', 'Client.UnauthorizedOperation')
    and useridentity.arn is not null
group by 1, 2
order by 3 desc, 1 asc, 2 asc
limit 8
