"""Side-by-side measurements: each figure is a ratio of two processes that ran in turns."""
