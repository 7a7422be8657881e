// com.microsoft: data movement, distances and transforms.
#include <algorithm>
#include <limits>

#include "onnx/import/importers.h"
#include "onnx/import/window.h"
#include "onnx/term.h"

namespace dvt::onnx {
/// As ai.onnx's; the pads may have a dimension of 1 in front.
void import_pad_microsoft(ImporterContext& c) {
  std::vector<Value> inputs = c.inputs();
  const Dims pads = c.dims(1);
  if (pads.nbDims == 2 && pads.d[0] == 1)
    inputs[1] = c.constant(1) ? Value{nullptr, with_dims(*c.constant(1), {pads.d[1]})}
                              : Value{&squeeze(Term(c, 1), {0}).tensor()};
  c.become(&import_pad, std::move(inputs));
}

/// In the order of first occurrence; outputs: the different elements, for each element the place of its equal, counts.
void import_unique_microsoft(ImporterContext& c) {
  if (c.dims(0).nbDims != 1) refuse(ParserCode::kINVALID_NODE)("the input must have rank 1, got ", c.dims(0).nbDims);
  ITensor* const inputs[] = {&c.tensor(0)};
  ILayer& layer = add_operator(c, "unique", Fields().add("sorted", false), inputs);
  c.set_output(0, *layer.getOutput(0));
  c.set_output(1, *layer.getOutput(2));
  c.set_output(2, *layer.getOutput(3));
}

/// |a - b| or its square for each row of A[M, N] and each of B[K, N]: |a|^2 + |b|^2 - 2 a b.
void import_cdist(ImporterContext& c) {
  const std::string metric = c.attribute_string("metric", "sqeuclidean");
  if (metric != "euclidean" && metric != "sqeuclidean")
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the metric '", metric,
                                               "' is not supported; euclidean and sqeuclidean are");
  const Term a(c, 0), b(c, 1);
  if (a.rank() != 2 || b.rank() != 2)
    refuse(ParserCode::kINVALID_NODE)("the inputs have ranks ", a.rank(), " and ", b.rank(), "; they must be matrices");
  const Term squares = sum(a * a, {1}) + transpose(sum(b * b, {1}), {1, 0});
  const Term distance = maximum(squares - matmul(a, b, false, true) * 2.0, a.number(0));
  c.set_output(0, metric == "euclidean" ? sqrt(distance) : distance);
}

/// Every slice of `size` elements of an axis, a `step` apart; their elements lie along a new last axis.
void import_unfold_tensor(ImporterContext& c) {
  const Term x(c, 0);
  const int axis = normalized_axis(c.attribute_int("dim", -1), x.rank());
  const int64_t size = c.attribute_int("size", 0), step = c.attribute_int("step", 1);
  const Extent extent = x.extent(axis);
  if (size < 1 || step < 1 || size > INT32_MAX || step > INT32_MAX || (extent.value && *extent.value < size))
    refuse(ParserCode::kINVALID_NODE)("slices of ", size, " elements, ", step, " apart, of a dimension of ",
                                      extent.value.value_or(-1));
  const Extent count = add(c, divide_down(c, subtract(c, extent, size), step), 1);
  const Term at = unsqueeze(iota(c, count) * static_cast<double>(step), {1}) + unsqueeze(iota(c, size), {0});
  const Term slices = gather(x, at, axis);
  std::vector<int64_t> order;
  for (int i = 0; i <= x.rank(); ++i)
    if (i != axis + 1) order.push_back(i);
  order.push_back(axis + 1);
  c.set_output(0, transpose(slices, order));
}

/// A transposed convolution whose pads are an input.
void import_conv_transpose_with_dynamic_pads(ImporterContext& c) {
  const Dims kernel = c.dims(1);
  if (kernel.nbDims < 3 || !is_static(kernel))
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the kernel's shape must be known");
  const std::vector<int64_t> dims = to_vector(kernel);
  WindowAttributes w = read_window(c, {dims.begin() + 2, dims.end()});
  if (c.has_input(2)) {
    const std::vector<int64_t> pads = c.constant_ints(2, "Pads");
    if (pads.size() != 2 * w.kernel.size())
      refuse(ParserCode::kINVALID_NODE)(pads.size(), " pads for ", w.kernel.size(), " spatial dimensions");
    w.pads_begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(w.kernel.size()));
    w.pads_end.assign(pads.begin() + static_cast<std::ptrdiff_t>(w.kernel.size()), pads.end());
  }
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations).add("groups", c.attribute_int("group", 1));
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("padding", padding_name(w.padding));
  if (c.has_attribute("output_padding")) fields.add("output_padding", c.attribute_ints("output_padding"));
  Term y(c, add_operator(c, "deconv", fields, {&c.tensor(0), &c.tensor(1)}, "deconv"));
  std::vector<int64_t> axes{0};
  for (size_t i = 0; i < w.kernel.size(); ++i) axes.push_back(static_cast<int64_t>(i) + 2);
  if (c.has_input(3)) y = y + unsqueeze(Term(c, 3), axes);
  c.set_output(0, y);
}

namespace {

void check_fourier(ImporterContext& c) {
  if (c.attribute_int("signal_ndim", 1) != 1 || !c.attribute_bool("onesided", true) ||
      c.attribute_bool("normalized", false))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("only signal_ndim 1, onesided 1 and normalized 0 are supported");
}

}  // namespace

/// x[…, n] as its frequencies [n / 2 + 1, 2].
void import_rfft(ImporterContext& c) {
  check_fourier(c);
  const Term x(c, 0);
  if (x.rank() < 1) refuse(ParserCode::kINVALID_NODE)("the input has no dimension");
  const Term signal = unsqueeze(x, {x.rank()});
  const Fields fields = Fields().add("axis", x.rank() - 1).add("onesided", true);
  c.set_output(0, add_operator(c, "dft", fields, {&signal.tensor()}));
}

/// And back: x[…, n / 2 + 1, 2] as a signal of n.
void import_irfft(ImporterContext& c) {
  check_fourier(c);
  const Term x(c, 0);
  if (x.rank() < 2) refuse(ParserCode::kINVALID_NODE)("the input has rank ", x.rank(), "; it needs 2 or more");
  const Fields fields = Fields().add("axis", x.rank() - 2).add("onesided", true).add("inverse", true);
  const Term y(c, add_operator(c, "dft", fields, {&x.tensor()}, "signal"));
  c.set_output(0, squeeze(y, {x.rank() - 1}));
}

namespace {

/// a times b, or times its conjugate; real and imaginary part lie along the last axis.
void complex_product(ImporterContext& c, bool conjugate) {
  const Term a(c, 0), b(c, 1);
  const auto part = [](Term x, int64_t i) { return slice(x, x.rank() - 1, i, 1); };
  const Term ar = part(a, 0), ai = part(a, 1), br = part(b, 0), bi = conjugate ? -part(b, 1) : part(b, 1);
  c.set_output(0, join({ar * br - ai * bi, ar * bi + ai * br}, std::max(a.rank(), b.rank()) - 1));
}

}  // namespace

void import_complex_mul(ImporterContext& c) { complex_product(c, false); }
void import_complex_mul_conj(ImporterContext& c) { complex_product(c, true); }

/// Scores of tokens that would end an n-gram which the sequence has already become -inf.
void import_ngram_repeat_block(ImporterContext& c) {
  const Term ids(c, 0), scores(c, 1);
  const int64_t size = c.attribute_int("ngram_size", 0);
  if (size < 1 || size > 64) refuse(ParserCode::kINVALID_NODE)("the attribute 'ngram_size' is ", size);
  // As many beginnings of an n-gram as there are; the last size - 1 tokens begin at the same number.
  const Extent count = larger(c, subtract(c, ids.extent(1), size - 1), 0);
  Term repeats = filled(c, Extents{ids.extent(0), count}, 1, DataType::kINT32);
  for (int64_t i = 0; i + 1 < size; ++i) {
    const Term same = equal(slice(ids, 1, i, count), slice(ids, 1, add(c, count, i), 1));
    repeats = repeats * cast(same, DataType::kINT32);
  }
  const Term last = slice(ids, 1, size - 1, count);
  const Term nothing = filled(c, scores.extents(), 0, DataType::kINT32);
  const Fields fields = Fields().add("axis", 1).add("reduction", "max");
  const Term banned(
      c, add_operator(c, "scatter_elements", fields, {&nothing.tensor(), &last.tensor(), &repeats.tensor()}, "banned"));
  c.set_output(0, select(banned > 0, scores.number(-std::numeric_limits<double>::infinity()), scores));
}

/// Dropout of data + bias behind a network's training: nothing is dropped.
void import_bias_dropout(ImporterContext& c) {
  const bool has_bias = c.node().op_type != "BitmaskDropout";
  const int training = has_bias ? 4 : 2;
  if (c.has_input(training)) {
    const std::vector<double> flag = c.constant_numbers(training, "training_mode");
    if (flag.size() != 1 || flag[0] != 0)
      refuse(ParserCode::kUNSUPPORTED_NODE)("training_mode is not supported; export the model for inference");
  }
  Term y(c, 0);
  if (has_bias) y = y + Term(c, 1);
  if (has_bias && c.has_input(2)) y = y + Term(c, 2);
  c.set_output(0, has_bias ? y.tensor() : first_output(c.added(c.network().addIdentity(y))));
}

void import_torch_embedding(ImporterContext& c) { c.set_output(0, gather(Term(c, 0), Term(c, 1), 0)); }

}  // namespace dvt::onnx
