"""Where credentials come from, and where they must not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from twinwright_tools.cmms.credentials import Credentials, read_credentials
from twinwright_tools.errors import CmmsLoginError, ConfigError
from twinwright_tools.plant.config import read_config


def private(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    file = folder / "cmms.toml"
    file.write_text(text)
    file.chmod(mode)
    return {"TWINWRIGHT_CMMS_CREDENTIALS_FILE": str(file)}


def test_from_the_environment() -> None:
    found = read_credentials({"TWINWRIGHT_CMMS_USER": "ann", "TWINWRIGHT_CMMS_PASSWORD": "pw-1234\n", "USER": "bob"})
    assert found.login("Thing")[0] == "ann"
    assert found.login("Thing")[1].get_secret_value() == "pw-1234"
    assert "pw-1234" not in f"{found!r} {found} {found.model_dump()}"


def test_from_a_private_file_and_the_environment_over_it(tmp_path: Path) -> None:
    environment = private(tmp_path, 'user = "ann"\npassword = "in-the-file"\ntoken = "t"\n')
    assert read_credentials(environment).login("Thing")[1].get_secret_value() == "in-the-file"
    found = read_credentials(environment | {"TWINWRIGHT_CMMS_PASSWORD": "in-the-environment"})
    assert found.login("Thing")[1].get_secret_value() == "in-the-environment"
    assert found.token is not None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o700 | 0o040])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        read_credentials(private(tmp_path, 'token = "very-secret"', mode))
    assert "very-secret" not in str(caught.value)


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = private(tmp_path, 'token = "very-secret"')
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    with pytest.raises(ConfigError, match="another user"):
        read_credentials(environment)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("token = very-secret", "no TOML"),
        ('tokn = "very-secret"', "every key is one of"),
        ("password = 12345678", "every key is one of"),
    ],
)
def test_a_file_that_holds_something_else(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read_credentials(private(tmp_path, text))
    assert "very-secret" not in str(caught.value) and "12345678" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read_credentials({"TWINWRIGHT_CMMS_CREDENTIALS_FILE": str(tmp_path / "nothing.toml")})


def test_none_given() -> None:
    with pytest.raises(CmmsLoginError, match="TWINWRIGHT_CMMS_USER and TWINWRIGHT_CMMS_PASSWORD"):
        Credentials().login("Thing")


def test_never_from_the_plant_folder(tmp_path: Path) -> None:
    (tmp_path / "twinwright.toml").write_text('[cmms]\nkind = "rt"\npassword = "very-secret"\n')
    with pytest.raises(ConfigError, match="no key 'password'") as caught:
        read_config(tmp_path)
    assert "very-secret" not in str(caught.value)
