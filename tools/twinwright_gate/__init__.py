"""The safety layer: the only way towards the plant, and a closed one for now.

Modules, from the outside in: `cli` (the command), `client` and `schema` (all that the tools may import), `server` (the
Unix socket), `door` (one proposal's bytes to one answer), `strict` and `numbers` (reading input without believing it),
`reasons` (why something is denied), `canonical` (what is hashed), `audit` (the append-only log), `paths` (safe places).

It imports nothing else of ours, no model SDK and no field protocol, and installs from `requirements-gate.lock` alone.
"""
