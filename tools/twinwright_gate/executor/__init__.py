"""The executor: the only holder of a device credential. It checks everything itself and believes the gate nothing.

`device` is the Protocol, `mailbox` what a PLC does with a command, `fake` the recording device with faults to inject,
`plant_device` the demo plant's own actuators.
"""
