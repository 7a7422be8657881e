#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"
#include "expr/expr.h"
#include "ops/op.h"

namespace dvt::backend {

/// Order of a tensor's elements in memory. Logical dims stay N, C, spatial… in every layout.
enum class Layout : uint8_t {
  plain,          ///< Row-major over the logical dims.
  channels_last,  ///< N, spatial…, C: channel innermost. Rank 3 to 5 only.
};
std::string_view to_string(Layout l);

/// Logical dimension that lies at position `i` of memory, outermost first: identity, or N, spatial…, C.
inline int memory_axis(Layout layout, int rank, int i) {
  if (layout == Layout::plain || i == 0) return i;
  return i == rank - 1 ? 1 : i + 1;
}
/// Position in memory of logical dimension `axis`.
inline int memory_position(Layout layout, int rank, int axis) {
  if (layout == Layout::plain || axis == 0) return axis;
  return axis == 1 ? rank - 1 : axis - 1;
}

/// One operand of a problem.
///
/// An operand may be a slice of a larger tensor along one axis: a part of a concatenation that is written in place, or
/// of a fused result. The dimensions from that axis inwards, in the order of memory, then lie contiguous in blocks, and
/// consecutive blocks begin TensorRef::pitch elements apart: with channels innermost, a block is a position's channels.
struct Operand {
  DType dtype = DType::f32;
  Layout layout = Layout::plain;
  bool constant = false;  ///< Known at build time: may be packed.
  std::vector<DimRange> dims;
  int slice_axis = -1;  ///< Logical axis; -1: all elements lie contiguous.

  int rank() const { return static_cast<int>(dims.size()); }
  bool is_static() const;
  std::vector<int64_t> at_opt() const;
  std::vector<int64_t> at_min() const;
  std::vector<int64_t> at_max() const;
  bool is_slice() const { return slice_axis >= 0; }
  friend bool operator==(const Operand&, const Operand&) = default;
};
/// Elements of one block of a slice with these dims, and how many blocks there are.
int64_t block_elements(const Operand& slice, const std::vector<int64_t>& dims);
int64_t block_count(const Operand& slice, const std::vector<int64_t>& dims);
/// Whether the layouts order this operand's elements differently: false with one channel, with one position, or where
/// there is no channel axis (ranks other than 3 to 5).
bool layout_matters(const Operand& o);
/// "f32[1..8@4,3,224,224]", with ":cl" for channels_last, ":slice1" for a slice along axis 1 and a leading "const " for
/// a constant.
std::string to_string(const Operand& o);

/// The largest dimension of an operand.
inline constexpr int64_t kMaxDim = int64_t{1} << 40;

/// One op with its types, layouts, epilogue and dimensions.
///
/// `inputs` are the op's own inputs followed by the epilogue's extra operands (for op `pointwise`: just its inputs).
/// With an epilogue e, output 0 = e(op result, extra operands…), broadcast to the result's shape; for `pointwise`
/// output 0 = e(inputs…). The canonical text is the timing-cache key, benchmark argument, corpus line and plan entry.
struct Problem {
  ops::Op op;
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  expr::Expr epilogue;
  int num_op_inputs = 0;  ///< How many of `inputs` belong to the op itself.

  std::span<const Operand> op_inputs() const { return {inputs.data(), static_cast<size_t>(num_op_inputs)}; }
  std::span<const Operand> extra_inputs() const {
    return std::span(inputs).subspan(static_cast<size_t>(num_op_inputs));
  }
};

/// The first operand that is a slice, or nullptr.
const Operand* find_slice(const Problem& p);
/// The first operand that is text, or nullptr.
const Operand* find_text(const Problem& p);
/// How many late sizes the problem's op reports.
int num_late(const Problem& p);
/// Dims of the outputs for inputs at opt, when the op has reported `late`. Only ops without an epilogue report.
std::vector<std::vector<int64_t>> output_dims_at_opt(const Problem& p, std::span<const int64_t> late);

/// One line: "conv{pads_begin=[1,1],…} (f32[1..8@4,3,32,32]:cl, const f32[16,3,3,3]; const f32[1,16,1,1]) -> f32[…]:cl
/// | (f32,f32) relu(add($0,$1))". The semicolon separates the epilogue's operands; the part from | on is absent without
/// one.
std::string to_string(const Problem& p);
/// Reads to_string's form; checks arity, ranks, dims (0 ≤ min ≤ opt ≤ max ≤ 2^40), epilogue operand count and types,
/// and that infer() accepts the static types. Throws Error(kInvalidArgument) saying what is wrong: plans are untrusted.
Problem parse_problem(std::string_view text);

}  // namespace dvt::backend
