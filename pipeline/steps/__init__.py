"""The use cases, one function each: what the CLI, the flows and the tests call."""
