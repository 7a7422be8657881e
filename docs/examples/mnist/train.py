#!/usr/bin/env python3
"""Trains the network and writes FOLDER/para.npz, FOLDER/test.npz and FOLDER/model.onnx: train.py FOLDER

conv1 3x3 16, ReLU, max pool 2x2, conv2 3x3 32, ReLU, max pool 2x2, fc1 64, ReLU, fc2 10. Uses PyTorch where it is installed,
else NumPy; the weights have PyTorch's names and shapes.
"""
import pathlib
import sys

import numpy as np

import digits

SHAPES = {"conv1.weight": (16, 1, 3, 3), "conv1.bias": (16,), "conv2.weight": (32, 16, 3, 3), "conv2.bias": (32,),
          "fc1.weight": (64, 128), "fc1.bias": (64,), "fc2.weight": (10, 64), "fc2.bias": (10,)}
EPOCHS, BATCH, RATE = 12, 50, 2e-3


def windows(x):
    """[n, c, h, w] -> [n, h, w, c * 9]: the 3x3 window around each pixel, zeros outside."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(*x.shape[:1], *x.shape[2:], -1)


class Network:
    """Forward and backward by hand."""

    def __init__(self, rng):
        self.p = {k: (rng.standard_normal(s) * np.sqrt(2 / np.prod(s[1:])) if len(s) > 1 else np.zeros(s)).astype(np.float32)
                  for k, s in SHAPES.items()}

    def block(self, x, name):
        """Convolution, ReLU, max pool; what backward() needs goes to self.saved."""
        w = self.p[f"{name}.weight"]
        columns = windows(x)
        y = np.maximum(columns @ w.reshape(len(w), -1).T + self.p[f"{name}.bias"], 0).transpose(0, 3, 1, 2)
        n, c, h, wide = y.shape
        quads = y.reshape(n, c, h // 2, 2, wide // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, wide // 2, 4)
        best = quads.argmax(-1)
        pooled = np.take_along_axis(quads, best[..., None], -1)[..., 0]
        self.saved[name] = (x.shape, columns, best, pooled)
        return pooled

    def forward(self, x):
        self.saved = {}
        flat = self.block(self.block(x, "conv1"), "conv2").reshape(len(x), -1)
        hidden = np.maximum(flat @ self.p["fc1.weight"].T + self.p["fc1.bias"], 0)
        self.saved["fc"] = (flat, hidden)
        return hidden @ self.p["fc2.weight"].T + self.p["fc2.bias"]

    def block_back(self, d, name, g):
        shape, columns, best, pooled = self.saved[name]
        n, c, h, w = pooled.shape
        quads = np.zeros((n, c, h, w, 4), np.float32)
        np.put_along_axis(quads, best[..., None], (d * (pooled > 0))[..., None], -1)
        d = quads.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w).transpose(0, 2, 3, 1)
        weight = self.p[f"{name}.weight"]
        g[f"{name}.bias"] = d.sum((0, 1, 2))
        g[f"{name}.weight"] = np.einsum("nhwo,nhwk->ok", d, columns).reshape(weight.shape)
        back = (d @ weight.reshape(len(weight), -1)).reshape(*d.shape[:3], shape[1], 3, 3)
        dx = np.zeros((shape[0], shape[1], shape[2] + 2, shape[3] + 2), np.float32)
        for i in range(3):
            for j in range(3):
                dx[:, :, i:i + shape[2], j:j + shape[3]] += back[..., i, j].transpose(0, 3, 1, 2)
        return dx[:, :, 1:-1, 1:-1]

    def gradients(self, x, classes):
        logits = self.forward(x)
        e = np.exp(logits - logits.max(1, keepdims=True))
        d = e / e.sum(1, keepdims=True)
        d[np.arange(len(x)), classes] -= 1
        d = (d / len(x)).astype(np.float32)
        flat, hidden = self.saved["fc"]
        g = {"fc2.weight": d.T @ hidden, "fc2.bias": d.sum(0)}
        d = (d @ self.p["fc2.weight"]) * (hidden > 0)
        g["fc1.weight"], g["fc1.bias"] = d.T @ flat, d.sum(0)
        d = (d @ self.p["fc1.weight"]).reshape(self.saved["conv2"][3].shape)
        self.block_back(self.block_back(d, "conv2", g), "conv1", g)
        return g


def train_numpy(pictures, classes):
    """Adam (D. Kingma and J. Ba, 2015)."""
    rng = np.random.default_rng(1)
    net, step = Network(rng), 0
    m, v = ({k: np.zeros_like(p) for k, p in net.p.items()} for _ in range(2))
    for _ in range(EPOCHS):
        order = rng.permutation(len(pictures))
        for at in range(0, len(order), BATCH):
            batch = order[at:at + BATCH]
            step += 1
            for k, g in net.gradients(pictures[batch], classes[batch]).items():
                m[k] = 0.9 * m[k] + 0.1 * g
                v[k] = 0.999 * v[k] + 0.001 * g * g
                net.p[k] -= (RATE * (m[k] / (1 - 0.9**step)) / (np.sqrt(v[k] / (1 - 0.999**step)) + 1e-8)).astype(np.float32)
    return net.p


def train_torch(torch, pictures, classes):
    from collections import OrderedDict
    nn = torch.nn
    torch.manual_seed(1)
    net = nn.Sequential(OrderedDict(
        conv1=nn.Conv2d(1, 16, 3, padding=1), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2), conv2=nn.Conv2d(16, 32, 3, padding=1),
        relu2=nn.ReLU(), pool2=nn.MaxPool2d(2), flatten=nn.Flatten(), fc1=nn.Linear(128, 64), relu3=nn.ReLU(),
        fc2=nn.Linear(64, 10)))
    optimizer, loss = torch.optim.Adam(net.parameters(), RATE), nn.CrossEntropyLoss()
    x, y = torch.from_numpy(pictures), torch.from_numpy(classes)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss(net(x[batch]), y[batch]).backward()
            optimizer.step()
    return {k: t.numpy() for k, t in net.state_dict().items()}


def onnx_model(p):
    from onnx import TensorProto, helper, numpy_helper
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [helper.make_node("Conv", ["x", "conv1.weight", "conv1.bias"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["c1"], ["r1"], "relu1"), helper.make_node("MaxPool", ["r1"], ["p1"], "pool1", **pool),
             helper.make_node("Conv", ["p1", "conv2.weight", "conv2.bias"], ["c2"], "conv2", pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["c2"], ["r2"], "relu2"), helper.make_node("MaxPool", ["r2"], ["p2"], "pool2", **pool),
             helper.make_node("Flatten", ["p2"], ["f"], "flatten"),
             helper.make_node("Gemm", ["f", "fc1.weight", "fc1.bias"], ["h"], "fc1", transB=1),
             helper.make_node("Relu", ["h"], ["r3"], "relu3"),
             helper.make_node("Gemm", ["r3", "fc2.weight", "fc2.bias"], ["scores"], "fc2", transB=1),
             helper.make_node("Softmax", ["scores"], ["y"], "softmax", axis=1),
             helper.make_node("ArgMax", ["y"], ["z"], "argmax", axis=1, keepdims=0)]
    graph = helper.make_graph(
        nodes, "digits", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 10]),
         helper.make_tensor_value_info("z", TensorProto.INT64, ["batch"])],
        [numpy_helper.from_array(np.ascontiguousarray(a), k) for k, a in p.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (pictures, classes), (test_pictures, test_classes) = digits.split()
    try:
        import torch
        weights = train_torch(torch, pictures, classes)
    except ImportError:
        weights = train_numpy(pictures, classes)
    net = Network(np.random.default_rng(0))
    net.p = weights
    accuracy = np.mean(net.forward(test_pictures).argmax(1) == test_classes)
    np.savez(folder / "para.npz", **weights)
    np.savez(folder / "test.npz", pictures=test_pictures, classes=test_classes)
    import onnx
    onnx.save(onnx_model(weights), folder / "model.onnx")
    print(f"trained: {accuracy:.1%} of {len(test_classes)} test pictures are right")


if __name__ == "__main__":
    main()
