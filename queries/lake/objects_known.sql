/*
name: objects_known
grain: one row
description: How many objects the ledger knows, and of how many accounts and regions.
*/
select
    count(distinct uri) as n_objects,
    count(distinct uri) filter (where kind = 'digest') as n_digests,
    count(distinct account_id) as n_accounts,
    count(distinct region) as n_regions
from ingest_objects
