#!/usr/bin/env python3
"""The trained network through the API and through ONNX: infer.py FOLDER (what train.py wrote)

Written as programs for TensorRT are: with its drop-in package `import tensorrt as trt` says the same.
"""
import pathlib
import sys

import dovetail as trt
import numpy as np

logger = trt.Logger(trt.Logger.WARNING)


def make_network(network, para):
    """conv1, ReLU, pool, conv2, ReLU, pool, fc1, ReLU, fc2, softmax, arg max; weights by their names in para.npz."""
    x = network.add_input("x", trt.float32, [-1, 1, 8, 8])
    for name in ("conv1", "conv2"):
        w = para[f"{name}.weight"]
        layer = network.add_convolution_nd(x, w.shape[0], [3, 3], trt.Weights(w), trt.Weights(para[f"{name}.bias"]))
        layer.padding_nd = [1, 1]
        layer.name = name
        layer = network.add_activation(layer.get_output(0), trt.ActivationType.RELU)
        layer = network.add_pooling_nd(layer.get_output(0), trt.PoolingType.MAX, [2, 2])
        layer.stride_nd = [2, 2]
        x = layer.get_output(0)
    layer = network.add_shuffle(x)
    layer.reshape_dims = [-1, 128]
    x = layer.get_output(0)
    for name in ("fc1", "fc2"):
        w, b = para[f"{name}.weight"], para[f"{name}.bias"]
        w = network.add_constant(w.shape, trt.Weights(w)).get_output(0)
        b = network.add_constant([1, *b.shape], trt.Weights(b)).get_output(0)
        product = network.add_matrix_multiply(x, trt.MatrixOperation.NONE, w, trt.MatrixOperation.TRANSPOSE)
        product.name = name
        x = network.add_elementwise(product.get_output(0), b, trt.ElementWiseOperation.SUM).get_output(0)
        if name == "fc1":
            x = network.add_activation(x, trt.ActivationType.RELU).get_output(0)
    softmax = network.add_softmax(x)
    softmax.axes = 1 << 1
    best = network.add_topk(softmax.get_output(0), trt.TopKOperation.MAX, 1, 1 << 1)
    for tensor, name in ((softmax.get_output(0), "y"), (best.get_output(1), "z")):
        tensor.name = name
        network.mark_output(tensor)


def build(folder, way):
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    para = dict(np.load(folder / "para.npz"))  # stays alive until the plan is built
    if way == "api":
        make_network(network, para)
    else:
        parser = trt.OnnxParser(network, logger)
        if not parser.parse_from_file(str(folder / "model.onnx")):
            sys.exit("\n".join(parser.get_error(i).desc() for i in range(parser.num_errors)))
    profile.set_shape("x", [1, 1, 8, 8], [4, 1, 8, 8], [512, 1, 8, 8])
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        sys.exit("the network could not be built")
    return bytes(plan)


def run(engine, pictures):
    """{name: array} of the outputs."""
    context = engine.create_execution_context()
    pictures = np.ascontiguousarray(pictures, np.float32)
    context.set_input_shape("x", pictures.shape)
    arrays = {"x": pictures}
    for i in range(engine.num_io_tensors):
        name = engine.get_tensor_name(i)
        if engine.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT:
            arrays[name] = np.empty(tuple(context.get_tensor_shape(name)), trt.nptype(engine.get_tensor_dtype(name)))
        context.set_tensor_address(name, arrays[name].ctypes.data)
    if not context.execute_async_v3(0):
        sys.exit("the run failed")
    return {k: v for k, v in arrays.items() if k != "x"}


def show(picture):
    for row in picture.reshape(8, 8):
        print("".join(" .:-=+*#@"[int(v * 8)] * 2 for v in row))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    test = np.load(folder / "test.npz")
    pictures, classes = test["pictures"], test["classes"]
    for way in ("api", "onnx"):
        file = folder / f"{way}.plan"
        file.write_bytes(build(folder, way))
        engine = trt.Runtime(logger).deserialize_cuda_engine(file.read_bytes())
        found = run(engine, pictures)["z"].reshape(-1)
        one = run(engine, pictures[:1])
        print(f"{way}: {np.mean(found == classes):.1%} of {len(classes)} test pictures are right; "
              f"the first is a {one['z'].reshape(-1)[0]} with {one['y'].max():.1%}")
    show(pictures[0])


if __name__ == "__main__":
    main()
