"""The log: every edit is found at its line, and a torn end is named and kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinwright_gate.audit import TORN, AuditLog, read_log, verify_log
from twinwright_gate.errors import AuditError, UnsafePathError


def written(folder: Path, records: int = 5) -> Path:
    path = folder / "audit.jsonl"
    log = AuditLog(path)
    for number in range(records):
        log.append("test", "proposal.denied", {"number": number})
    log.close()
    return path


def swapped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace(b'"number":0', b'"number":9'), *lines[1:]], 2),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (swapped, 3),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4),
        (lambda lines: [*lines[:4], lines[4].replace(b'"seq":4', b'"seq":5')], 5),
        (lambda lines: [*lines[:1], b"", *lines[1:]], 2),
        (lambda lines: [*lines[:4], lines[4].replace(b'"seq":4', b'"seq": 4')], 5),
    ],
    ids=["edited", "deleted", "reordered", "repeated", "renumbered", "blank line", "no longer canonical"],
)
def test_tampering_is_found_at_its_line(folder: Path, change: Callable[[list[bytes]], list[bytes]], line: int) -> None:
    path = written(folder)
    path.write_bytes(b"\n".join(change(path.read_bytes().splitlines())) + b"\n")
    with pytest.raises(AuditError) as caught:
        verify_log(path)
    assert caught.value.line == line
    with pytest.raises(AuditError):
        AuditLog(path)


def test_a_cut_off_end_shows_only_against_a_kept_head(folder: Path) -> None:
    path = written(folder)
    kept = verify_log(path)
    path.write_bytes(b"".join(line + b"\n" for line in path.read_bytes().splitlines()[:-1]))
    assert verify_log(path).hash != kept.hash and verify_log(path).records == kept.records - 1


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_a_torn_end_is_named_kept_and_survived(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    path = written(tmp_path_factory.mktemp("torn"), records=2)
    for cut in cuts:  # each crash tears what the start after the last one wrote, the declaration itself included
        content = path.read_bytes()
        start = content.rfind(b"\n", 0, len(content) - 1) + 1
        path.write_bytes(content[: max(start + 1, len(content) - cut)])
        before = verify_log(path)
        assert before.torn
        log = AuditLog(path)
        assert log.found == before
        log.close()
        assert path.read_bytes().startswith(content[: max(start + 1, len(content) - cut)])
        after = verify_log(path)
        assert (after.records, after.torn) == (before.records + 1, b"")
        assert list(read_log(path))[-1]["event"] == TORN


def test_a_torn_end_that_is_changed_later_is_found(folder: Path) -> None:
    path = written(folder, records=2)
    path.write_bytes(path.read_bytes()[:-10])
    AuditLog(path).close()
    verify_log(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"number":1', b'"number":2'))
    with pytest.raises(AuditError):
        verify_log(path)


def test_one_gate_holds_a_log(folder: Path) -> None:
    log = AuditLog(folder / "audit.jsonl")
    with pytest.raises(AuditError, match="another gate"):
        AuditLog(folder / "audit.jsonl")
    log.close()


def test_a_log_is_the_owners_alone(folder: Path) -> None:
    assert written(folder).stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_logs_place_is_refused(folder: Path) -> None:
    (folder / "audit.jsonl").symlink_to(folder / "elsewhere")
    with pytest.raises(AuditError):
        AuditLog(folder / "audit.jsonl")


@pytest.mark.parametrize(("cut", "whole"), [(1, True), (2, False)])
def test_a_whole_record_without_its_lines_end_is_told_from_a_part_of_one(folder: Path, cut: int, whole: bool) -> None:
    path = written(folder, records=2)
    path.write_bytes(path.read_bytes()[:-cut])
    head = verify_log(path)
    assert (head.records, head.torn_whole) == (1, whole)
    assert ("no whole record" in head.torn_words) is not whole


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    content = path.read_bytes()
    path.rename(path.with_name("away"))
    path.write_bytes(content)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 10)


def added_to(path: Path) -> None:
    with path.open("ab") as log:
        log.write(b"{}\n")


@pytest.mark.parametrize("change", [removed, replaced, truncated, added_to])
def test_a_log_that_changes_while_it_is_held_is_written_no_more(folder: Path, change: Callable[[Path], None]) -> None:
    path = folder / "audit.jsonl"
    log = AuditLog(path)
    log.append("test", "proposal.denied", {})
    assert log.intact()
    change(path)
    assert not log.intact()
    for _ in range(2):
        with pytest.raises(AuditError, match="removed, replaced or changed"):
            log.append("test", "proposal.denied", {})
    log.close()


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_log_that_others_may_write_is_refused(folder: Path, mode: int) -> None:
    path = written(folder)
    path.chmod(mode)
    with pytest.raises(UnsafePathError, match="chmod 600"):
        AuditLog(path)
    path.chmod(0o640)
    AuditLog(path).close()


def test_a_pipe_is_no_log(folder: Path) -> None:
    os.mkfifo(folder / "audit.jsonl", 0o600)
    with pytest.raises(UnsafePathError, match="no regular file"):
        AuditLog(folder / "audit.jsonl")
    with pytest.raises(AuditError, match="no regular file"):
        verify_log(folder / "audit.jsonl")


@pytest.mark.parametrize("device", ["/dev/full", "/dev/zero", "/dev/null"])
def test_a_device_is_no_log(device: str) -> None:
    with pytest.raises(UnsafePathError):
        AuditLog(Path(device))
    with pytest.raises(AuditError, match="no regular file"):
        verify_log(Path(device))
