"""Checks a log without trusting what wrote it: no code in here is shared with `twinwright_gate.audit`.

`chain` reads records and names the first bad one, `merkle` has roots and proofs (RFC 9162), `heads` the signed tree
heads, `replay` decides every recorded decision once more.
"""
