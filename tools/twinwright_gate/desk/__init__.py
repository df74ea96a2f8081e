"""The acting half of the gate: it moves permits through the transition table, and is the only thing that does.

`core` applies a row of the table (its guards, its durable effects, its audit record), `surroundings` gathers what rules
read, `proposing`, `approving`, `arming`, `following` and `recovery` hold the guards and effects of each part of a
permit's life, `desk` is the whole.
"""
