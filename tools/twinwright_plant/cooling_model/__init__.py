"""The plant's cooling loop as a physics model of its own: Modelica source, and an FMU of the same equations."""
