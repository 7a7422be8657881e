import check_includes
import pytest
import rooms


def problems(tree, name, text):
    return check_includes.check(tree({name: text}))


@pytest.mark.parametrize("name, line", [
    ("src/ops/nn/softmax.h", '#include "base/shape.h"'),
    ("src/ops/nn/softmax.cpp", '#include "ops/nn/softmax.h"'),
    ("src/backend/cpu/conv/conv.cpp", '#include "backend/tactic.h"'),
    ("src/onnx/reader.cpp", "#include <protozero/pbf_reader.hpp>"),
    ("src/onnx/reader.cpp", "#include <dovetail/network.h>"),
    ("src/runtime/engine.cpp", '#include "ops/op.h"'),
    ("src/runtime/engine.cpp", "#include <regex>"),
    ("src/plan/writer.cpp", '#include "plan_generated.h"'),
    ("tests/onnx/reader.cpp", "#include <protozero/pbf_writer.hpp>"),
    ("include/dovetail/builder.h", "#include <dovetail/types.h>\n#include <cstdint>"),
    ("include/dovetail/builder.h", "int x;  // dvt::Dim is another thing"),
])
def test_allows(tree, name, line):
    assert problems(tree, name, line) == []


@pytest.mark.parametrize("name, line, said", [
    ("src/base/shape.h", '#include "expr/expr.h"', "'base' (level 0) must not include 'expr'"),
    ("src/plan/writer.h", '#include "ops/op.h"', "must not include 'ops'"),
    ("src/ir/graph.h", '#include "backend/tactic.h"', "must not include 'backend'"),
    ("src/backend/tactic.h", '#include "backend/cpu/simd.h"', "must not include 'backend/cpu'"),
    ("src/runtime/engine.cpp", '#include "ops/nn/softmax.h"', "names no operator"),
    ("src/api/runtime/engine.cpp", '#include "builder/build.h"', "must not include 'builder'"),
    ("src/api/runtime/engine.cpp", '#include "api/build/network.h"', "must not include 'api/build'"),
    ("src/onnx/reader.cpp", '#include "ir/graph.h"', "must not include 'ir'"),
    ("src/builder/build.cpp", "#include <dovetail/builder.h>", "must not see the public API"),
    ("src/api/parser.cpp", "#include <protozero/pbf_reader.hpp>", "belongs to src/onnx"),
    ("src/backend/cpu/x.cpp", "#  include <cuda_runtime_api.h>", "belongs to src/backend/cuda"),
    ("src/ops/x.cpp", '#include "../base/shape.h"', "not by a relative path"),
    ("src/ops/x.cpp", '#include "elsewhere/shape.h"', "no room"),
    ("src/base/log.h", "#include <iostream>", "too heavy"),
    ("src/cellar/x.cpp", "int x;", "no room"),
    ("include/dovetail/builder.h", '#include "base/shape.h"', "public headers include only"),
    ("include/dovetail/builder.h", "#include <fmt/core.h>", "public headers include only"),
    ("include/dovetail/builder.h", "dvt::Dim d;", "no type of src/"),
])
def test_refuses(tree, name, line, said):
    found = problems(tree, name, "\n" + line + "\n")
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith(name + ":")


def test_the_table_points_down():
    """No cycle: a room's allowed rooms never allow it back."""
    allowed = {room.folder: set(room.may_include) for room in rooms.ROOMS}
    for folder, below in allowed.items():
        assert folder not in below
        for other in below:
            assert other in allowed, f"{folder} may include {other}, which is no room"
            assert folder not in allowed[other], f"{folder} and {other} may include each other"
