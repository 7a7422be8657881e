#include "onnx/import/packed.h"

namespace dvt::onnx {
namespace {

void check_bits(int64_t bits) {
  if (bits != 2 && bits != 4 && bits != 8)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("numbers of ", bits, " bits are not supported; 2, 4 and 8 are");
}

/// Zero points of blocks: packed like the weights, with each row padded to a whole byte; or numbers of the scale's
/// type.
Term block_zero_points(ImporterContext& c, const BlockWeights& w, int input, DataType type) {
  if (!c.has_input(input)) return filled(c, Extents{w.n, w.blocks()}, static_cast<double>(1 << (w.bits - 1)), type);
  const Constant* given = c.constant(input);
  if (c.type(input) != DataType::kUINT8) return reshape(cast(Term(c, input), type), Extents{w.n, w.blocks()});
  const int64_t in_byte = 8 / w.bits, padded = (w.blocks() + in_byte - 1) / in_byte * in_byte;
  Term all = given ? cast(Term(c, c.constant_tensor(packed_numbers(*given, w.bits, {w.n, padded}))), type)
                   : cast(unpacked(reshape(Term(c, input), Extents{w.n, padded / in_byte}), w.bits), type);
  return padded == w.blocks() ? all : slice(all, 1, 0, w.blocks());
}

}  // namespace

ConstantPtr packed_numbers(const Constant& bytes, int64_t bits, std::vector<int64_t> dims) {
  check_bits(bits);
  int64_t count = 1;
  for (const int64_t d : dims) count *= d;
  if (bytes.type != DataType::kUINT8 || bytes.volume() * 8 != count * bits)
    refuse(ParserCode::kINVALID_NODE)("'", bytes.name, "' has ", bytes.volume(), " elements of ", type_name(bytes.type),
                                      "; ", count, " numbers of ", bits, " bits take ", count * bits / 8, " bytes");
  auto copy = std::make_shared<Constant>(bytes);
  copy->type = bits == 2 ? DataType::kUINT2 : bits == 4 ? DataType::kUINT4 : DataType::kUINT8;
  copy->dims = std::move(dims);
  return copy;
}

Term unpacked(Term bytes, int64_t bits) {
  check_bits(bits);
  ImporterContext& c = bytes.context();
  const Term whole = cast(bytes, DataType::kINT32);
  if (bits == 8) return whole;
  const int64_t range = int64_t{1} << bits;
  std::vector<Term> parts;
  for (int64_t shift = 1; shift < 256; shift *= range) {
    const Term high = shift == 1 ? whole : whole / static_cast<double>(shift);
    parts.push_back(unsqueeze(remainder(high, high.number(static_cast<double>(range))), {bytes.rank()}));
  }
  Extents shape = bytes.extents();
  shape.back() = multiply(c, shape.back(), 8 / bits);
  return reshape(join(parts, bytes.rank()), shape);
}

void BlockWeights::check() const {
  check_bits(bits);
  constexpr int64_t kMost = int64_t{1} << 28;  // products of two and a width stay within 64 bits
  if (k < 1 || n < 1 || block < 1 || k > kMost || n > kMost || block > kMost || block * bits % 8 != 0)
    refuse(ParserCode::kINVALID_NODE)("K is ", k, ", N is ", n, " and block_size is ", block);
}

Term block_weights(ImporterContext& c, const BlockWeights& w, int weights, int scales, int zero_points) {
  w.check();
  const Constant* packed = c.constant(weights);
  if (!packed) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the weights must be constant");
  const Term scale = reshape(Term(c, scales), Extents{w.n, w.blocks(), 1});
  const Term whole =
      cast(Term(c, c.constant_tensor(packed_numbers(*packed, w.bits, {w.n, w.blocks(), w.block}))), scale.type());
  const Term zero = unsqueeze(block_zero_points(c, w, zero_points, scale.type()), {2});
  const Term real = reshape((whole - zero) * scale, Extents{w.n, w.blocks() * w.block});
  return w.blocks() * w.block == w.k ? real : slice(real, 1, 0, w.k);
}

}  // namespace dvt::onnx
