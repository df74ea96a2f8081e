"""Questions of fact: what is, how many, since when, how long, compare; over twins, telemetry and history.

A question is read by grammar (`reading`), and by what the plant itself calls its assets, properties, relationships,
signals, states and records, which is asked of the plant. It becomes queries, and their rows become sentences. No word
of any one plant stands here.
"""

from .route import step

__all__ = ["step"]
