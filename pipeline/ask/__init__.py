"""Asking: SQL over one snapshot of the lake, and which of its files an answer needs."""
