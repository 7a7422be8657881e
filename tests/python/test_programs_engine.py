"""Programs around engines and contexts as tutorials show them: printing all there is, profiles, formats, memory, services."""
import json
import warnings

import numpy as np
import pytest
from dovetail import _hostcuda

if _hostcuda.folder() is None:
    pytest.skip("libcudart.so on host memory is not built", allow_module_level=True)

import programs  # noqa: E402
import tensorrt as trt  # noqa: E402
from cuda import cudart  # noqa: E402
from programs import constant, ints  # noqa: E402
from python_testing import weights  # noqa: E402


def dense(network, x):
    kernel = constant(network, weights(16, 8, seed=2))
    return network.add_matrix_multiply(x, trt.MatrixOperation.NONE, kernel, trt.MatrixOperation.NONE)


def printed(thing):
    """The names of the properties that could be read, as programs that print every property read them."""
    found = []
    for name in dir(type(thing)):
        if name.startswith("_") or not isinstance(getattr(type(thing), name), property):
            continue
        try:
            value = getattr(thing, name)
        except (AttributeError, NotImplementedError) as error:  # only written, or refused by name
            assert "no getter" in str(error) or isinstance(error, NotImplementedError), f"{name}: {error}"
            continue
        assert str(value) is not None
        found.append(name)
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_property_is_printed(log):
    builder = trt.Builder(log)
    network = builder.create_network(0)
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    x = network.add_input("x", trt.float32, (-1, 16))
    y = dense(network, x)
    network.mark_output(y.get_output(0))
    assert {"platform_has_tf32", "num_DLA_cores", "max_DLA_batch_size", "max_threads"} <= set(printed(builder))
    assert {"flags", "avg_timing_iterations", "max_aux_streams", "plugins_to_serialize", "DLA_core", "default_device_type",
            "engine_capability", "tiling_optimization_level", "remote_auto_tuning_config"} <= set(printed(config))
    assert {"num_layers", "num_inputs", "flags", "error_recorder"} <= set(printed(network))
    assert {"op0", "op1", "name", "type", "precision", "metadata", "num_ranks"} <= set(printed(y))
    assert {"is_shape_tensor", "is_execution_tensor", "broadcast_across_batch", "location"} <= set(printed(x))
    assert "extra_memory_target" in printed(profile)
    profile.set_shape("x", (1, 16), (2, 16), (4, 16))
    config.add_optimization_profile(profile)
    runtime = trt.Runtime(log)
    engine = runtime.deserialize_cuda_engine(builder.build_serialized_network(network, config))
    context = engine.create_execution_context()
    assert {"num_DLA_cores", "temporary_directory", "engine_host_code_allowed"} <= set(printed(runtime))
    assert {"device_memory_size", "device_memory_size_v2", "streamable_weights_size", "weight_streaming_budget_v2",
            "weight_streaming_scratch_memory_size", "hardware_compatibility_level", "num_aux_streams", "tactic_sources",
            "refittable", "profiling_verbosity", "has_implicit_batch_dimension"} <= set(printed(engine))
    assert {"active_optimization_profile", "debug_sync", "enqueue_emits_profile", "persistent_cache_limit",
            "nvtx_verbosity", "name", "engine"} <= set(printed(context))
    assert "error_recorder" in printed(engine.create_engine_inspector())


def test_flags_and_pools(log):
    builder = trt.Builder(log)
    config = builder.create_builder_config()
    before = config.flags
    for flag in trt.BuilderFlag.__members__.values():
        kept = config.get_flag(flag)
        config.set_flag(flag)
        assert config.get_flag(flag)
        config.clear_flag(flag)
        if kept:
            config.set_flag(flag)
    assert config.flags == before
    for pool in trt.MemoryPoolType.__members__.values():
        assert config.get_memory_pool_limit(pool) >= 0
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 30)
    config.set_memory_pool_limit(trt.MemoryPoolType.TACTIC_DRAM, 1 << 28)
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 1 << 30
    config.set_tactic_sources(1 << int(trt.TacticSource.CUBLAS) | 1 << int(trt.TacticSource.CUDNN))
    assert config.get_tactic_sources() == 5
    config.set_preview_feature(trt.PreviewFeature.FASTER_DYNAMIC_SHAPES_0805, True)
    config.set_preview_feature(trt.PreviewFeature.PROFILE_SHARING_0806, True)
    assert config.get_preview_feature(trt.PreviewFeature.PROFILE_SHARING_0806)
    config.set_quantization_flag(trt.QuantizationFlag.CALIBRATE_BEFORE_FUSION)
    assert config.get_quantization_flag(trt.QuantizationFlag.CALIBRATE_BEFORE_FUSION) and config.quantization_flags == 1
    config.clear_quantization_flag(trt.QuantizationFlag.CALIBRATE_BEFORE_FUSION)
    config.avg_timing_iterations, config.builder_optimization_level, config.max_aux_streams = 3, 5, 4
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    config.hardware_compatibility_level = trt.HardwareCompatibilityLevel.AMPERE_PLUS
    config.engine_capability = trt.EngineCapability.STANDARD
    assert (config.avg_timing_iterations, config.builder_optimization_level, config.max_aux_streams) == (3, 5, 4)
    config.reset()
    assert config.flags == before and config.num_optimization_profiles == 0 and config.builder_optimization_level == 3


def test_profiles_and_what_is_said_of_them(log):
    """Two profiles of data and of a shape tensor; a context for each."""
    def define(n, x, shape):
        layer = n.add_shuffle(x)
        layer.set_input(1, shape)
        return layer

    builder = trt.Builder(log)
    network = builder.create_network(0)
    config = builder.create_builder_config()
    x, shape = network.add_input("x", trt.float32, (-1, 4)), network.add_input("shape", trt.int32, (2,))
    network.mark_output(define(network, x, shape).get_output(0))
    network.get_output(0).name = "y"
    for first, last in ((1, 4), (5, 9)):
        profile = builder.create_optimization_profile()
        assert not profile.get_shape("x") and profile.get_shape_input("shape") == []
        profile.set_shape("x", (first, 4), (last, 4), (last, 4))
        profile.set_shape_input("shape", (1, first), (2, last * 2), (4 * last, 4 * last))
        assert profile.get_shape("x") == [(first, 4), (last, 4), (last, 4)]
        assert profile.get_shape_input("shape") == [[1, first], [2, last * 2], [4 * last, 4 * last]] and bool(profile)
        assert config.add_optimization_profile(profile) == (first > 1)
    engine = trt.Runtime(log).deserialize_cuda_engine(builder.build_serialized_network(network, config))
    assert engine is not None, log.errors
    assert engine.num_optimization_profiles == 2
    assert engine.get_tensor_profile_shape("x", 1) == [(5, 4), (9, 4), (9, 4)]
    assert engine.get_tensor_profile_values("shape", 0) == [[1, 1], [2, 8], [16, 16]]
    assert engine.get_tensor_location("shape") == trt.TensorLocation.HOST and engine.is_shape_inference_io("shape")
    assert engine.get_tensor_shape("x") == (-1, 4) and engine.get_tensor_shape("shape") == (2,)
    assert engine.get_device_memory_size_for_profile_v2(1) >= 0
    stream = programs.check(cudart.cudaStreamCreate())
    for index, rows in ((1, 6), (0, 3)):
        context = engine.create_execution_context()
        assert context.set_optimization_profile_async(index, stream) and context.active_optimization_profile == index
        a, wanted, b = weights(rows, 4), ints(2, 2 * rows), np.empty((2, 2 * rows), np.float32)
        assert not context.all_shape_inputs_specified
        assert context.set_input_shape("x", a.shape) and context.set_tensor_address("shape", wanted.ctypes.data)
        assert context.infer_shapes() == [] and context.get_tensor_shape("y") == (2, 2 * rows)
        assert context.get_tensor_strides("y") == (2 * rows, 1) and context.get_max_output_size("y") >= b.nbytes
        assert context.set_tensor_address("x", a.ctypes.data) and context.set_tensor_address("y", b.ctypes.data)
        assert context.execute_async_v3(stream)
        cudart.cudaStreamSynchronize(stream)
        np.testing.assert_array_equal(b, a.reshape(b.shape))
        assert not context.set_input_shape("x", (10, 4))  # in no profile
    cudart.cudaStreamDestroy(stream)


FORMATS = {
    trt.TensorFormat.LINEAR: (-1, -1, lambda x: x), trt.TensorFormat.CHW2: (1, 2, None), trt.TensorFormat.CHW4: (1, 4, None),
    trt.TensorFormat.CHW16: (1, 16, None), trt.TensorFormat.CHW32: (1, 32, None),
    trt.TensorFormat.HWC: (-1, -1, lambda x: x.transpose(0, 2, 3, 1)), trt.TensorFormat.HWC8: (1, 8, "last"),
    trt.TensorFormat.HWC16: (1, 16, "last"),
}


def packed(x, width, last):
    """[n, c, h, w] with channels filled up to a multiple of width: as vectors of it, or behind each place."""
    n, c, h, w = x.shape
    x = np.pad(x, ((0, 0), (0, -c % width), (0, 0), (0, 0)))
    return x.transpose(0, 2, 3, 1) if last else x.reshape(n, -1, width, h, w).transpose(0, 1, 3, 4, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
@pytest.mark.parametrize("wanted", FORMATS, ids=lambda f: f.name)
def test_formats_of_inputs_and_outputs(log, wanted, dtype):
    axis, width, order = FORMATS[wanted]
    x = (weights(2, 3, 4, 5) * 20).astype(dtype)

    def define(n, x):
        x.allowed_formats = 1 << int(wanted)
        layer = n.add_elementwise(x, x, trt.ElementWiseOperation.SUM if dtype != np.int8 else trt.ElementWiseOperation.MAX)
        layer.get_output(0).allowed_formats = 1 << int(wanted)
        return layer

    engine = programs.build(log, define, {"x": x})
    for name in ("x", "out0"):
        assert engine.get_tensor_format(name) == wanted and engine.get_tensor_format_desc(name)
        assert engine.get_tensor_shape(name) == (2, 3, 4, 5) and engine.get_tensor_vectorized_dim(name) == axis
        if axis >= 0:
            assert engine.get_tensor_components_per_element(name) == width
            assert engine.get_tensor_bytes_per_component(name) == x.itemsize
    memory = order(x) if callable(order) else packed(x, width, order == "last")
    memory = np.ascontiguousarray(memory)
    result = np.zeros_like(memory)
    context = engine.create_execution_context()
    context.set_tensor_address("x", memory.ctypes.data)
    context.set_tensor_address("out0", result.ctypes.data)
    assert context.execute_async_v3(0)
    np.testing.assert_array_equal(result, memory if dtype == np.int8 else memory + memory)


def test_memory_of_the_programs_own(log):
    engine = programs.build(log, dense, {"x": weights(2, 16)}, dynamic=("x",))
    x, y = weights(4, 16), np.empty((4, 8), np.float32)
    size = engine.device_memory_size_v2
    scratch = programs.check(cudart.cudaMalloc(max(size, 1)))
    managed = trt.ExecutionContextAllocationStrategy.USER_MANAGED
    how = engine.create_runtime_config()
    how.set_execution_context_allocation_strategy(managed)
    assert how.get_execution_context_allocation_strategy() == managed
    for context in (engine.create_execution_context(managed), engine.create_execution_context(how),
                    engine.create_execution_context_without_device_memory()):
        context.set_input_shape("x", x.shape)
        assert context.update_device_memory_size_for_shapes() <= size
        context.set_device_memory(scratch, size)
        context.set_tensor_address("x", x.ctypes.data)
        context.set_tensor_address("out0", y.ctypes.data)
        y[:] = 0
        assert context.execute_async_v3(0)
        np.testing.assert_allclose(y, x @ weights(16, 8, seed=2), rtol=1e-4, atol=1e-5)
    cudart.cudaFree(scratch)


def test_weight_streaming_has_nothing_to_stream(log):
    engine = programs.build(log, dense, {"x": weights(2, 16)})
    assert engine.streamable_weights_size == 0 and engine.get_weight_streaming_automatic_budget() == 0
    assert engine.weight_streaming_scratch_memory_size == 0
    assert engine.weight_streaming_budget_v2 == 0 and engine.minimum_weight_streaming_budget == 0


def test_layers_are_inspected(log):
    def detailed(config):
        config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED

    engine = programs.build(log, dense, {"x": weights(2, 16)}, dynamic=("x",), configure=detailed)
    inspector = engine.create_engine_inspector()
    inspector.execution_context = engine.create_execution_context()
    inspector.execution_context.set_input_shape("x", (3, 16))
    whole = json.loads(inspector.get_engine_information(trt.LayerInformationFormat.JSON))
    assert whole["Bindings"] == ["x", "out0"] and len(whole["Layers"]) == engine.num_layers
    for i in range(engine.num_layers):
        layer = json.loads(inspector.get_layer_information(i, trt.LayerInformationFormat.JSON))
        assert {"Name", "LayerType", "Inputs", "Outputs", "TacticName"} <= set(layer)
        assert all({"Name", "Location", "Dimensions", "Format/Datatype"} <= set(t) for t in layer["Inputs"] + layer["Outputs"])
        assert inspector.get_layer_information(i, trt.LayerInformationFormat.ONELINE)
    last = whole["Layers"][-1]["Outputs"][0]
    assert last["Dimensions"] == [3, 8] and last["Format/Datatype"] == "Row major linear FP32"


def test_a_timing_cache_is_edited(log):
    cache = None

    def configure(config):
        nonlocal cache
        cache = config.create_timing_cache(b"")
        config.set_flag(trt.BuilderFlag.EDITABLE_TIMING_CACHE)
        assert config.set_timing_cache(cache, ignore_mismatch=False)

    programs.build(log, dense, {"x": weights(64, 16)}, configure=configure)
    keys = cache.queryKeys()
    assert keys
    value = cache.query(keys[0])
    assert value.timingMSec >= 0 and trt.TimingCacheKey.parse(str(keys[0])) == keys[0]
    assert cache.update(keys[0], trt.TimingCacheValue(value.tacticHash, 1e-3))
    assert abs(cache.query(keys[0]).timingMSec - 1e-3) < 1e-9
    assert len(bytes(cache.serialize())) > 0


def test_registries_are_listed_and_plugins_refused(log):
    assert trt.init_libnvinfer_plugins(log, "")
    registry = trt.get_plugin_registry()
    for creator in registry.plugin_creator_list:
        assert creator.name and creator.plugin_version
    assert list(registry.all_creators) is not None and list(registry.all_creators_recursive) is not None
    assert registry.get_plugin_creator("AddScalar", "1", "") is None and registry.get_creator("AddScalar", "1", "") is None
    registry.parent_search_enabled = True
    assert registry.parent_search_enabled
    with pytest.raises((NotImplementedError, RuntimeError)):
        trt.Refitter(programs.build(log, dense, {"x": weights(2, 16)}), log)


def test_how_plans_are_written(log):
    engine = programs.build(log, dense, {"x": weights(2, 16)})
    how = engine.create_serialization_config()
    before = how.flags
    how.set_flag(trt.SerializationFlag.EXCLUDE_LEAN_RUNTIME)
    assert how.get_flag(trt.SerializationFlag.EXCLUDE_LEAN_RUNTIME)
    how.clear_flag(trt.SerializationFlag.EXCLUDE_LEAN_RUNTIME)
    assert how.flags == before and bytes(engine.serialize_with_config(how)) == bytes(engine.serialize())
    assert engine.get_engine_stat(trt.EngineStat.TOTAL_WEIGHTS_SIZE) >= 16 * 8 * 4


def test_names_of_networks_and_layers_in_the_style_of_the_inspectors(log):
    """Prefixes that programs cut off, casts by class, what a layer's tensors are called."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = trt.Builder(log).create_network(0)
        x = network.add_input("x", trt.float32, (2, 16))
        network.mark_output(dense(network, x).get_output(0))
        assert network.name == "Unnamed Network 0"
        kinds = []
        for i in range(network.num_layers):
            layer = network.get_layer(i)
            kinds.append(str(layer.type)[10:])
            layer.__class__ = getattr(trt, {"CONSTANT": "IConstantLayer", "MATRIX_MULTIPLY": "IMatrixMultiplyLayer"}[kinds[-1]])
            assert layer.name.startswith("(Unnamed Layer* ") and layer.get_output(0).name == layer.name + "_output"
            assert str(layer.get_output(0).dtype)[9:] == "FLOAT"
        assert kinds == ["CONSTANT", "MATRIX_MULTIPLY"] and network[0].get_input(0) is None
