"""The physics of the plant, with no noise in it: what really happens, before any sensor looks at it."""
