"""The lake: Iceberg tables, consistent reads, commits, state and upkeep."""
