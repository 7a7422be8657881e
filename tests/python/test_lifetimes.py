"""Objects may go in any order: what others still need stays."""
import gc
import itertools
import weakref

import dovetail as trt
import numpy as np
import pytest
from python_testing import Log, mlp, mlp_network, mlp_plan, weights


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_building_objects_go_in_any_order(order):
    log = Log()
    builder = trt.Builder(log)
    network = mlp_network(builder)
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    objects = [log, builder, network, config]
    layer, tensor = network[0], network.get_input(0)
    del log, builder, network, config
    for index in order:
        objects[index] = None
        gc.collect()
    assert layer.name and tensor.name == "x" and not profile.get_shape("z")


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_running_objects_go_in_any_order(order):
    log = Log()
    runtime = trt.Runtime(log)
    engine = runtime.deserialize_cuda_engine(mlp_plan(log))
    context = engine.create_execution_context()
    objects = [log, runtime, engine, context]
    del log, runtime, engine, context
    for index in order[:3]:
        objects[index] = None
        gc.collect()
    rest = objects[order[3]]
    if isinstance(rest, trt.IExecutionContext):
        x, y = weights(2, 16), np.zeros((2, 4), np.float32)
        assert rest.execute_v2([x.ctypes.data, y.ctypes.data]) and rest.engine.num_io_tensors == 2
        np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)


def test_callbacks_live_as_long_as_they_are_set(engine):
    class Allocator(trt.IOutputAllocator):
        def reallocate_output(self, *args):
            return 0

        def notify_shape(self, *args):
            pass

    context = engine.create_execution_context()
    first, second = Allocator(), Allocator()
    seen = weakref.ref(first)
    context.set_output_allocator("y", first)
    del first
    gc.collect()
    assert seen() is not None
    context.set_output_allocator("y", second)
    gc.collect()
    assert seen() is None  # setting another lets the last one go: no growth from run to run


def test_nothing_is_left_behind(log):
    builder = trt.Builder(log)
    network = mlp_network(builder)
    seen = [weakref.ref(o) for o in (builder, network)]
    del builder, network
    gc.collect()
    assert [r() for r in seen] == [None, None]


def test_with_blocks(log):
    with trt.Builder(log) as builder, builder.create_network() as network, builder.create_builder_config() as config:
        x = network.add_input("x", trt.float32, (2,))
        network.mark_output(network.add_identity(x).get_output(0))
        with builder.build_serialized_network(network, config) as plan, trt.Runtime(log) as runtime:
            with runtime.deserialize_cuda_engine(plan) as engine, engine.create_execution_context() as context:
                assert context.engine is engine
    with trt.Logger(trt.Logger.ERROR) as logger:
        assert logger.min_severity == trt.Logger.ERROR
