"""Claude at an endpoint of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from tests.agent.messages_api import KEY, Endpoint

from twinwright_agent.models.claude import Claude


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def claude(endpoint: Endpoint) -> Claude:
    """Claude that doesn't wait before it tries again."""
    return Claude(api_key=SecretStr(KEY), base_url=endpoint.url, retries=2, pause=lambda seconds: None)
