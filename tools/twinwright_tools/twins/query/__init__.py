"""The Azure Digital Twins query language: parse, check against the models, compile, run. Import `run` to use it."""
