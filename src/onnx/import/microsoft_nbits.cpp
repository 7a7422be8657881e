// com.microsoft: products with, and rows of, weights of a few bits that share scales in blocks.
#include <array>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/import/packed.h"

namespace dvt::onnx {
namespace {

BlockWeights block_attributes(ImporterContext& c, const char* n_attribute) {
  BlockWeights w;
  w.k = c.attribute_int("K", 0);
  w.n = c.attribute_int(n_attribute, 0);
  w.bits = c.attribute_int("bits", 4);
  w.block = c.attribute_int("block_size", 0);
  return w;
}

/// a times the transpose of the weights, plus a bias where there is one.
Term product(ImporterContext& c, Term a, const BlockWeights& w, int weights, int scales, int zero_points, int bias) {
  const Term y = matmul(a, cast(block_weights(c, w, weights, scales, zero_points), a.type()), false, true);
  return c.has_input(bias) ? y + Term(c, bias) : y;
}

constexpr int kNone = -1;

/// Inputs 0 to 2: x, what is added to it and the scale of an RMS normalization; the last two may be left out.
Term normalized_input(ImporterContext& c, int sum_output) {
  Term x(c, 0);
  if (c.has_input(1)) x = x + Term(c, 1);
  if (c.wants_output(sum_output)) c.set_output(sum_output, x);
  return c.has_input(2) ? normalized(x, "rms", -1, c.attribute_float("epsilon", 1e-5F), Term(c, 2)) : x;
}

}  // namespace

void import_matmul_nbits(ImporterContext& c) {
  if (c.attribute_int("weight_prepacked", 0) != 0)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("weights that are packed for a device (weight_prepacked ",
                                               c.attribute_int("weight_prepacked", 0),
                                               ") are not supported; export with 0");
  if (c.has_input(4)) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("the input g_idx is not supported");
  c.set_output(0, product(c, Term(c, 0), block_attributes(c, "N"), 1, 2, 3, 5));
}

/// activation(x Gate^T) * (x Up^T) of a normalized x.
void import_matmul_nbits_mlp(ImporterContext& c) {
  const BlockWeights w = block_attributes(c, "N");
  const std::string function = c.attribute_string("activation", "");
  if (function != "silu")
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the activation '", function, "' is not supported; silu is");
  const Term x = normalized_input(c, 1);
  const Term gate = product(c, x, w, 3, 4, kNone, 5), up = product(c, x, w, 6, 7, kNone, 8);
  c.set_output(0, silu(gate) * up);
}

/// Query, key and value of a normalized x.
void import_matmul_nbits_qkv(ImporterContext& c) {
  const BlockWeights q = block_attributes(c, "Nq"), kv = block_attributes(c, "Nkv");
  const Term x = normalized_input(c, 3);
  c.set_output(0, product(c, x, q, 3, 4, kNone, 5));
  c.set_output(1, product(c, x, kv, 6, 7, kNone, 8));
  c.set_output(2, product(c, x, kv, 9, 10, kNone, 11));
}

namespace {

// What a code of four bits means, of bitsandbytes' FP4 (sign, then 3 bits) and NF4 (quantiles of a normal
// distribution).
constexpr std::array<float, 16> kFp4 = {
    0.0F,  5.208333333e-03F,  0.66666667F,  1.0F,  0.33333333F,  0.5F,  0.16666667F,  0.25F,
    -0.0F, -5.208333333e-03F, -0.66666667F, -1.0F, -0.33333333F, -0.5F, -0.16666667F, -0.25F};
constexpr std::array<float, 16> kNf4 = {-1.0F,
                                        -0.6961928009986877F,
                                        -0.5250730514526367F,
                                        -0.39491748809814453F,
                                        -0.28444138169288635F,
                                        -0.18477343022823334F,
                                        -0.09105003625154495F,
                                        0.0F,
                                        0.07958029955625534F,
                                        0.16093020141124725F,
                                        0.24611230194568634F,
                                        0.33791524171829224F,
                                        0.44070982933044434F,
                                        0.5626170039176941F,
                                        0.7229568362236023F,
                                        1.0F};

/// The bytes with their halves exchanged: here the first number is in the low half.
ConstantPtr with_halves_exchanged(const Constant& bytes) {
  std::vector<uint8_t> values(bytes.data.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto b = std::to_integer<uint8_t>(bytes.data.data()[i]);
    values[i] = static_cast<uint8_t>((b << 4) | (b >> 4));
  }
  return make_constant(bytes.name, bytes.type, bytes.dims, std::as_bytes(std::span(values)));
}

}  // namespace

/// A times B or its transpose, B[N, K] in codes of four bits, of which `block_size` in the order of memory share a
/// scale.
void import_matmul_bnb4(ImporterContext& c) {
  const int64_t k = c.attribute_int("K", 0), n = c.attribute_int("N", 0), block = c.attribute_int("block_size", 0),
                kind = c.attribute_int("quant_type", 0);
  constexpr int64_t kMost = int64_t{1} << 28;
  if (k < 1 || n < 1 || block < 1 || k > kMost || n > kMost || block > kMost || (kind != 0 && kind != 1))
    refuse(ParserCode::kINVALID_NODE)("K is ", k, ", N is ", n, ", block_size is ", block, " and quant_type is ", kind);
  if (c.attribute_bool("training_mode", false))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("training_mode is not supported");
  const Constant* packed = c.constant(1);
  if (!packed) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the weights must be constant");
  const int64_t count = (n * k + 1) / 2 * 2, blocks = (n * k + block - 1) / block;
  const Term codes(c, c.constant_tensor(packed_numbers(*with_halves_exchanged(*packed), 4, {count})));
  const std::array<float, 16>& table = kind == 0 ? kFp4 : kNf4;
  const Term meaning = floats(c, {16}, {table.begin(), table.end()}, "codes"), scales(c, 2);
  Term real = gather(meaning, cast(codes, DataType::kINT32), 0);
  real = pad(count == n * k ? real : slice(real, 0, 0, n * k), 0, 0, blocks * block - n * k);
  real = reshape(real, Extents{blocks, block}) * cast(reshape(scales, Extents{blocks, 1}), DataType::kFLOAT);
  real = reshape(real, Extents{blocks * block});
  if (blocks * block != n * k) real = slice(real, 0, 0, n * k);
  const Term a(c, 0);
  real = cast(reshape(real, Extents{n, k}), a.type());
  c.set_output(0, matmul(a, real, false, c.attribute_bool("transB", true)));
}

namespace {

/// Each number of the last axis for `block` elements, of which there are `width`.
Term for_each_element(ImporterContext& c, Term x, int64_t block, const Extent& width) {
  Extents repeated = x.extents(), flat = repeated;
  repeated.emplace_back(block);
  flat.back() = multiply(c, flat.back(), block);
  const Term all = reshape(expand(unsqueeze(x, {x.rank()}), repeated), flat);
  return slice(all, all.rank() - 1, 0, width);
}

struct Gathered {
  int64_t bits = 4;
  bool is_signed = false;
  Term rows(Term bytes, Term indices) const {
    const Term whole = unpacked(gather(bytes, indices, 0), bits);
    if (!is_signed) return whole;
    const double half = static_cast<double>(int64_t{1} << (bits - 1));
    return remainder(whole + half, whole.number(2 * half)) - half;
  }
};

}  // namespace

/// Rows of a table of a few bits as real numbers. Scales are shared in blocks of the last axis.
void import_gather_block_quantized(ImporterContext& c) {
  const Constant* table = c.constant(0);
  if (!table) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the data must be constant");
  const int rank = static_cast<int>(table->dims.size());
  const int64_t block = c.attribute_int("block_size", 128);
  if (rank < 2 || block < 1 || block > INT32_MAX)
    refuse(ParserCode::kINVALID_NODE)("data of rank ", rank, " in blocks of ", block);
  const int along = normalized_axis(c.attribute_int("gather_axis", 0), rank),
            quantized = normalized_axis(c.attribute_int("quantize_axis", 1), rank);
  if (along != 0 || quantized != rank - 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("gather_axis is ", along, " and quantize_axis ", quantized,
                                               "; the first and the last axis are supported");
  const bool is_i4 = table->type == DataType::kINT4, is_u4 = table->type == DataType::kUINT4;
  if (!is_i4 && !is_u4 && table->type != DataType::kUINT8)
    refuse(ParserCode::kUNSUPPORTED_NODE_DATATYPE)("data of ", type_name(table->type),
                                                   " is not supported; UINT8, INT4 and UINT4 are");
  const Gathered form{table->type == DataType::kUINT8 ? c.attribute_int("bits", 4) : 4, is_i4};
  // Bytes are gathered, so that the table stays packed.
  const auto as_bytes = [&](int i) -> Term {
    if (!c.constant(i)) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("input ", i, " must be constant; it is computed");
    const Constant& packed = *c.constant(i);
    if (packed.type == DataType::kUINT8) return {c, i};
    if (packed.dims.empty() || packed.dims.back() % 2 != 0)
      refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("rows of an odd length of 4-bit numbers are no whole bytes");
    auto bytes = std::make_shared<Constant>(packed);
    bytes->type = DataType::kUINT8;
    bytes->dims.back() /= 2;
    return {c, c.constant_tensor(bytes)};
  };
  const Term indices(c, 1), scales = gather(Term(c, 2), indices, 0);
  const Term whole = cast(form.rows(as_bytes(0), indices), scales.type());
  const Extent width = whole.extent(-1);
  Term centred = whole;
  if (c.has_input(3)) {
    const Term zero = cast(form.rows(as_bytes(3), indices), scales.type());
    centred = whole - for_each_element(c, zero, block, width);
  } else if (table->type == DataType::kUINT8) {
    centred = whole - static_cast<double>(int64_t{1} << (form.bits - 1));
  }
  c.set_output(0, centred * for_each_element(c, scales, block, width));
}

}  // namespace dvt::onnx
