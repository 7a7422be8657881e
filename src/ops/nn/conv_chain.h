#pragma once
#include "expr/expr.h"
#include "ops/nn/window.h"
#include "ops/op.h"

namespace dvt::ops {

/// Convolutions of which each is read by the next alone: perhaps one with a 1x1 window (the expansion), a depthwise
/// one, and one with a 1x1 window (the projection).
///
/// Inputs: x; where there is an expansion its filter and the operands of its program; the depthwise filter and the
/// operands of its program; the projection's filter. A program's operand 0 is the convolution's result, the others
/// broadcast to it. The projection's program rides on the node as its epilogue.
struct ConvChain {
  static constexpr OpId kId = OpId::conv_chain;
  std::vector<int64_t> strides, dilations;    ///< Of the depthwise convolution, as Conv has them.
  std::vector<int64_t> pads_begin, pads_end;  ///< The same.
  Padding padding = Padding::explicit_pads;
  int64_t channels = 1;  ///< Of the depthwise convolution.
  bool has_expansion = false;
  std::string expansion_program, depthwise_program;  ///< Text of an Expr; empty: none.
  friend bool operator==(const ConvChain&, const ConvChain&) = default;
};
DECLARE_OP(ConvChain);

/// One convolution of a chain with what follows it.
struct ChainPart {
  Op conv;
  expr::Expr program;    ///< Identity for the projection.
  int filter = 1;        ///< Which input of the chain the filter is; the program's operands follow it.
  int num_operands = 0;  ///< Inputs that are the program's operands.
};
/// In the order of their execution. Throws Error(kInvalidArgument) where a program's text makes no sense.
std::vector<ChainPart> chain_parts(const ConvChain& op);

}  // namespace dvt::ops
