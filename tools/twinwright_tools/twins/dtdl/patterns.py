"""Texts whose form an extension prescribes: MQTT topics, service groups, durations.

Source: "Mqtt extension", section "Topic Pattern"; ISO 8601 for durations.
"""

from __future__ import annotations

import re

from .reader import DefectError

_LABEL = r"[^\x00-\x20\x7f-\uffff\"+#{}/]+"
_TOKEN = r"\{(?:[A-Za-z]+:)?[A-Za-z]+\}"
_TOPIC = re.compile(rf"(?!\$)(?:{_LABEL}|{_TOKEN})(?:/(?:{_LABEL}|{_TOKEN}))*")
DURATION = re.compile(
    r"-?P(?=\d|T\d)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?"
    r"(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?"
)
"""A duration by ISO 8601."""

_PATTERNS = {
    "commandTopic": (
        _TOPIC,
        "labels and {tokens} between slashes, without spaces or wildcards, such as plant/{pumpId}",
    ),
    "telemetryTopic": (_TOPIC, "labels and {tokens} between slashes, without spaces or wildcards"),
    "cmdServiceGroupId": (re.compile(_LABEL), 'printable ASCII without space, ", +, #, {, } and /'),
    "telemServiceGroupId": (re.compile(_LABEL), 'printable ASCII without space, ", +, #, {, } and /'),
    "ttl": (DURATION, "a duration such as PT15S"),
}


def check_pattern(name: str, text: str, path: str) -> None:
    """Refuse a text that hasn't the form that its member wants.

    Raises:
        DefectError: it hasn't.
    """
    pattern, wanted = _PATTERNS.get(name, (None, ""))
    if pattern is not None and not pattern.fullmatch(text):
        raise DefectError("dtdl.pattern", f"{name!r} must be {wanted}, not {text!r}", path)
