#include "backend/cpu/pointwise/output_epilogue.h"

#include "base/concat.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Operand;
using backend::Problem;
using backend::Support;
using backend::TensorRef;

Refusal OutputEpilogue::refusal(const Problem& p) {
  if (p.epilogue.is_identity()) return std::nullopt;
  if (p.epilogue.input_type(0) != p.outputs[0].dtype)
    return Support::no(
        concat("the epilogue turns ", to_string(p.epilogue.input_type(0)), " into ", to_string(p.outputs[0].dtype)));
  if (!is_lane_type(p.outputs[0].dtype)) return Support::no("the epilogue's elements share bytes");
  for (const Operand& o : p.extra_inputs()) {
    if (!is_lane_type(o.dtype)) return Support::no("elements of an epilogue operand share bytes");
    if (o.layout != backend::Layout::plain && o.rank() != p.outputs[0].rank())
      return Support::no("a channels_last epilogue operand is not of the output's rank");
  }
  return std::nullopt;
}

OutputEpilogue::OutputEpilogue(const Problem& p, const backend::Target& t) {
  if (p.epilogue.is_identity()) return;
  std::vector<Operand> operands{p.outputs[0]};
  operands.insert(operands.end(), p.extra_inputs().begin(), p.extra_inputs().end());
  program_.emplace(p.epilogue, operands, p.outputs[0], t);
  first_extra_ = p.num_op_inputs;
  extras_ = static_cast<int>(p.extra_inputs().size());
}

void OutputEpilogue::apply(const LaunchArgs& args, void* workspace) const {
  if (!program_) return;
  const TensorRef* operands[expr::Expr::kMaxInputs];
  operands[0] = &args.outputs[0];
  for (int i = 0; i < extras_; ++i) operands[i + 1] = &args.inputs[first_extra_ + i];
  program_->run(*args.pool, operands, args.outputs[0], workspace);
}

}  // namespace dvt::cpu
