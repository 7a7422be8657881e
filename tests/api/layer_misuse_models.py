"""What layers of models refuse: control flow, attention, experts, recurrence, windows, equations."""
import dovetail as trt
import numpy as np
from layer_cases_data import reverse_sequence, shuffle
from layer_misuse import MAX, NONE, PLAIN, SOFTMAX, Misuse, first, kernel, ones, with_attributes

SUM = trt.ElementWiseOperation.SUM
NO_WEIGHTS = np.zeros(0, np.float32)
I32 = "INT32"


def turned(n, x, cos, sin, at=None, size=0):
    layer = n.add_rotary_embedding(x, cos, sin, False, size)
    if at is not None:
        layer.set_input(3, at)
    return layer.get_output(0)


def attended(n, *inputs, **settings):
    layer = n.add_attention_v2(*inputs[:3], SOFTMAX, PLAIN)
    for name, value in settings.items():
        setattr(layer, name, inputs[value] if isinstance(value, int) and name.endswith(("lengths", "mask")) else value)
    return layer.get_output(0)


def moe(n, x, chosen, scores, *weights, biases=(), **settings):
    layer = n.add_moe(x, chosen, scores)
    if weights:
        layer.set_gated_weights(*weights, trt.MoEActType.SILU)
    if biases:
        layer.set_gated_biases(*biases)
    for name, value in settings.items():
        getattr(layer, name)(*(v(n) if callable(v) else v for v in value))
    return layer.get_output(0)


MOE = [(1, 3, 4), (1, 3, 2), (1, 3, 2), (2, 4, 6), (2, 4, 6), (2, 6, 4)]
MOE_TYPES = ("FLOAT", I32, "FLOAT", "FLOAT", "FLOAT", "FLOAT")


def rnn(n, x, op=trt.RNNOperation.TANH, weights=((0, trt.RNNGateType.INPUT),), skip=False, hidden=4, length=3):
    layer = n.add_rnn_v2(x, 1, hidden, length, op)
    if skip:
        layer.input_mode = trt.RNNInputMode.SKIP
    for at, gate in weights:
        for on_input in (True, False):
            layer.set_weights_for_gate(at, gate, on_input, ones(16))
    return layer.get_output(0)


def looped(n, x, limit=True, next_value=True, kind=trt.LoopOutput.LAST_VALUE, axis=0, carried=True, of=None):
    loop = n.add_loop()
    if limit:
        loop.add_trip_limit(n.const(3, np.int32), trt.TripLimit.COUNT)
    recurrence = loop.add_recurrence(x)
    now = recurrence.get_output(0)
    total = n.add_elementwise(now, now, SUM).get_output(0)
    if next_value:
        recurrence.set_input(1, total if of is None else of(n, total))
    return first(loop.add_loop_output(now if carried else total, kind, axis))


def twice_limited(n, x):
    loop = n.add_loop()
    loop.add_trip_limit(x, trt.TripLimit.COUNT)
    return first(loop.add_trip_limit(x, trt.TripLimit.COUNT))


def one_of_two(n, condition, a, b):
    conditional = n.add_if_conditional()
    conditional.set_condition(condition)
    return conditional.add_output(n.add_identity(a).get_output(0), n.add_identity(b).get_output(0)).get_output(0)


def read_inside(n, x):
    """A loop's body reads what the loop gives."""
    loop = n.add_loop()
    loop.add_trip_limit(n.const(3, np.int32), trt.TripLimit.COUNT)
    carried = loop.add_recurrence(x)
    result = loop.add_loop_output(carried.get_output(0), trt.LoopOutput.LAST_VALUE).get_output(0)
    carried.set_input(1, n.add_elementwise(carried.get_output(0), result, SUM).get_output(0))
    return result


def einsum(equation, *shapes):
    return Misuse("Einsum", equation or "nothing", list(shapes),
                  lambda n, *x: first(n.add_einsum(list(x), equation)), {
                      "": "einsum: there are no inputs", "ij->ij": "has fewer operands than the 2 inputs",
                      "ij,jk->ik": "has more operands than the 1 inputs", "ij->ii": "names a dimension of the result twice",
                      "ij->ik": "has a dimension in the result that no operand has",
                      "i->i": "names 1 dimensions of an operand of rank 2", "i2->i": "has '2' where a letter is expected",
                      "ii->i": "einsum: in 'ii->i' the dimension 'i' is 2 in input 0 and 3 in input 0"}[equation])


def swapped(n, x):
    return n.add_cast(x, trt.int32).get_output(0)


def tensor_kernel(n, x, w, maps, window, add="add_convolution_nd"):
    layer = getattr(n, add)(x, maps, window, NO_WEIGHTS, NO_WEIGHTS)
    layer.set_input(1, w)
    return layer


def strided(n, x, stride):
    layer = n.add_slice(x, (0,), (2,), (1,))
    layer.axes = (0,)
    layer.set_input(3, stride)
    return layer.get_output(0)


def third(layer, tensor):
    layer.set_input(2, tensor)
    return layer.get_output(0)


def packed(n, cache, update, starts, lengths=None):
    layer = n.add_kv_cache_update(cache, update, starts, trt.KVCacheMode.LINEAR)
    layer.update_form = trt.AttentionIOForm.PACKED_NHD
    if lengths is not None:
        layer.update_lengths = lengths
    return layer.get_output(0)


def static(n, x, chosen, scores, *weights):
    layer = n.add_moe(x, chosen, scores)
    layer.set_gated_weights(*weights, trt.MoEActType.SILU)
    layer.quantization_to_type = trt.int8
    return layer.get_output(0)


def counted_less(n, x):
    """How many elements are not zero is known when the network runs."""
    shape = n.add_shape(n.add_non_zero(x).get_output(0)).get_output(0)
    n.add_assertion(n.add_elementwise(shape, n.const([9, 9], np.int64), trt.ElementWiseOperation.LESS).get_output(0), "?")
    return n.add_identity(x).get_output(0)


MISUSE = [
    Misuse("Loop", "no next value", [(2,)], lambda n, x: looped(n, x, next_value=False),
           "has no next value; set it with setInput(1, "),
    Misuse("Loop", "no trip limit", [(2,)], lambda n, x: looped(n, x, limit=False),
           "never ends; add a trip limit with addTripLimit"),
    Misuse("Loop", "a last value of no recurrence", [(2,)], lambda n, x: looped(n, x, carried=False),
           "the last value can only be that of a recurrence of this loop"),
    Misuse("Loop", "a last value along an axis", [(2,)], lambda n, x: looped(n, x, axis=1),
           "a last value has no axis, got 1"),
    Misuse("Loop", "an axis outside", [(2,)],
           lambda n, x: looped(n, x, carried=False, kind=trt.LoopOutput.CONCATENATE, axis=3), "axis 3 is outside rank 2"),
    Misuse("Loop", "another type in the next turn", [(2,)], lambda n, x: looped(n, x, of=swapped),
           "starts an iteration as f32[2] but its next value"),
    Misuse("Loop", "two trip limits of a kind", [()], twice_limited, "has a trip limit of this kind already: ", (I32,)),
    Misuse("Loop", "its result inside of it", [(2,)], read_inside, "depends on itself through tensor "),
    Misuse("IfConditional", "branches of different types", [(), (2,), (2,)], one_of_two,
           "only extents may differ", ("BOOL", "FLOAT", I32)),
    Misuse("IfConditional", "a condition of numbers", [(), (2,), (2,)], one_of_two, "condition"),
    Misuse("Identity", "no such output", [(2,)], lambda n, x: n.add_identity(x).set_output_type(1, trt.float16),
           "has no output 1"),
    Misuse("Cast", "no such input", [(2,)], lambda n, x: n.add_cast(x, trt.float16).set_input(1, x),
           "(Cast) has no input 1; it can have 1"),
    Misuse("Shape", "no such input", [(2,)], lambda n, x: n.add_shape(x).set_input(1, x),
           "(Shape) has no input 1; it can have 1"),
    Misuse("Assertion", "a condition of numbers", [(2,)], lambda n, x: n.add_identity(x) if n.add_assertion(
        n.const(1, np.int32), "never") is None else n.add_identity(x).get_output(0),
           "(Assertion): the condition is i32[], not boolean"),
    Misuse("Assertion", "a condition that does not hold", [(2,)], lambda n, x: n.add_identity(x).get_output(0) if
           n.add_assertion(n.const(False, bool), "two is three") else None, "(Assertion) does not hold: two is three"),
    Misuse("Assertion", "a condition of the data", [(2, 3)], counted_less,
           "(Assertion): the condition depends on data, it can be on shapes and on shape tensors only"),
    Misuse("Constant", "a type of another length", [], lambda n: n.network.add_constant((2, 3), ones(2, 2)),
           "the constant's shape holds 6 elements, the weights 4"),
    Misuse("Concatenation", "nothing", [], lambda n: n.add_concatenation([]), "concatenation: there are no inputs"),
    Misuse("ConvolutionNd", "a kernel of other maps", [(1, 3, 5, 5), (2, 3, 3, 3)], lambda n, x, w: with_attributes(
        tensor_kernel(n, x, w, 4, (3, 3))), "the kernel makes 2 output maps, the layer has 4"),
    Misuse("ConvolutionNd", "a kernel of another window", [(1, 3, 5, 5), (4, 3, 2, 2)], lambda n, x, w: with_attributes(
        tensor_kernel(n, x, w, 4, (3, 3))), "its size along spatial axis 0 was given as 3"),
    Misuse("ConvolutionNd", "strides of another rank", [(1, 3, 5, 5)], kernel(4, 3, 3, 3, stride_nd=(1,)),
           "stride has 1 dimensions, the kernel has 2"),
    Misuse("ConvolutionNd", "four dimensions", [(1, 3, 5, 5)], lambda n, x: n.add_convolution_nd(
        x, 4, (1, 1, 1, 1), ones(12), None), "the kernel has 4 dimensions; 1 to 3 are supported"),
    Misuse("ConvolutionNd", "no maps", [(1, 3, 5, 5)], lambda n, x: n.add_convolution_nd(x, 0, (1, 1), ones(12), None),
           "Convolution: the number of output maps is 0"),
    Misuse("ConvolutionNd", "a window of nothing", [(1, 3, 5, 5)], lambda n, x: n.add_convolution_nd(
        x, 4, (1, 0), ones(12), None), "Convolution: kernel dimension 1 is 0"),
    Misuse("DeconvolutionNd", "other maps than the kernel's", [(1, 3, 5, 5)], lambda n, x: with_attributes(
        n.add_deconvolution_nd(x, 8, (1, 1), ones(3, 4), None)), "the kernel makes 4 output maps, the layer has 8"),
    Misuse("DeconvolutionNd", "open channels and no kernel", [(1, -1, 5, 5)],
           lambda n, x: n.add_deconvolution_nd(x, 4, (3, 3), NO_WEIGHTS, NO_WEIGHTS).get_output(0),
           "must be constant, or the kernel be given as weights"),
    Misuse("PoolingNd", "four dimensions", [(1, 1, 4, 4)], lambda n, x: n.add_pooling_nd(x, MAX, (1, 1, 1, 1)),
           "pooling: the window has 4 dimensions; 1 to 3 are supported"),
    Misuse("SoftMax", "no axis", [(2, 3)], lambda n, x: with_attributes(n.add_softmax(x), axes=0),
           "(SoftMax): the axes are a mask without a bit"),
    Misuse("ScaleNd", "open extents of its elements", [(1, -1, 4)], lambda n, x: n.add_scale(
        x, trt.ScaleMode.ELEMENTWISE, None, ones(12), None).get_output(0),
           "(Scale): elementwise weights need constant dims, got "),
    Misuse("ScaleNd", "a channel axis outside", [(1, 3)], lambda n, x: n.add_scale_nd(
        x, trt.ScaleMode.CHANNEL, None, ones(3), None, 2).get_output(0), "(Scale): channel axis 2 is outside rank 2"),
    Misuse("Normalization", "no axes", [(2, 4, 6)], lambda n, x: n.add_normalization(
        x, n.const(ones(1, 4, 1)), n.const(ones(1, 4, 1)), 0).get_output(0), "(Normalization): no axes are set"),
    Misuse("Normalization", "no groups", [(2, 4, 6)], lambda n, x: with_attributes(n.add_normalization(
        x, n.const(ones(1, 4, 1)), n.const(ones(1, 4, 1)), 0b100), num_groups=0),
           "the number of groups is 0; it must be 1 or more"),
    Misuse("Normalization", "groups over other axes", [(2, 4, 6)], lambda n, x: with_attributes(n.add_normalization(
        x, n.const(ones(1, 2, 1)), n.const(ones(1, 2, 1)), 0b110), num_groups=2),
           "2 groups of channels are normalized over all dimensions behind the channels; the axes are 6"),
    Misuse("NormalizationV2", "a vector of scales", [(2, 4, 6)], lambda n, x: with_attributes(n.add_normalization_v2(
        x, n.const(ones(4)), n.const(ones(4)), 0b100), num_groups=2),
           "the scale is f32[4], expected [1, channels, 1...] with 2 groups"),
    Misuse("MatrixMultiply", "a scalar as a vector", [(), (3, 2)], lambda n, a, b: n.add_matrix_multiply(
        a, trt.MatrixOperation.VECTOR, b, NONE).get_output(0), "is a scalar, not a vector"),
    Misuse("FullyConnected", "no outputs", [(2, 3, 2, 2)], lambda n, x: n.add_fully_connected(x, 0, ones(1), None),
           "fully connected: the number of outputs is 0"),
    Misuse("FullyConnected", "two dimensions", [(2, 3)], lambda n, x: n.add_fully_connected(
        x, 1, ones(3), None).get_output(0), "expected at least three dimensions, of which the last three are read as one"),
    Misuse("FullyConnected", "open extents", [(2, 3, -1, 2)], lambda n, x: n.add_fully_connected(
        x, 1, ones(12), None).get_output(0), "(Fully Connected): the last three dimensions of "),
    einsum(""), einsum("ij->ij", (2, 3), (2, 3)), einsum("ij,jk->ik", (2, 3)), einsum("ij->ii", (2, 3)),
    einsum("ij->ik", (2, 3)), einsum("i->i", (2, 3)), einsum("i2->i", (2, 3)), einsum("ii->i", (2, 3)),
    Misuse("GatherV2", "element-wise dims of elements", [(3, 2), (3, 2)], lambda n, x, i: with_attributes(
        n.add_gather_v2(x, i, trt.GatherMode.ELEMENT), num_elementwise_dims=1),
           "a gather of elements has no element-wise dims, got 1", ("FLOAT", I32)),
    Misuse("GatherV2", "more element-wise dims than there are", [(3, 2), (3,)], lambda n, x, i: with_attributes(
        n.add_gather_v2(x, i, trt.GatherMode.DEFAULT), axis=1, num_elementwise_dims=2),
           "2 element-wise dims do not fit indices", ("FLOAT", I32)),
    Misuse("Reduce", "nothing", [(2, 3)], lambda n, x: with_attributes(n.add_reduce(
        x, trt.ReduceOperation.SUM, 1, False), op=trt.ReduceOperation.NONE),
           "reduce: operation 5 reduces nothing"),
    Misuse("GridSample", "strict bounds", [(1, 2, 3, 4), (1, 2, 2, 2)], lambda n, x, g: with_attributes(
        n.add_grid_sample(x, g), sample_mode=trt.SampleMode.STRICT_BOUNDS),
           "(GridSample): sample mode 0 is none of kCLAMP, kFILL and kREFLECT"),
    Misuse("GridSample", "around the edges", [(1, 2, 3, 4), (1, 2, 2, 2)], lambda n, x, g: with_attributes(
        n.add_grid_sample(x, g), sample_mode=trt.SampleMode.WRAP), "sample mode 1 is none of kCLAMP"),
    Misuse("NMS", "scores of a batch only", [(1, 5, 4), (1, 5)], lambda n, b, s: n.add_nms(
        b, s, n.const(2, np.int32)).get_output(0), "(NMS): scores must be [batch, boxes, classes], got f32[1,5]"),
    Misuse("NMS", "a negative limit", [(1, 5, 4), (1, 5, 2)], lambda n, b, s: with_attributes(n.add_nms(
        b, s, n.const(2, np.int32)), topk_box_limit=-1), "(NMS): the limit of boxes is negative: -1"),
    Misuse("RaggedSoftMax", "bounds that are no integers", [(2, 3, 4), (2, 3, 1)],
           lambda n, x, b: n.add_ragged_softmax(x, b).get_output(0), "expected rows and an integer for each"),
    Misuse("ReverseSequence", "one axis for both", [(4, 3), (3,)], lambda n, x, i: with_attributes(
        n.add_reverse_sequence(x, i), batch_axis=0), "(ReverseSequence): both axes are 0", ("FLOAT", I32)),
    Misuse("ReverseSequence", "lengths of two dimensions", [(4, 3), (3, 1)], reverse_sequence,
           "(ReverseSequence): the lengths are i32[3,1], expected a vector", ("FLOAT", I32)),
    Misuse("PaddingNd", "amounts of different ranks", [(1, 1, 2, 2)], lambda n, x: n.add_padding_nd(
        x, (1, 1), (1, 1, 1)).get_output(0), "2 paddings before and 3 behind; they must be as many"),
    Misuse("PaddingNd", "more amounts than dimensions", [(2, 2)], lambda n, x: n.add_padding_nd(
        x, (1, 1, 1), (1, 1, 1)).get_output(0), "(Padding): 3 paddings for f32[2,2]"),
    Misuse("Slice", "a stride that is not known", [(4, 3), (1,)], lambda n, x, s: strided(n, x, s), "the stride must be constant, got ", ("FLOAT", I32)),
    Misuse("Slice", "an axis outside", [(4, 3)], lambda n, x: with_attributes(n.add_slice(x, (0,), (1,), (1,)), axes=(2,)),
           "(Slice): axis 2 is outside rank 2"),
    Misuse("Shuffle", "more dimensions than a permutation has", [(1,) * 8], lambda n, x: shuffle(
        n, n.add_unsqueeze(x, n.const([0], np.int64)).get_output(0), first=[0, 1]),
           "(Shuffle): a permutation has 8 elements, "),
    Misuse("Squeeze", "axes that are not known", [(1, 3), (1,)], lambda n, x, i: n.add_squeeze(x, i).get_output(0),
           "(Squeeze): the axes must be constant, got ", ("FLOAT", I32)),
    Misuse("Unsqueeze", "axes that are no integers", [(3,), (1,)], lambda n, x, i: n.add_unsqueeze(x, i).get_output(0),
           "must be constant, or integers of rank 0 or 1 and known length"),
    Misuse("Cumulative", "two axes", [(2, 3)], lambda n, x: n.add_cumulative(
        x, n.const([0, 1], np.int32), trt.CumulativeOperation.SUM, False, False).get_output(0),
           "(Cumulative): the axis has 2 elements, expected 1"),
    Misuse("Fill", "a grid without steps", [], lambda n: n.add_fill((2, 3), trt.FillOperation.LINSPACE).get_output(0),
           "a linear space of rank 2 needs input 2, a vector of 2 steps"),
    Misuse("Resize", "neither extents nor scales", [(1, 2, 3, 4)], lambda n, x: n.add_resize(x).get_output(0),
           "(Resize): neither output dimensions nor scales are set"),
    Misuse("Operator", "another domain", [(2,)], lambda n, x: n.add_operator("somewhere", "softmax", [], [x]),
           "there is no operator domain 'somewhere'"),
    # Quantization.
    Misuse("Quantize", "a zero point of fractions", [(2, 3)], lambda n, x: third(n.add_quantize(
        x, n.const(1, np.float32), trt.fp8), n.const(2, np.float32)),
           "(Quantize): the zero point is 2; floating types such as "),
    Misuse("Quantize", "blocks of another rank", [(2, 4)], lambda n, x: with_attributes(n.add_quantize(
        x, n.const(ones(2, 2)), trt.int8), block_shape=(2,)),
           "the block shape has 1 extents, expected one per dimension of f32[2,4]"),
    Misuse("Quantize", "blocks of nothing", [(2, 4)], lambda n, x: with_attributes(n.add_quantize(
        x, n.const(ones(2, 2)), trt.int8), block_shape=(1, 0)),
           "the block shape has extent 0; extents are positive, or -1 for all"),
    Misuse("Quantize", "no scales at all", [(2, 4)], lambda n, x: n.add_quantize(
        x, n.const(ones(0, 2)), trt.int8).get_output(0), "which does not cut f32[2,4] into blocks"),
    Misuse("DynamicQuantizeV2", "integers", [(2, 16)], lambda n, x: n.add_dynamic_quantize_v2(
        x, (1, 16), trt.fp4, trt.fp8).get_output(0),
           "(DynamicQuantize): the input is i32[2,16], expected floating point of rank 1 or more", (I32,)),
    Misuse("DynamicQuantize", "an axis outside", [(2, 16)], lambda n, x: n.add_dynamic_quantize(
        x, 2, 16, trt.fp4, trt.fp8).get_output(0), "axis 2 with block size 16 does not fit f32[2,16]"),
    # Attention.
    Misuse("AttentionV2", "three dimensions", [(2, 4, 8)] * 3, attended, "expected [B, heads, S, size]"),
    Misuse("AttentionV2", "tokens of four dimensions", [(1, 2, 4, 8)] * 3 + [(2,)], lambda n, *x: attended(
        n, *x, query_form=trt.AttentionIOForm.PACKED_NHD, query_lengths=3), "expected [tokens, heads, size]",
           ("FLOAT",) * 3 + (I32,)),
    Misuse("AttentionV2", "lengths that are no integers", [(1, 2, 4, 8)] * 3 + [(1,)], lambda n, *x: attended(
        n, *x, key_value_lengths=3), "lengths must be a vector of integers, got f32[1]"),
    Misuse("AttentionV2", "tokens without lengths", [(4, 2, 8)] * 3, lambda n, *x: attended(
        n, *x, query_form=trt.AttentionIOForm.PACKED_NHD, key_value_form=trt.AttentionIOForm.PACKED_NHD),
           "a packed form needs lengths: where each sequence begins, and the total"),
    Misuse("AttentionV2", "a mask and a causal kind", [(1, 2, 4, 8)] * 3 + [(1, 1, 4, 4)], lambda n, *x: attended(
        n, *x, mask=3, causal=True), "a mask and a causal kind exclude each other"),
    Misuse("AttentionV2", "a mask of tokens", [(4, 2, 8)] * 3 + [(1, 1, 4, 4), (2,)], lambda n, *x: attended(
        n, *x, mask=3, query_form=trt.AttentionIOForm.PACKED_NHD, query_lengths=4,
        key_value_form=trt.AttentionIOForm.PACKED_NHD, key_value_lengths=4),
           "a mask needs the padded form of queries and keys", ("FLOAT",) * 4 + (I32,)),
    Misuse("AttentionV2", "a quantized type without a scale", [(1, 2, 4, 8)] * 3, lambda n, *x: attended(
        n, *x, normalization_quantize_to_type=trt.int8),
           "the quantization of the normalization needs both a scale and a type"),
    Misuse("RotaryEmbedding", "three dimensions", [(2, 3, 8), (1, 3, 4), (1, 3, 4)], turned,
           "expected [B, heads, S, size] with a constant size"),
    Misuse("RotaryEmbedding", "more than there is", [(1, 2, 3, 8), (1, 3, 8), (1, 3, 8)], lambda n, *x: turned(
        n, *x, size=16), "cannot turn 16 of 8 elements; the number must be even"),
    Misuse("RotaryEmbedding", "a cache by batch, and positions", [(1, 2, 3, 8), (1, 3, 4), (1, 3, 4), (1, 3)], turned,
           "with positions [B, S] a cache is [positions, 4]", ("FLOAT",) * 3 + (I32,)),
    # Caches.
    Misuse("KVCacheUpdate", "indices that are no integers", [(1, 2, 4, 8), (1, 2, 2, 8), (1,)], lambda n, c, u, i:
           n.add_kv_cache_update(c, u, i, trt.KVCacheMode.LINEAR).get_output(0),
           "the write indices are f32[1], expected a vector of integers"),
    Misuse("KVCacheUpdate", "a cache of three dimensions", [(2, 4, 8), (1, 2, 2, 8), (1,)], lambda n, c, u, i:
           n.add_kv_cache_update(c, u, i, trt.KVCacheMode.LINEAR).get_output(0),
           "the cache is f32[2,4,8], expected [B, heads, length, size]", ("FLOAT", "FLOAT", I32)),
    Misuse("KVCacheUpdate", "an update of three dimensions", [(1, 2, 4, 8), (1, 2, 8), (1,)], lambda n, c, u, i:
           n.add_kv_cache_update(c, u, i, trt.KVCacheMode.LINEAR).get_output(0),
           "the update is f32[1,2,8], expected [B, heads, S, size]", ("FLOAT", "FLOAT", I32)),
    Misuse("KVCacheUpdate", "tokens without lengths", [(1, 2, 4, 8), (2, 2, 8), (1,)], lambda n, c, u, i: packed(
        n, c, u, i), "a packed update needs lengths: where each sequence begins, and the total",
           ("FLOAT", "FLOAT", I32)),
    Misuse("KVCacheUpdate", "tokens of four dimensions", [(1, 2, 4, 8), (2, 2, 8, 1), (1,), (2,)], lambda n, *x: packed(
        n, *x), "expected [tokens, heads, size]", ("FLOAT", "FLOAT", I32, I32)),
    Misuse("KVCacheUpdate", "lengths of two dimensions", [(1, 2, 4, 8), (2, 2, 8), (1,), (2, 1)], lambda n, *x: packed(
        n, *x), "the lengths are i64[2,1], expected a vector", ("FLOAT", "FLOAT", I32, I32)),
    # Experts.
    Misuse("MoE", "two dimensions", [(3, 4), *MOE[1:]], moe, "the hidden states are f32[3,4], expected floating numbers [B, S, size]",
           MOE_TYPES),
    Misuse("MoE", "weights of one expert", [*MOE[:3], (4, 6), (4, 6), (6, 4)], moe,
           "weights are f32[4,6], expected [experts, in, out]", MOE_TYPES),
    Misuse("MoE", "a number for weights", [*MOE[:3], (), (2, 4, 6), (2, 6, 4)], moe,
           "weights are f32[], expected [experts, in, out]", MOE_TYPES),
    Misuse("MoE", "biases of one expert", [*MOE, (6,), (6,), (4,)], lambda n, *x: moe(n, *x[:6], biases=x[6:]),
           "biases are f32[6], expected [experts, out]", (*MOE_TYPES, *("FLOAT",) * 3)),
    Misuse("MoE", "experts that are no integers", MOE, moe,
           "expected integers and numbers [B, S, k]", ("FLOAT",) * 6),
    Misuse("MoE", "a type without a scale", MOE, lambda n, *x: static(n, *x),
           "static quantization needs a scale; call setQuantizationStatic", MOE_TYPES),
    Misuse("MoE", "blocks of three extents", MOE, lambda n, *x: moe(n, *x, set_quantization_dynamic_dbl_q=(
        lambda n: n.const(1, np.float32), trt.fp4, (1, 1, 2), trt.fp8)),
           "the block shape has 3 extents, expected 4 (batch, sequence, k, inner)", MOE_TYPES),
    # Recurrence.
    Misuse("RNNv2", "no layer", [(2, 3, 4)], lambda n, x: n.add_rnn_v2(x, 0, 4, 3, trt.RNNOperation.GRU),
           "rnn: layers 0, hidden size 4 and length 3 must be positive"),
    Misuse("RNNv2", "one dimension", [(4,)], rnn, "the input is f32[4], expected [N..., S, E]"),
    Misuse("RNNv2", "another length", [(2, 5, 4)], rnn, "the sequences have length 5, the layer was made for 3"),
    Misuse("RNNv2", "an open width", [(2, 3, -1)], rnn, "the width of the input "),
    Misuse("RNNv2", "a layer outside", [(2, 3, 4)], lambda n, x: rnn(n, x, weights=[(2, trt.RNNGateType.INPUT)]),
           "(RNN): there is no layer 2"),
    Misuse("RNNv2", "weights of another direction", [(2, 3, 4)], lambda n, x: rnn(n, x, weights=[
        (0, trt.RNNGateType.INPUT), (1, trt.RNNGateType.INPUT)]),
           "there are weights for layer 1, and only 1 layers and directions"),
    Misuse("RNNv2", "weights of another operation", [(2, 3, 4)], lambda n, x: rnn(n, x, weights=[
        (0, trt.RNNGateType.INPUT), (0, trt.RNNGateType.RESET)]),
           "there are weights for gate 4, which the operation has not"),
    Misuse("RNNv2", "a width that is not the hidden size", [(2, 3, 3)], lambda n, x: rnn(n, x, skip=True),
           "input mode kSKIP needs a width of the hidden size 4, got 3"),
]
