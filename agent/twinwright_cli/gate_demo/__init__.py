"""`make demo-gate`: the whole circle on the simulated plant, and three denials on the way.

Nothing here is a mock: the investigation, the gate, the executor with its own checks, people's signatures and the
plant's physics are the ones that ship. Only the clock is the plant's, so that half an hour takes seconds.
"""
