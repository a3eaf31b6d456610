"""Documents to rows: inflate, recognise, normalise, judge duplicates, commit."""
