"""The reference table of operations that change permissions, networks, logs or what is exposed."""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.csv as pa_csv

from pipeline.queryfile import content_root

TABLE = "change_kinds"


@cache
def change_kinds() -> pa.Table:
    """Return the operations that models know by name, one row per operation and area.

    They are content like the queries that read them, so they live beside those, in
    `queries/reference/change_kinds.csv`. Columns, all text, null where empty:

    - event_source, event_name: the operation as CloudTrail names it
    - area: permissions, network, logging, exposure, data or creation
    - kind, change: what kind of change, and what it does
    - target_type: what it is about, as an IAM resource type
    - target_path, response_path: where the request, or the answer, names that
    - request_key: text that a request has where the row applies; null: it always does
    """
    text = content_root().joinpath("reference", f"{TABLE}.csv").read_bytes()
    names = text.partition(b"\n")[0].decode().strip().split(",")
    return pa_csv.read_csv(
        pa.BufferReader(text),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
