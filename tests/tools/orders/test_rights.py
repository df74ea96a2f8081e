"""Rights: no file is one user; a file holds for everybody; a broken file opens no door."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinwright_tools.errors import ConfigError, OrderError
from twinwright_tools.orders.rights import RIGHTS, account, read_rights

FILE = """
[roles]
planner = ["draft", "edit", "submit"]
technician = ["draft"]
boss = ["admin"]
guest = []

[people]
ann = ["planner"]
bob = ["technician", "guest"]
carl = ["boss"]
dora = ["guest"]
"""


def test_without_a_file_there_is_one_user_who_may_do_all(tmp_path: Path) -> None:
    rights = read_rights(tmp_path)
    assert rights.single_user and all(rights.may("anybody", right) for right in RIGHTS)  # type: ignore[arg-type]
    assert rights.acting("root", "ann") == "ann (entered by root)"
    assert rights.acting("root", None) == rights.acting("root", "root") == rights.acting("root", " ") == "root"


def test_a_file_says_who_may_what(tmp_path: Path) -> None:
    (tmp_path / "roles.toml").write_text(FILE)
    rights = read_rights(tmp_path)
    may = {
        name: [right for right in RIGHTS if rights.may(name, right)] for name in ("ann", "bob", "carl", "dora", "eve")
    }  # type: ignore[arg-type]
    assert may == {
        "ann": ["draft", "edit", "submit"],
        "bob": ["draft"],
        "carl": ["draft", "edit", "submit", "admin"],
        "dora": [],
        "eve": [],
    }
    with pytest.raises(OrderError, match=r"bob may not submit orders.*ann, carl may"):
        rights.demand("bob", "submit")
    rights.demand_reading("dora")
    with pytest.raises(OrderError, match="eve stands in no role"):
        rights.demand_reading("eve")


def test_only_an_admin_acts_in_the_name_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "roles.toml").write_text(FILE)
    rights = read_rights(tmp_path)
    assert rights.acting("carl", "ann") == "ann (entered by carl)"
    with pytest.raises(OrderError, match="may not admin"):
        rights.acting("ann", "carl")


@pytest.mark.parametrize(
    "text",
    [
        "[roles",
        "roles = 3",
        '[roles]\nplanner = ["fly"]\n[people]\n',
        '[roles]\nplanner = ["edit"]\n[people]\nann = ["planer"]\n',
        '[people]\nann = ["planner"]\n',
        "",
        "\xff",
    ],
)
def test_a_broken_file_opens_no_door(tmp_path: Path, text: str) -> None:
    (tmp_path / "roles.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"roles\.toml"):
        read_rights(tmp_path)


def test_the_account_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    before = account()
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    assert account() == before != "somebody-else"
