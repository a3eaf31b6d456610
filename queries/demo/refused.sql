/*
name: refused
grain: one row per principal (who, account)
description: Who was refused most, at what, and from how many addresses.
*/
select
    regexp_extract(useridentity.arn, '[^/:]+$') as who,
    recipientaccountid as account,
    count(*) as refused,
    mode(eventname) as most_often,
    count(distinct sourceipaddress) as addresses
from cloudtrail_logs
where
    errorcode in ('AccessDenied', 'Client.UnauthorizedOperation')
    and useridentity.arn is not null
group by all
order by refused desc, who
limit 8
