"""The commands: the composition root, where everything is put together. Nothing imports it."""
