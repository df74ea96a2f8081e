"""Digital twins: their DTDL models, their graph, and the language in which they are queried."""
