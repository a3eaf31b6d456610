"""Models: SQL over the facts, built incrementally into tables of the same lake."""
