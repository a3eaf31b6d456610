"""Saved questions: what each asks for, the values it is given, and its answer from a lake."""
