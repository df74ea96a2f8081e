"""Our reading of DTDL beside that of Microsoft's parser, on a corpus of valid and invalid models.

`python -m twinwright_evals.dtdl_oracle` reports how far they agree; `--write` asks the parser anew (Node 20 or later,
and `npm ci` in evals/dtdl_oracle) and records its verdicts and the table in docs/dtdl.md.
"""
