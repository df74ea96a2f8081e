"""Other ways to find a root cause, for comparison: each reads the same question as the engine and ranks signals."""
