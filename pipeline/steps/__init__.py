"""The use cases, one function each: the Python API, and all that the CLI and the flows call."""
