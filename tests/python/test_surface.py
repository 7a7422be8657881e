"""Nothing of TensorRT's Python surface is absent, argument names included, and the committed table is current."""
import sys

import dovetail
import surface
from python_testing import ROOT


def test_the_table_is_current():
    assert surface.TABLE.read_text() == surface.table(dovetail), "python tests/python/surface.py writes it anew"


def test_nothing_is_absent():
    words = surface.words_of_tests()
    absent = [name for name, *_ in surface.names() if surface.state_of(dovetail, name, words)[0] == "absent"]
    assert absent == []


def test_arguments_have_tensorrts_names():
    lacking = {}
    for name, kind, _, arguments in surface.names():
        if kind == "method" and surface.state_of(dovetail, name, set())[0] != "absent":
            missing = surface.missing_arguments(dovetail, name, arguments)
            if missing:
                lacking[name] = missing
    assert lacking == {}


def test_stubs_are_current():
    sys.path.append(str(ROOT / "python"))
    import make_stubs

    assert make_stubs.STUB.read_text() == make_stubs.stub(), "python python/make_stubs.py writes them anew"
