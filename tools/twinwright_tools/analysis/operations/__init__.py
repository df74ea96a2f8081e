"""The named operations: each a small function of aligned signals to an answer, with its formula and source."""
