"""Questions whose answer is rows or figures, and what those are, worked out without any of Twinwright's query code."""
