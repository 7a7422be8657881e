#!/usr/bin/env python3
"""What Python adds to a run: a network of two layers through engine.run, and through addresses and execute_async_v3.

    PYTHONPATH=build/release/python python bench/python_overhead.py

Each figure is the median of rounds that take turns, so that what else the machine does meets all of them.
"""
import statistics
import time

import numpy

import dovetail


def build_engine():
    logger = dovetail.Logger(dovetail.Logger.ERROR)
    builder = dovetail.Builder(logger)
    network = builder.create_network()
    config = builder.create_builder_config()
    config.max_threads = 1
    x = network.add_input("x", dovetail.float32, (1, 16))
    for width in (32, 4):
        kernel = network.add_constant((x.shape[1], width), numpy.ones((x.shape[1], width), numpy.float32)).get_output(0)
        x = network.add_matrix_multiply(x, dovetail.MatrixOperation.NONE, kernel, dovetail.MatrixOperation.NONE).get_output(0)
        x = network.add_activation(x, dovetail.ActivationType.RELU).get_output(0)
    x.name = "y"
    network.mark_output(x)
    return dovetail.Runtime(logger).deserialize_cuda_engine(builder.build_serialized_network(network, config))


def seconds(call, runs: int) -> float:
    start = time.perf_counter()
    for _ in range(runs):
        call()
    return (time.perf_counter() - start) / runs


def main() -> None:
    engine = build_engine()
    context = engine.create_execution_context()
    x, y = numpy.ones((1, 16), numpy.float32), numpy.empty((1, 4), numpy.float32)
    address_x, address_y = x.ctypes.data, y.ctypes.data
    context.set_tensor_address("x", address_x)
    context.set_tensor_address("y", address_y)
    feed = {"x": x}
    run, set_address, execute = engine.run, context.set_tensor_address, context.execute_async_v3

    def by_address():
        set_address("x", address_x)
        execute(0)

    rows = {
        "C++ enqueueV3": lambda n: dovetail._core._seconds_per_run(context, n),
        "engine.run({...})": lambda n: seconds(lambda: run(feed), n),
        "engine(x)": lambda n: seconds(lambda: engine(x), n),
        "set_tensor_address + execute_async_v3": lambda n: seconds(by_address, n),
    }
    times = {name: [] for name in rows}
    for _ in range(21):
        for name, measure in rows.items():
            times[name].append(measure(2000))
    base = statistics.median(times["C++ enqueueV3"])
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"{name:40} {middle * 1e6:7.2f} us, {(middle - base) * 1e6:+6.2f} us above C++ (best round {min(values) * 1e6:.2f})")


if __name__ == "__main__":
    main()
