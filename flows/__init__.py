"""Prefect flows and deployments: calls, retries, artifacts; the work is in pipeline.steps."""
