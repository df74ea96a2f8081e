"""What-if: a physics model (FMU or Modelica) attached to a twin, driven by what was recorded, beside what was measured.

A model is code that the plant's owner trusts: it runs in a process of its own with limits, so that a crash or a hang
ends that process alone; the limits are no sandbox.
"""
