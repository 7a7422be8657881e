"""Every layer against NumPy or ONNX Runtime: each mode, with each data type that the network takes, with fixed, open
and empty shapes, and what is refused. layer_session.py says how a case is run, layer_audit.py what is
covered."""
import collections

import layer_audit
import layer_session
import pytest
from layer_tables import CASES, MISUSE

VARIANTS = ("fixed", "open", "empty")


def variants_of(case):
    return ["fixed"] + ["open"] * (case.open != {}) + ["empty"] * (case.empty is not None)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_layer(case):
    """Open and empty shapes are tried with the types that a case must take; fixed ones with every type there is."""
    wrong, refused = [], {}
    for variant in variants_of(case):
        for name in layer_session.TYPES if variant == "fixed" else case.types:
            try:
                layer_session.run(case, name, variant)
            except layer_session.Refused as reason:
                refused[name, variant] = str(reason)
            except AssertionError as e:
                wrong.append(f"{name}, {variant}: {e}")
    must = {(name, variant): why for (name, variant), why in refused.items() if name in case.types}
    assert not wrong and not must, "\n".join(wrong + [f"{n}, {v}: refused: {why}" for (n, v), why in must.items()])
    silent = [name for (name, _), why in refused.items() if not why]
    assert not silent, f"refused without a reason: {silent}"


#: Layers of three and more dimensions, which kernels may want in another order than the plain one.
ORDERED = ("Concatenation", "Reduce", "ReverseSequence", "Shuffle", "SoftMax", "Unsqueeze")


@pytest.mark.parametrize("case", [c for c in CASES if c.layer in ORDERED], ids=lambda c: c.id)
def test_elements_that_share_bytes_keep_their_order(case):
    """Tuned builds choose layouts by time; types below 8 bits have no kernel that changes theirs."""
    for name in set(layer_session.NARROW) & set(case.types):
        layer_session.run(case, name, "fixed", level=3)


@pytest.mark.parametrize("misuse", MISUSE, ids=lambda m: f"{m.layer}-{m.what}")
def test_misuse(misuse):
    said = layer_session.refusal(misuse)
    assert misuse.says in said and misuse.says, f"it says: {said or 'nothing'}"


def test_names_are_unique():
    twice = [name for name, count in collections.Counter(c.id for c in CASES).items() if count > 1]
    assert not twice


def test_every_layer_has_cases_of_each_kind():
    assert layer_audit.untested() == []


def test_every_setter_and_input_is_used_by_a_case():
    assert layer_audit.unset() == []


def test_every_enumerator_is_tried():
    assert layer_audit.untried_modes() == []


def test_getters_give_what_setters_took():
    assert layer_audit.watched()[0].wrong == []


def test_every_refusal_of_a_layer_is_expected_somewhere():
    assert layer_audit.unrefused() == []
