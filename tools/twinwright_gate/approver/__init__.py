"""What people approve with: a plan's canonical bytes made readable, and their own key. Nothing that a model wrote
decides how it looks.

`rendering` is a function of the plan's bytes alone, `signing` makes the signed word, `terminal` and `web` are the two
ways to it.
"""
