"""Whether compiled twin queries agree with a slow, obvious evaluator, on random graphs and random valid queries."""
