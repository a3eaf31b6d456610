"""The same tables on Athena: entries for Glue, and views in Athena's SQL."""
