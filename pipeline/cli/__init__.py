"""The command line: parse, call one step, render; the only place that prints or exits."""
