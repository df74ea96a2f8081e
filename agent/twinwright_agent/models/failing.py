"""What went wrong with a request: in words, whether to try again, and after how long.

Trying again is safe: nothing that an answer asks for is done before the answer is whole, so no draft or proposal is
repeated.
"""

from __future__ import annotations

import random

import anthropic
import httpx2

from twinwright_tools.errors import ModelCallError

# Waiting longer than that is a decision for people.
MOST_WAIT_S = 60.0
_FIRST_WAIT_S = 0.5
_MOST_BACKOFF_S = 8.0
_AGAIN = frozenset({408, 409, 429})
# Errors that come in the middle of a stream have the status of its beginning; their type says what they are.
_KINDS = {"overloaded_error": 529, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504}

Failure = anthropic.APIError | httpx2.TransportError | ValueError


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an answer that was refused, in mid-stream too; None where there was no answer."""
    if not isinstance(error, anthropic.APIStatusError):
        return None
    body = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    kind = inner.get("type") if isinstance(inner, dict) else None
    return _KINDS.get(str(kind), error.status_code)


def wait_before_retry(error: Failure, attempt: int) -> float | None:
    """Seconds to wait before the next attempt (the first is 1); None where trying again is no use.

    What the API asks for in `retry-after` is kept to, unless it is longer than a minute.
    """
    status = status_of(error)
    if status is not None and not (status in _AGAIN or status >= 500):
        return None
    backoff = min(_FIRST_WAIT_S * 2.0 ** (attempt - 1), _MOST_BACKOFF_S) * (1 - 0.25 * random.random())
    asked = _asked_wait(error)
    if asked is None:
        return backoff
    return asked if asked <= MOST_WAIT_S else None


def _asked_wait(error: BaseException) -> float | None:
    if not isinstance(error, anthropic.APIStatusError):
        return None
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            asked = float(error.response.headers.get(name, ""))
        except ValueError:
            continue  # not there, or a date: the usual waiting time will do
        if asked > 0:
            return asked * unit
    return None


def in_words(error: Failure, model: str, default: str) -> ModelCallError:
    """The failure for people, with what to do."""
    status = status_of(error)
    if status is None:
        return _no_answer(error)
    assert isinstance(error, anthropic.APIStatusError)  # only such errors have a status
    if status in {401, 403}:
        return ModelCallError("the API refused the key; check it, or use --model rules", code="model.key")
    if status == 404:
        return ModelCallError(f"the API knows no model {model!r}", code="model.unknown", suggestions=[default])
    if status == 529:
        return ModelCallError("the API is overloaded; resume the run later", code="model.overloaded")
    if status == 429:
        asked = _asked_wait(error)
        wait = f" (it asks to wait {asked:.0f} s)" if asked and asked > 1 else ""
        return ModelCallError(f"the API's rate limit is reached{wait}; resume the run later", code="model.rate_limited")
    said = error.api_message or error.message
    return ModelCallError(f"the API answered {status}: {said}; resume later", code="model.status")


def _no_answer(error: BaseException) -> ModelCallError:
    if isinstance(error, anthropic.APIConnectionError):
        return ModelCallError(
            "the API can't be reached; resume the run later, or use --model rules", code="model.offline"
        )
    if isinstance(error, httpx2.TransportError):
        return ModelCallError(
            "the connection to the API was lost in the middle of an answer; resume the run later", code="model.offline"
        )
    return ModelCallError(f"the API's answer can't be used: {error}", code="model.answer")
