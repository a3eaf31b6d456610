/*
name: objects_known
grain: one row
description: How many objects the ledger knows, and of how many accounts and regions.
columns:
  n_objects: by a hash of 64 bits, which takes less memory than a million names
*/
select
    count(distinct hash(uri)) as n_objects,
    count(distinct hash(uri)) filter (where kind = 'digest') as n_digests,
    count(distinct account_id) as n_accounts,
    count(distinct region) as n_regions
from ingest_objects
