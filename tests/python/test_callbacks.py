"""Python objects that the library calls: under the GIL, from any thread, and no exception is lost."""
import ctypes
import threading

import dovetail as trt
import numpy as np
import pytest
from python_testing import Log, mlp, mlp_network, mlp_plan, weights


@pytest.fixture
def unraisable(monkeypatch):
    """What callbacks raised."""
    seen = []
    monkeypatch.setattr("sys.unraisablehook", lambda args: seen.append((args.exc_type, args.err_msg, str(args.exc_value))))
    return seen


def test_logger_needs_its_base_and_keeps_attributes():
    class Forgetful(trt.ILogger):
        def __init__(self):
            pass

    with pytest.raises(TypeError, match="__init__"):
        trt.Builder(Forgetful())
    log = Log()
    log.min_severity = trt.Logger.VERBOSE
    assert mlp_plan(log) is not None and log.messages and log.min_severity == trt.Logger.VERBOSE


def test_an_exception_in_a_logger_is_reported_and_the_call_goes_on(unraisable):
    class Broken(trt.ILogger):
        def log(self, severity, msg):
            raise ValueError("no ink")

    assert mlp_plan(Broken()) is not None
    assert unraisable and unraisable[0][0] is ValueError and "no ink" in unraisable[0][2]


def test_a_callback_without_the_method_says_which(unraisable):
    class Empty(trt.IProfiler):
        pass

    engine = trt.Runtime(Log()).deserialize_cuda_engine(mlp_plan(Log()))
    context = engine.create_execution_context()
    context.profiler = Empty()
    x, y = weights(2, 16), np.zeros((2, 4), np.float32)
    assert context.execute_v2([x.ctypes.data, y.ctypes.data])
    assert unraisable[0][0] is NotImplementedError and "report_layer_time" in unraisable[0][2]


class Monitor(trt.IProgressMonitor):
    def __init__(self, stop_after=None):
        super().__init__()
        self.stop_after, self.steps, self.phases = stop_after, 0, []

    def phase_start(self, phase_name, parent_phase, num_steps):
        self.phases.append((phase_name, parent_phase))

    def step_complete(self, phase_name, step):
        self.steps += 1
        return self.stop_after is None or self.steps < self.stop_after

    def phase_finish(self, phase_name):
        assert phase_name in [name for name, _ in self.phases]


def build_with(monitor, log):
    builder = trt.Builder(log)
    network = mlp_network(builder)
    config = builder.create_builder_config()
    config.progress_monitor = monitor
    assert config.progress_monitor is monitor
    return builder.build_serialized_network(network, config)


def test_progress_monitor_follows_and_cancels(log):
    monitor = Monitor()
    assert build_with(monitor, log) is not None and monitor.steps > 0 and monitor.phases[0][1] is None
    assert build_with(Monitor(stop_after=1), log) is None and log.errors


def test_interrupts_pass_through_the_build(log):
    class Stop(Monitor):
        def step_complete(self, phase_name, step):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_with(Stop(), log)
    assert build_with(Monitor(), log) is not None


class Recorder(trt.IErrorRecorder):
    def __init__(self):
        trt.IErrorRecorder.__init__(self)
        self.errors, self.greeting = [], "hello"

    def num_errors(self):
        return len(self.errors)

    def get_error_code(self, index):
        return self.errors[index][0]

    def get_error_desc(self, index):
        return self.errors[index][1]

    def has_overflowed(self):
        return False

    def clear(self):
        self.errors.clear()

    def report_error(self, code, desc):
        self.errors.append((code, desc))
        return True


def test_error_recorders_are_handed_on_as_the_same_object(log):
    recorder = Recorder()
    builder = trt.Builder(log)
    builder.error_recorder = recorder
    network = builder.create_network()
    assert builder.error_recorder is recorder and network.error_recorder is recorder
    network.add_input("x", trt.float32, (1,))
    network.add_input("x", trt.float32, (1,))
    assert recorder.errors and isinstance(recorder.errors[0][0], trt.ErrorCodeTRT)
    assert trt.IErrorRecorder.MAX_DESC_LENGTH == 127
    runtime = trt.Runtime(log)
    runtime.error_recorder = recorder
    engine = runtime.deserialize_cuda_engine(mlp_plan(log))
    context = engine.create_execution_context()
    assert engine.error_recorder is recorder and context.error_recorder is recorder
    assert context.error_recorder.greeting == "hello"


def test_profiler_gets_every_layer(engine):
    class Times(trt.IProfiler):
        def __init__(self):
            trt.IProfiler.__init__(self)
            self.seen = {}

        def report_layer_time(self, layer_name, ms):
            self.seen[layer_name] = ms

    context = engine.create_execution_context()
    context.profiler = times = Times()
    assert context.profiler is times
    x, y = weights(2, 16), np.zeros((2, 4), np.float32)
    assert context.execute_v2([x.ctypes.data, y.ctypes.data])
    assert times.seen and all(ms >= 0 for ms in times.seen.values())
    times.seen.clear()
    context.enqueue_emits_profile = False
    assert context.execute_v2([x.ctypes.data, y.ctypes.data]) and not times.seen
    assert context.report_to_profiler() and times.seen


class Allocator(trt.IOutputAllocator):
    def __init__(self):
        trt.IOutputAllocator.__init__(self)
        self.buffers, self.shapes, self.threads = {}, {}, set()

    def reallocate_output(self, tensor_name, memory, size, alignment):
        self.threads.add(threading.get_ident())
        self.buffers[tensor_name] = np.zeros(size + alignment, np.uint8)
        address = self.buffers[tensor_name].ctypes.data
        return (address + alignment - 1) // alignment * alignment

    def notify_shape(self, tensor_name, shape):
        self.shapes[tensor_name] = tuple(shape)


def test_output_allocator(engine):
    context = engine.create_execution_context()
    allocator = Allocator()
    assert context.set_output_allocator("y", allocator) and context.get_output_allocator("y") is allocator
    x = weights(2, 16)
    assert context.set_tensor_address("x", x.ctypes.data) and context.execute_async_v3(0)
    address = context.get_tensor_address("y")
    y = np.frombuffer((ctypes.c_float * 8).from_address(address), np.float32).reshape(allocator.shapes["y"])
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)


def test_output_allocator_that_raises_fails_the_run(engine, log, unraisable):
    class Broken(Allocator):
        def reallocate_output(self, *args):
            raise MemoryError("nothing left")

    context = engine.create_execution_context()
    x = weights(2, 16)
    context.set_tensor_address("x", x.ctypes.data)
    context.set_output_allocator("y", Broken())
    assert not context.execute_async_v3(0)
    assert unraisable[0][0] is MemoryError


class Reader(trt.IStreamReader):
    def __init__(self, data):
        trt.IStreamReader.__init__(self)
        self.data, self.at = bytes(data), 0

    def read(self, size):
        part = self.data[self.at:self.at + size]
        self.at += len(part)
        return part


class ReaderV2(trt.IStreamReaderV2):
    def __init__(self, data):
        trt.IStreamReaderV2.__init__(self)
        self.data, self.at = bytes(data), 0

    def read(self, num_bytes, stream):
        part = self.data[self.at:self.at + num_bytes]
        self.at += len(part)
        return part

    def seek(self, offset, where):
        self.at = {trt.SeekPosition.SET: 0, trt.SeekPosition.CUR: self.at, trt.SeekPosition.END: len(self.data)}[where] + offset
        return True


class Writer(trt.IStreamWriter):
    def __init__(self):
        trt.IStreamWriter.__init__(self)
        self.data = b""

    def write(self, data):
        self.data += data
        return len(data)


def test_plans_through_streams(log):
    builder = trt.Builder(log)
    writer = Writer()
    assert builder.build_serialized_network_to_stream(mlp_network(builder), builder.create_builder_config(), writer)
    runtime = trt.Runtime(log)
    x = weights(2, 16)
    for reader in (Reader(writer.data), ReaderV2(writer.data)):
        engine = runtime.deserialize_cuda_engine(reader)
        assert engine is not None, log.errors
        np.testing.assert_allclose(engine(x), mlp(x), rtol=1e-5, atol=1e-5)
    assert runtime.deserialize_cuda_engine(Reader(writer.data[:100])) is None and log.errors
    with pytest.raises(TypeError):
        runtime.deserialize_cuda_engine(None)


def test_allocators_are_asked(log):
    class Counting(trt.IGpuAllocator):
        def __init__(self):
            trt.IGpuAllocator.__init__(self)
            self.libc, self.alive = ctypes.CDLL(None), {}
            self.libc.aligned_alloc.restype = ctypes.c_void_p
            self.libc.free.argtypes = [ctypes.c_void_p]

        def allocate(self, size, alignment, flags):
            memory = self.libc.aligned_alloc(ctypes.c_size_t(max(alignment, 16)), ctypes.c_size_t((size + 63) // 64 * 64))
            self.alive[memory] = size
            return memory

        def reallocate(self, address, alignment, new_size):
            return 0

        def deallocate(self, memory):
            self.libc.free(memory)
            return self.alive.pop(memory, None) is not None

    allocator = Counting()
    runtime = trt.Runtime(log)
    runtime.gpu_allocator = allocator
    engine = runtime.deserialize_cuda_engine(mlp_plan(log))
    x = weights(2, 16)
    np.testing.assert_allclose(engine(x), mlp(x), rtol=1e-5, atol=1e-5)
    with pytest.raises(AttributeError):
        runtime.gpu_allocator


def test_several_builds_at_once():
    results, logs = [], [Log() for _ in range(3)]

    def build(log):
        results.append(mlp_plan(log) is not None)

    threads = [threading.Thread(target=build, args=(log,)) for log in logs]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [True] * 3 and all(log.messages for log in logs)


def test_calibrators_and_selectors_are_kept(log):
    class Calibrator(trt.IInt8EntropyCalibrator2):
        def __init__(self):
            trt.IInt8EntropyCalibrator2.__init__(self)

        def get_batch_size(self):
            return 1

        def get_batch(self, names):
            return None

        def read_calibration_cache(self):
            return None

        def write_calibration_cache(self, cache):
            pass

    class Selector(trt.IAlgorithmSelector):
        def __init__(self):
            trt.IAlgorithmSelector.__init__(self)

        def select_algorithms(self, context, choices):
            return list(range(len(choices)))

        def report_algorithms(self, contexts, choices):
            pass

    config = trt.Builder(log).create_builder_config()
    config.int8_calibrator = calibrator = Calibrator()
    config.algorithm_selector = selector = Selector()
    assert config.int8_calibrator is calibrator and config.algorithm_selector is selector
    assert calibrator.get_batch_size() == 1 and calibrator.get_algorithm() == trt.CalibrationAlgoType.ENTROPY_CALIBRATION_2
    config.algorithm_selector = None
    assert config.algorithm_selector is None
