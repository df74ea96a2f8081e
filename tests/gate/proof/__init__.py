"""`make gate-proof`: what the safety layer claims, shown in one table. Each module here adds rows by its `rows()`."""
