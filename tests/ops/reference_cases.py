#!/usr/bin/env python3
"""Writes reference_cases.txt: what another implementation of ONNX says our reference kernels should give.

Needs numpy, onnx and onnxruntime. The test reads only the text: run this when an operator or a case is added.
"""
import pathlib

import numpy as np
import onnx
import onnx.helper as oh
import onnxruntime as ort

RNG = np.random.default_rng(7)
NAMES = {"float32": "f32", "float16": "f16", "float64": "f64", "int64": "i64", "int32": "i32", "int8": "i8",
         "uint8": "u8", "bool": "b8", "int16": "i16", "uint16": "u16"}
cases = []


def rand(*shape):
    """Multiples of 1/8: short to write and exact in every floating type."""
    return (RNG.integers(-16, 17, shape) / 8).astype(np.float32)


def line(word, a):
    a = np.asarray(a)
    dims = ",".join(map(str, a.shape))
    values = " ".join(str(int(v)) if a.dtype.kind in "iub" else repr(float(np.format_float_positional(v, unique=True)))
                      for v in a.reshape(-1))
    return f"  {word} {NAMES[str(a.dtype)]}[{dims}] {values}".rstrip()


def case(text, op_type, ours, theirs=None, outputs=1, opset=21, hidden=(), **attributes):
    """`ours` are our inputs; `theirs` the ONNX node's when they differ (None: an input left out)."""
    theirs = ours if theirs is None else theirs
    names = ["" if a is None else f"i{k}" for k, a in enumerate(theirs)]
    outs = [f"o{k}" for k in range(outputs)]
    node = oh.make_node(op_type, names, outs, **attributes)
    infos = [oh.make_tensor_value_info(n, oh.np_dtype_to_tensor_dtype(a.dtype), a.shape)
             for n, a in zip(names, theirs) if n]
    graph = oh.make_graph([node], "g", infos, [oh.make_tensor_value_info(o, 0, None) for o in outs])
    for o in graph.output:
        o.ClearField("type")
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", opset)], ir_version=10)
    feeds = {n: np.asarray(a) for n, a in zip(names, theirs) if n}
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    results = session.run(None, feeds)
    results = [r for k, r in enumerate(results) if k not in hidden]
    cases.append("\n".join([text] + [line("in", a) for a in ours] + [line("out", r) for r in results]))


def i64(*v):
    return np.array(v, np.int64)


def convolutions():
    case("conv", "Conv", [rand(1, 2, 4, 4), rand(2, 2, 3, 3)])
    case("conv{strides=[2,1],dilations=[1,2],pads_begin=[1,0],pads_end=[1,2]}", "Conv",
         [rand(1, 2, 5, 4), rand(3, 2, 3, 2)], strides=[2, 1], dilations=[1, 2], pads=[1, 0, 1, 2])
    case("conv{pads_begin=[1,1],pads_end=[1,1],groups=4}", "Conv", [rand(1, 4, 3, 3), rand(4, 1, 3, 3)],
         pads=[1, 1, 1, 1], group=4)
    case("conv{groups=2}", "Conv", [rand(2, 4, 5), rand(4, 2, 2)], group=2)
    case("conv{strides=[2,2],padding=same_upper}", "Conv", [rand(1, 1, 5, 4), rand(1, 1, 2, 3)], strides=[2, 2],
         auto_pad="SAME_UPPER")
    case("conv{padding=same_lower}", "Conv", [rand(1, 1, 4, 3), rand(1, 1, 2, 2)], auto_pad="SAME_LOWER")
    case("conv", "Conv", [rand(1, 1, 3, 3, 3), rand(2, 1, 2, 2, 2)])
    case("conv", "ConvInteger", [RNG.integers(0, 256, (1, 2, 3, 3)).astype(np.uint8),
                                 RNG.integers(-128, 128, (2, 2, 2, 2)).astype(np.int8)])
    case("deconv", "ConvTranspose", [rand(1, 2, 3, 3), rand(2, 3, 2, 2)])
    case("deconv{strides=[2,3],pads_begin=[1,0],pads_end=[0,1],output_padding=[1,0]}", "ConvTranspose",
         [rand(1, 2, 3, 2), rand(2, 1, 3, 3)], strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 0])
    case("deconv{strides=[2],dilations=[2],groups=2}", "ConvTranspose", [rand(2, 4, 3), rand(4, 1, 2)], strides=[2],
         dilations=[2], group=2)
    case("deconv{strides=[2,2],padding=same_upper}", "ConvTranspose", [rand(1, 1, 2, 3), rand(1, 1, 3, 3)],
         strides=[2, 2], auto_pad="SAME_UPPER")


def pools():
    x = rand(1, 2, 5, 5)
    case("pool{window=[3,3],strides=[2,2]}", "MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
    case("pool{window=[2,2],strides=[2,2],ceil_mode=true}", "MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2],
         ceil_mode=1)
    case("pool{window=[2,2],dilations=[2,1],pads_begin=[1,1],pads_end=[1,0]}", "MaxPool", [x], kernel_shape=[2, 2],
         dilations=[2, 1], pads=[1, 1, 1, 0])
    case("pool{kind=average,window=[3,3],strides=[2,2],pads_begin=[1,1],pads_end=[1,1]}", "AveragePool", [x],
         kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    case("pool{kind=average,window=[3,3],strides=[2,2],pads_begin=[1,1],pads_end=[1,1],count_include_pad=true}",
         "AveragePool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    case("pool{kind=average,window=[2],strides=[2],ceil_mode=true}", "AveragePool", [rand(1, 1, 5)],
         kernel_shape=[2], strides=[2], ceil_mode=1)
    case("pool{kind=average,window=[3,2],padding=same_upper}", "AveragePool", [rand(1, 1, 3, 3)],
         kernel_shape=[3, 2], auto_pad="SAME_UPPER")


def normalizations():
    case("softmax", "Softmax", [rand(2, 5)])
    case("softmax{axis=1,log=true}", "LogSoftmax", [rand(2, 3, 2)], axis=1)
    x = rand(2, 3, 4)
    case("normalization{has_scale=true,has_bias=true}", "LayerNormalization", [x, rand(4), rand(4)])
    case("normalization{axis=1,epsilon=0.001,has_scale=true}", "LayerNormalization", [x, rand(3, 4)], axis=1,
         epsilon=1e-3)
    case("normalization{kind=rms,has_scale=true}", "RMSNormalization", [x, rand(4)], opset=23)
    x = rand(2, 4, 3)
    case("normalization{kind=group,groups=2,has_scale=true,has_bias=true}", "GroupNormalization",
         [x, rand(4), rand(4)], num_groups=2)
    case("normalization{kind=instance,has_scale=true,has_bias=true}", "InstanceNormalization", [x, rand(4), rand(4)])
    case("batch_norm{epsilon=0.001}", "BatchNormalization",
         [x, rand(4), rand(4), rand(4), np.abs(rand(4)) + np.float32(0.5)], epsilon=1e-3)
    case("lrn{size=3,alpha=0.5,bias=2}", "LRN", [rand(1, 5, 2, 2)], size=3, alpha=0.5, bias=2.0)
    q, k, v = rand(1, 2, 3, 4), rand(1, 2, 5, 4), rand(1, 2, 5, 2)
    case("attention", "Attention", [q, k, v], opset=23)
    case("attention{scale=0.25}", "Attention", [q, k, v, rand(3, 5)], opset=23, scale=0.25)
    case("attention{causal=true}", "Attention", [rand(1, 4, 3, 4), rand(1, 2, 3, 4), rand(1, 2, 3, 2)], opset=23,
         is_causal=1)
    case("attention{softcap=2}", "Attention", [q, k, v], opset=23, softcap=2.0)


def recurrent():
    t, b, i, h = 3, 2, 2, 2
    x = rand(t, b, i)
    for d, direction in ((1, "forward"), (1, "reverse"), (2, "bidirectional")):
        case(f"lstm{{hidden_size=2,direction={direction}}}".replace(",direction=forward", ""), "LSTM",
             [x, rand(d, 4 * h, i), rand(d, 4 * h, h)], outputs=3, hidden_size=h, direction=direction)
    lengths = np.array([3, 2], np.int32)
    args = [x, rand(2, 8, i), rand(2, 8, h), rand(2, 16), lengths, rand(2, b, h), rand(2, b, h), rand(2, 3 * h)]
    case("lstm{hidden_size=2,direction=bidirectional,clip=0.75,has_bias=true,has_sequence_lengths=true,"
         "has_initial_h=true,has_initial_c=true,has_peepholes=true}", "LSTM", args, outputs=3, hidden_size=h,
         direction="bidirectional", clip=0.75)
    for linear in (0, 1):
        text = "gru{hidden_size=2,direction=bidirectional," + ("linear_before_reset=true," if linear else "")
        case(text + "has_bias=true,has_sequence_lengths=true,has_initial_h=true}", "GRU",
             [x, rand(2, 6, i), rand(2, 6, h), rand(2, 12), lengths, rand(2, b, h)], outputs=2, hidden_size=h,
             direction="bidirectional", linear_before_reset=linear)


def resizes():
    def resize(text, x, sizes=None, scales=None, **kw):
        theirs = [x, None, None if scales is None else np.array(scales, np.float32),
                  None if sizes is None else i64(*sizes)]
        while theirs[-1] is None:
            theirs.pop()
        case(text, "Resize", [x], theirs, **kw)

    x = rand(1, 1, 2, 3)
    resize("resize{coordinate=asymmetric,nearest=floor,scales=[1,1,2,2]}", x, scales=[1, 1, 2, 2], mode="nearest",
           coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    resize("resize{sizes=[1,1,3,5]}", x, [1, 1, 3, 5], mode="nearest")
    resize("resize{nearest=round_prefer_ceil,sizes=[1,1,4,2]}", x, [1, 1, 4, 2], mode="nearest",
           nearest_mode="round_prefer_ceil")
    resize("resize{mode=linear,scales=[1,1,2,1.5]}", x, scales=[1, 1, 2, 1.5], mode="linear")
    resize("resize{mode=linear,coordinate=align_corners,sizes=[1,1,3,7]}", x, [1, 1, 3, 7], mode="linear",
           coordinate_transformation_mode="align_corners")
    resize("resize{mode=linear,coordinate=pytorch_half_pixel,sizes=[1,1,1,2]}", x, [1, 1, 1, 2], mode="linear",
           coordinate_transformation_mode="pytorch_half_pixel")
    x = rand(1, 1, 4, 4)
    resize("resize{mode=cubic,scales=[1,1,1.5,1.5]}", x, scales=[1, 1, 1.5, 1.5], mode="cubic")
    resize("resize{mode=cubic,coordinate=align_corners,cubic_coeff=-0.5,exclude_outside=true,sizes=[1,1,5,6]}", x,
           [1, 1, 5, 6], mode="cubic", coordinate_transformation_mode="align_corners", cubic_coeff_a=-0.5,
           exclude_outside=1)


def grid_samples():
    x, grid = rand(2, 2, 4, 5), (RNG.integers(-11, 12, (2, 3, 4, 2)) / 8).astype(np.float32)
    for mode in ("linear", "nearest", "cubic"):
        for padding in ("zeros", "border", "reflection"):
            for align in (0, 1):
                fields = [f"mode={mode}" if mode != "linear" else "", f"padding={padding}" if padding != "zeros" else "",
                          "align_corners=true" if align else ""]
                text = ",".join(f for f in fields if f)
                case(f"grid_sample{{{text}}}" if text else "grid_sample", "GridSample", [x, grid], mode=mode,
                     padding_mode=padding, align_corners=align)


def reductions():
    x = rand(2, 3, 2)
    for kind, name in (("sum", "ReduceSum"), ("mean", "ReduceMean"), ("max", "ReduceMax"), ("min", "ReduceMin"),
                       ("prod", "ReduceProd"), ("l1", "ReduceL1"), ("l2", "ReduceL2"),
                       ("sum_square", "ReduceSumSquare"), ("log_sum_exp", "ReduceLogSumExp")):
        field = "" if kind == "sum" else f"kind={kind},"
        case(f"reduce{{{field}axes=[0,2],keep_dims=false}}", name, [x], [x, i64(0, 2)], keepdims=0)
    positive = np.abs(x) + np.float32(0.125)
    case("reduce{kind=log_sum,axes=[-1]}", "ReduceLogSum", [positive], [positive, i64(-1)])
    case("reduce", "ReduceSum", [RNG.integers(-9, 9, (2, 3)).astype(np.int32)])
    y = np.array([[1, 3, 3], [5, 5, 2]], np.float32)
    case("arg_reduce{axis=1}", "ArgMax", [y], axis=1)
    case("arg_reduce{axis=1,keep_dims=false,select_last=true}", "ArgMax", [y], axis=1, keepdims=0, select_last_index=1)
    case("arg_reduce{kind=min}", "ArgMin", [y], axis=0)
    case("topk{k=[2]}", "TopK", [y], [y, i64(2)], outputs=2)
    case("topk{k=[1],axis=0,largest=false}", "TopK", [y], [y, i64(1)], outputs=2, axis=0, largest=0)
    case("cumulative{axis=1}", "CumSum", [y], [y, i64(1)])
    case("cumulative{axis=1,exclusive=true,reverse=true}", "CumSum", [y], [y, i64(1)], exclusive=1, reverse=1)


def data():
    x = rand(2, 3, 2)
    case("transpose{perm=[2,0,1]}", "Transpose", [x], perm=[2, 0, 1])
    case("concat{axis=1}", "Concat", [rand(2, 1), rand(2, 3), rand(2, 2)], axis=1)
    case("slice{start=[0,2,0],size=[2,3,1],step=[1,-1,1]}", "Slice", [x],
         [x, i64(9, 0), i64(-9, 1), i64(1, 2), i64(-1, 2)])
    case("gather{axis=1}", "Gather", [x, i64(-1, 0).reshape(1, 2)], axis=1)
    case("gather_elements{axis=1}", "GatherElements", [rand(2, 3), i64(0, -1, 2, 1).reshape(2, 2)], axis=1)
    case("gather_nd", "GatherND", [x, i64(0, 1, 1, -1).reshape(2, 2)])
    case("gather_nd{batch_dims=1}", "GatherND", [x, i64(2, 0).reshape(2, 1)], batch_dims=1)
    for reduction in ("none", "add", "mul", "max", "min"):
        field = "" if reduction == "none" else f",reduction={reduction}"
        case(f"scatter_elements{{axis=1{field}}}", "ScatterElements",
             [rand(2, 3), i64(1, 0, -1, 0).reshape(2, 2), rand(2, 2)], axis=1, reduction=reduction)
        field = field.replace(",", "")
        case(f"scatter_nd{{{field}}}".replace("{}", ""), "ScatterND",
             [rand(4, 2), i64(1, -1).reshape(2, 1), rand(2, 2)], reduction=reduction)
    x = rand(2, 4)
    for mode in ("constant", "reflect", "edge", "wrap"):
        field = "" if mode == "constant" else f"mode={mode},"
        case(f"pad{{{field}pads_begin=[0,2],pads_end=[1,3]}}", "Pad", [x], [x, i64(0, 2, 1, 3)], mode=mode)
    case("pad{pads_begin=[1,-1],pads_end=[0,1],value=2.5}", "Pad", [x], [x, i64(1, -1, 0, 1), np.float32(2.5)])
    x = rand(1, 2, 2)
    case("tile{repeats=[2,1,2]}", "Tile", [x], [x, i64(2, 1, 2)])
    case("one_hot{axis=0}", "OneHot", [i64(0, -1, 5, 2), i64(3), np.array([0, 2], np.float32)], axis=0)
    x = rand(1, 3, 4)
    case("trilu{k=1}", "Trilu", [x], [x, np.array(1, np.int64)])
    case("trilu{upper=false}", "Trilu", [rand(3, 3)], upper=0)
    case("matmul", "MatMul", [rand(2, 1, 2, 3), rand(2, 3, 2)])
    case("matmul", "MatMulInteger", [RNG.integers(0, 256, (2, 3)).astype(np.uint8),
                                     RNG.integers(-128, 128, (3, 2)).astype(np.int8)])


def quantization():
    x = (rand(2, 4) * 3).astype(np.float32)
    s, z = np.array([0.5, 0.25], np.float32), np.array([3, -7], np.int8)
    case("quantize", "QuantizeLinear", [x, np.float32(0.25)], output_dtype=3)
    case("quantize{axis=0,has_zero_point=true}", "QuantizeLinear", [x, s, z], axis=0)
    case("quantize{to=u8,has_zero_point=true}", "QuantizeLinear", [x, np.float32(0.01), np.array(128, np.uint8)])
    case("quantize{block_size=2}", "QuantizeLinear", [x, np.array([[0.5, 1], [2, 0.25]], np.float32)], axis=1,
         block_size=2, output_dtype=3)
    q = RNG.integers(-128, 128, (2, 4)).astype(np.int8)
    case("dequantize{axis=0,has_zero_point=true}", "DequantizeLinear", [q, s, z], axis=0)
    case("dequantize", "DequantizeLinear", [q, np.float32(0.5)])


def pointwise():
    x = np.array([[-4, -1.25, -0.5, -0.125], [0, 0.25, 1.5, 5]], np.float32)
    for text, name, kw in (
            ("activation", "Relu", {}), ("activation{type=sigmoid}", "Sigmoid", {}),
            ("activation{type=tanh}", "Tanh", {}),
            ("activation{type=leaky_relu,alpha=0.1}", "LeakyRelu", {"alpha": 0.1}),
            ("activation{type=leaky_relu,alpha=1.5}", "LeakyRelu", {"alpha": 1.5}),
            ("activation{type=elu,alpha=0.5}", "Elu", {"alpha": 0.5}),
            ("activation{type=selu,alpha=1.5,beta=2}", "Selu", {"alpha": 1.5, "gamma": 2.0}),
            ("activation{type=softsign}", "Softsign", {}),
            ("activation{type=softplus,alpha=1,beta=1}", "Softplus", {}),
            ("activation{type=hard_sigmoid,alpha=0.3,beta=0.4}", "HardSigmoid", {"alpha": 0.3, "beta": 0.4}),
            ("activation{type=thresholded_relu,alpha=0.5}", "ThresholdedRelu", {"alpha": 0.5}),
            ("activation{type=gelu_erf}", "Gelu", {}), ("activation{type=gelu_tanh}", "Gelu", {"approximate": "tanh"}),
            ("activation{type=hard_swish}", "HardSwish", {}), ("activation{type=celu,alpha=0.5}", "Celu", {"alpha": 0.5}),
            ("activation{type=mish}", "Mish", {})):
        case(text, name, [x], **kw)
    a, b = rand(2, 1, 3), rand(2, 1)
    b[b == 0] = 1
    for text, name in (("add", "Add"), ("sub", "Sub"), ("mul", "Mul"), ("div", "Div"), ("lt", "Less"),
                       ("ge", "GreaterOrEqual"), ("eq", "Equal")):
        case(f"elementwise{{op={text}}}", name, [a, b])
    case("elementwise{op=select}", "Where", [np.array([[True], [False]]), a, b])
    m, n = np.array([-7, 7, -7, 7], np.int32), np.array([2, -2, -3, 3], np.int32)
    case("elementwise{op=mod}", "Mod", [m, n])
    case("elementwise{op=fmod}", "Mod", [m, n], fmod=1)
    case("elementwise{op=div}", "Div", [m, n])
    case("cast{to=i32}", "Cast", [np.array([-1.5, -0.5, 0.5, 2.75], np.float32)], to=onnx.TensorProto.INT32)
    case("cast{to=f16}", "Cast", [np.array([0.1, 65504, 1e-7, -3], np.float32)], to=onnx.TensorProto.FLOAT16)


def known(text, ours, outputs):
    """Outputs that NumPy or the onnx package's own evaluator gave."""
    cases.append("\n".join([text] + [line("in", a) for a in ours] + [line("out", a) for a in outputs]))


def recurrent_functions():
    x, w, r, b = rand(3, 2, 3), rand(1, 2, 3), rand(1, 2, 2), rand(1, 4)
    case("rnn{hidden_size=2}", "RNN", [x, w, r], outputs=2, opset=14, hidden_size=2)
    h = rand(1, 2, 2)
    case("rnn{hidden_size=2,direction=reverse,has_bias=true,has_sequence_lengths=true,has_initial_h=true}", "RNN",
         [x, w, r, b, np.array([3, 1], np.int32), h], outputs=2, opset=14, hidden_size=2, direction="reverse")
    case('rnn{hidden_size=2,direction=bidirectional,clip=0.5,activations="relu,affine:0.5:0.25"}', "RNN",
         [x, rand(2, 2, 3), rand(2, 2, 2)], outputs=2, opset=14, hidden_size=2, direction="bidirectional", clip=0.5,
         activations=["Relu", "Affine"], activation_alpha=[0.5], activation_beta=[0.25])
    case('lstm{hidden_size=2,activations="hardsigmoid:0.3:0.4,softsign,relu"}', "LSTM",
         [x, rand(1, 8, 3), rand(1, 8, 2)], outputs=3, opset=14, hidden_size=2,
         activations=["HardSigmoid", "Softsign", "Relu"], activation_alpha=[0.3], activation_beta=[0.4])
    case('gru{hidden_size=2,activations="sigmoid,leakyrelu:0.1"}', "GRU", [x, rand(1, 6, 3), rand(1, 6, 2)], outputs=2,
         opset=14, hidden_size=2, activations=["Sigmoid", "LeakyRelu"], activation_alpha=[0.1])


def regions():
    x = rand(2, 2, 5, 6)
    case("max_pool_indices{window=[2,3],strides=[1,2],pads_begin=[1,1],pads_end=[0,1]}", "MaxPool", [x], outputs=2,
         kernel_shape=[2, 3], strides=[1, 2], pads=[1, 1, 0, 1])
    case("max_pool_indices{window=[2,2],column_major=true}", "MaxPool", [rand(1, 1, 3, 4)], outputs=2,
         kernel_shape=[2, 2], storage_order=1)
    boxes, which = np.array([[0, 0, 5, 4], [1, 1.5, 3, 4.25], [2, 0, 2.5, 1]], np.float32), i64(0, 1, 1)
    case("roi_align{height=2,width=3,sampling_ratio=2}", "RoiAlign", [x, boxes, which], opset=16, output_height=2,
         output_width=3, sampling_ratio=2)
    case("roi_align{half_pixel=false,height=2,width=2,spatial_scale=0.5}", "RoiAlign", [x, boxes, which], opset=16,
         output_height=2, output_width=2, spatial_scale=0.5, coordinate_transformation_mode="output_half_pixel")
    case("roi_align{mode=max,height=2,width=2,sampling_ratio=2}", "RoiAlign", [x, boxes, which], opset=16,
         output_height=2, output_width=2, sampling_ratio=2, mode="max")
    rois = np.array([[0, 0, 0, 5, 4], [1, 2, 1, 3, 3]], np.float32)
    case("roi_max_pool{height=2,width=2}", "MaxRoiPool", [x, rois], opset=16, pooled_shape=[2, 2])
    image, kernel, offset, mask = rand(1, 2, 4, 4), rand(3, 2, 2, 2), rand(1, 8, 4, 4), rand(1, 4, 4, 4)
    case("deform_conv{pads_begin=[1,0],pads_end=[0,1],has_mask=true}", "DeformConv", [image, kernel, offset, mask],
         [image, kernel, offset, None, mask], opset=19, pads=[1, 0, 0, 1])
    case("grid_sample{padding=border}", "GridSample", [rand(1, 2, 3, 2, 4), rand(1, 2, 2, 2, 3)], opset=20,
         padding_mode="border")
    y = rand(1, 1, 7, 5)
    for mode in ("linear", "cubic"):
        case(f"resize{{mode={mode},antialias=true,sizes=[1,1,3,4]}}", "Resize", [y], [y, None, None, i64(1, 1, 3, 4)],
             opset=18, mode=mode, antialias=1)
    case("resize{mode=linear,coordinate=crop,crop_begin=[0,0,0.25,0],crop_end=[1,1,0.75,1.5],outside=9,"
         "sizes=[1,1,3,4]}", "Resize", [y],
         [y, np.array([0, 0, 0.25, 0, 1, 1, 0.75, 1.5], np.float32), None, i64(1, 1, 3, 4)], opset=18, mode="linear",
         coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=9.0)


def transforms():
    x = rand(2, 6, 1)
    case("dft{axis=1}", "DFT", [x], opset=17, axis=1)
    case("dft{axis=1,onesided=true}", "DFT", [x], opset=17, axis=1, onesided=1)
    cut = rand(1, 7, 2)
    case("dft{axis=1,length=5}", "DFT", [cut], [cut, np.array(5, np.int64)], opset=17, axis=1)
    z = rand(1, 3, 5, 2)
    case("dft{axis=2,inverse=true}", "DFT", [z], opset=17, axis=2, inverse=1)
    half = rand(4, 2)
    known("dft{axis=0,inverse=true,onesided=true}", [half],
          [np.fft.irfft(half[:, 0] + 1j * half[:, 1], n=6).astype(np.float32)[:, None]])
    case("determinant", "Det", [rand(2, 3, 3)], opset=11)
    m = rand(2, 3, 3) + 4 * np.eye(3, dtype=np.float32)
    known("inverse", [m], [np.linalg.inv(m.astype(np.float64)).astype(np.float32)])
    bits = rand(3)
    known("bitcast{to=i32}", [bits], [bits.view(np.int32)])


def classical():
    case("ngram_count{max_length=2,min_length=1,max_skip=1,size=5}", "TfIdfVectorizer",
         [np.array([[1, 2, 1, 3], [3, 3, 1, 2]], np.int64), i64(1, 3, 1, 2, 2, 1, 3, 3), i64(0, 2), i64(0, 4, 1, 2, 3),
          np.zeros(0, np.float32)], [np.array([[1, 2, 1, 3], [3, 3, 1, 2]], np.int64)], opset=9, mode="TF",
         min_gram_length=1, max_gram_length=2, max_skip_count=1, pool_int64s=[1, 3, 1, 2, 2, 1, 3, 3],
         ngram_counts=[0, 2], ngram_indexes=[0, 4, 1, 2, 3])
    # Two trees over two features; node 0: x0 <= 0.5 ? 1 : 2; node 3: x1 in {1, 2} ? 4 : 5. Leaves 1, 2, 4 and 5 vote.
    nodes = np.array([[0, 0, 1, 2, 0, 0, 0], [0, 7, 0, 0, 0, 0, 1], [0, 7, 0, 0, 0, 1, 3], [1, 6, 4, 5, 0, 0, 2],
                      [0, 7, 0, 0, 0, 3, 4], [0, 7, 0, 0, 0, 4, 4]], np.int64)
    votes = [(0, 1.5), (0, 2.0), (1, -1.0), (1, 4.0)]
    x = np.array([[0.5, 1], [0.75, 2], [0, 3], [np.nan, 1]], np.float32)
    y = np.array([[1.5, 4], [2, 3], [1.5, 0], [2, 3]], np.float32)
    known("tree_ensemble{targets=2}",
          [np.where(np.isnan(x), 99, x), nodes, np.array([0.5, 0, 0, 0, 0, 0]), i64(0, 3),
           np.array([t for t, _ in votes]), np.array([w for _, w in votes]), np.array([1.0, 2.0])], [y])


def linear_attentions():
    q, k, v, g, b = rand(1, 3, 4), rand(1, 3, 2), rand(1, 3, 3), -abs(rand(1, 3, 1)), abs(rand(1, 3, 1))
    state, rows = np.zeros((2, 3)), []
    for t in range(3):
        state = state * np.exp(g[0, t, 0])
        state = state + b[0, t, 0] * np.outer(k[0, t], v[0, t] - state.T @ k[0, t])
        rows.append(np.concatenate([state.T @ q[0, t, :2], state.T @ q[0, t, 2:]]) * 0.5)
    known("linear_attention{heads=2,scale=0.5,has_decay=true,has_beta=true}", [q, k, v, g, b],
          [np.array([rows], np.float32), state[None, None].astype(np.float32)])


def computed():
    """Numbers that only the run knows: lengths, scales and regions as inputs."""
    for length in (4, 9):
        x = rand(2, 6, 1)
        case("dft{axis=1,has_length_input=true}", "DFT", [x, i64(length)], [x, np.array(length, np.int64)], opset=17, axis=1)
    x, scales = rand(1, 2, 3, 4), np.array([1, 1, 1.75, 0.5], np.float32)
    for mode in ("nearest", "linear", "cubic"):
        case(f"resize{{mode={mode},sizes=[1,2,5,2],has_scales_input=true}}".replace("mode=nearest,", ""), "Resize", [x, scales],
             [x, None, scales], mode=mode)
    case("resize{mode=linear,antialias=true,has_scales_input=true}", "Resize", [x, i64(1, 2, 5, 2), scales], [x, None, scales],
         mode="linear", antialias=1)
    # Not by ONNX Runtime, which reads the rows of this crop at other places than the standard's formula says.
    roi, (rows, columns) = np.array([0, 0, 0.2, 0.25, 1, 1, 0.7, 1.5], np.float32), x.shape[2:]
    at_row, at_column = [roi[k] * (n - 1) + np.arange(size) * (roi[k + 4] - roi[k]) * (n - 1) / (size - 1)
                         for k, n, size in ((2, rows, 3), (3, columns, 5))]
    y = np.full((1, 2, 3, 5), 9, np.float32)
    for r, a in enumerate(at_row):
        for c, b in enumerate(at_column):
            if 0 <= a <= rows - 1 and 0 <= b <= columns - 1:
                weights = np.outer(np.maximum(0, 1 - abs(np.arange(rows) - a)), np.maximum(0, 1 - abs(np.arange(columns) - b)))
                y[:, :, r, c] = (x * weights).sum((2, 3))
    known("resize{mode=linear,coordinate=crop,outside=9,sizes=[1,2,3,5],has_crop_input=true}", [x, roi], [y])


def main():
    for group in (pointwise, convolutions, pools, normalizations, recurrent, resizes, reductions, data, quantization,
                  grid_samples, recurrent_functions, regions, transforms, classical, linear_attentions, computed):
        group()
    header = "# Written by reference_cases.py: an operator, its inputs, the outputs another implementation gives.\n"
    pathlib.Path(__file__).with_suffix(".txt").write_text(header + "\n".join(cases) + "\n")


if __name__ == "__main__":
    main()
