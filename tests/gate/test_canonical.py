"""Canonical bytes, signatures and wire bytes, for whatever may be given."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from twinwright_gate.canonical import PLAN_DOMAIN, canonical, digest
from twinwright_gate.numbers import from_micro, is_decimal, to_micro
from twinwright_gate.plan import MICRO_BOUND, Plan
from twinwright_gate.points import Binding
from twinwright_gate.signing import Use, new_key, public_hex, sign, verifies
from twinwright_gate.strict import Malformed
from twinwright_gate.wire import decode, encode

from .plantsite import scene

KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(max_size=12)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_canonical_bytes_are_those_of_rfc_8785(value: dict[str, Any]) -> None:
    try:
        wanted = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:  # a lone surrogate
        with pytest.raises(ValueError, match="surrogates"):
            canonical(value)
        return
    assert canonical(value) == wanted


@pytest.mark.parametrize("bad", [1.0, float("nan"), 2**53, -(2**53), b"x", {1: 2}, {"é": 1}, {"a": [0.5]}, {1, 2}])
def test_what_has_no_canonical_form_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"canonical|ASCII"):
        canonical({"a": bad} if not isinstance(bad, dict) else bad)


@given(st.integers(1 - MICRO_BOUND, MICRO_BOUND - 1))
def test_every_micro_unit_has_one_decimal_string(value: int) -> None:
    text = from_micro(value)
    assert is_decimal(text) and to_micro(text) == value


def test_a_signature_counts_for_one_key_one_use_and_one_document() -> None:
    key, document = new_key(), {"a": 1}
    public, signature = public_hex(key), sign(key, Use.APPROVAL, document)
    assert verifies(public, Use.APPROVAL, document, signature)
    assert not any(verifies(public, use, document, signature) for use in Use if use is not Use.APPROVAL)
    assert not verifies(public, Use.APPROVAL, {"a": 2}, signature)
    assert not verifies(public_hex(new_key()), Use.APPROVAL, document, signature)
    for forged in ("", "00" * 64, signature.upper(), signature[:-2], "zz" * 64, signature + "00"):
        assert not verifies(public, Use.APPROVAL, document, forged)
    assert not verifies("00" * 31, Use.APPROVAL, document, signature)


BINDINGS = st.builds(
    lambda dtype, order, num, den, offset: Binding(
        binding_id="b", executor_id="e", network="n", address="a", dtype=dtype, order=order, scale_num=num,
        scale_den=den, offset=offset, resolution=0, slot=None, mailbox=True, simulated=True,
    ),
    st.sampled_from(["int16", "uint16", "int32", "uint32", "float32", "float64"]),
    st.sampled_from(["ABCD", "DCBA", "BADC", "CDAB"]),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(-(10**12), 10**12),
)  # fmt: skip


@given(BINDINGS, st.integers(1 - MICRO_BOUND, MICRO_BOUND - 1))
def test_bytes_mean_the_value_they_were_made_from_or_the_value_has_none(binding: Binding, value: int) -> None:
    data = encode(value, binding)
    if data is None:
        return
    back = decode(data, binding)
    assert back is not None and encode(round(back), binding) is not None
    step = Fraction(1_000_000 * binding.scale_den, binding.scale_num)
    if not binding.dtype.startswith("float"):
        assert abs(back - value) <= step / 2
    else:
        raw = abs(Fraction(value - binding.offset)) + step
        assert abs(back - value) <= raw / 2 ** (23 if binding.dtype == "float32" else 50)


@given(st.sampled_from(["ABCD", "DCBA", "BADC", "CDAB"]), st.binary(min_size=0, max_size=9))
def test_any_bytes_decode_to_a_number_or_to_nothing(order: str, data: bytes) -> None:
    plain = scene().policy.points[0].binding
    for dtype in ("int16", "uint32", "float32", "float64"):
        found = decode(data, plain.model_copy(update={"dtype": dtype, "order": order}))
        assert found is None or isinstance(found, Fraction)


def test_the_value_3276_8_times_ten_does_not_wrap() -> None:
    binding = scene().policy.points[0].binding
    assert encode(3_276_800_000, binding) is None and encode(3_276_700_000, binding) == b"\x7f\xff"


def test_a_plan_reads_its_own_bytes_and_a_copy_has_its_own_digest() -> None:
    plan = scene().plan
    assert Plan.parse(plan.canonical()) == plan
    assert plan.digest() == digest(PLAN_DOMAIN, plan.document())
    policy = scene().policy
    assert policy.digest != policy.model_copy(update={"version": 8}).digest


@given(st.data())
def test_a_plan_with_anything_replaced_is_another_plan_or_none(data: st.DataObject) -> None:
    document = scene().plan.document()
    key = data.draw(st.sampled_from(sorted(document)))
    document[key] = data.draw(TREES)
    try:
        found = Plan.parse(canonical(document))
    except (Malformed, ValueError):
        return
    assert found.document() == document
