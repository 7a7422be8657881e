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

/// One operand of a problem.
struct Operand {
  DType dtype = DType::f32;
  Layout layout = Layout::plain;
  bool constant = false;  ///< Known at build time: may be packed.
  std::vector<DimRange> dims;

  int rank() const { return static_cast<int>(dims.size()); }
  bool is_static() const;
  std::vector<int64_t> at_opt() const;
  std::vector<int64_t> at_min() const;
  std::vector<int64_t> at_max() const;
  friend bool operator==(const Operand&, const Operand&) = default;
};
/// Whether the layouts order this operand's elements differently: false with one channel, with one position, or where
/// there is no channel axis (ranks other than 3 to 5).
bool layout_matters(const Operand& o);
/// "f32[1..8@4,3,224,224]", with ":cl" for channels_last and a leading "const " for a constant.
std::string to_string(const Operand& o);

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

/// One line: "conv{pads_begin=[1,1],…} (f32[1..8@4,3,32,32]:cl, const f32[16,3,3,3]; const f32[1,16,1,1]) -> f32[…]:cl
/// | (f32,f32) relu(add($0,$1))". The semicolon separates the epilogue's operands; the part from | on is absent without
/// one.
std::string to_string(const Problem& p);
/// Reads to_string's form; checks arity, ranks, dims (0 ≤ min ≤ opt ≤ max ≤ 2^40), epilogue operand count and types,
/// and that infer() accepts the static types. Throws Error(kInvalidArgument) saying what is wrong: plans are untrusted.
Problem parse_problem(std::string_view text);

}  // namespace dvt::backend
