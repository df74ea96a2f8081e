"""Analysis: read-only SQL over twins, history and aligned telemetry, and named operations on signals.

What a model (or a person) tests an idea of its own with. Nothing here writes, opens a file or looks past the plant's
moment of asking; every answer is bounded, and one that would be too large is refused with what would be small enough.

    signals ──▶ align ──▶ operations ──▶ Answer ──▶ (toolbox) Finding
    twins, history, signals ──▶ relations ──▶ checked SQL ──▶ rows
"""
