#include "backend/cpu/matmul/portable_epilogue.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Operand;
using backend::Problem;
using backend::Support;
using backend::TensorRef;

Refusal PortableEpilogue::refusal(const Problem& p) {
  if (p.epilogue.is_identity()) return std::nullopt;
  if (!is_lane_type(p.outputs[0].dtype)) return Support::no("elements of the result share bytes");
  for (const Operand& o : p.extra_inputs()) {
    if (!is_lane_type(o.dtype)) return Support::no("elements of an epilogue operand share bytes");
    if (o.layout != backend::Layout::plain && o.rank() != p.outputs[0].rank())
      return Support::no("a channels_last epilogue operand is not of the output's rank");
  }
  return std::nullopt;
}

PortableEpilogue::PortableEpilogue(const Problem& p, const backend::Target& t) : result_(p.outputs[0]) {
  if (p.epilogue.is_identity()) return;
  result_.dtype = p.epilogue.input_type(0);
  if (result_.dtype != p.outputs[0].dtype) {
    const auto dims = result_.at_max();
    result_bytes_ = (byte_size(result_.dtype, volume(dims.data(), result_.rank())) + 127) / 64 * 64;
  }
  std::vector<Operand> operands{result_};
  operands.insert(operands.end(), p.extra_inputs().begin(), p.extra_inputs().end());
  program_.emplace(p.epilogue, operands, p.outputs[0], t);
  first_extra_ = p.num_op_inputs;
  extras_ = static_cast<int>(p.extra_inputs().size());
}

void PortableEpilogue::apply(const LaunchArgs& args, void* scratch) const noexcept {
  if (!program_) return;
  TensorRef result = args.outputs[0];
  result.data = this->result(args, scratch);
  const TensorRef* operands[expr::Expr::kMaxInputs];
  operands[0] = &result;
  for (int i = 0; i < extras_; ++i) operands[i + 1] = &args.inputs[first_extra_ + i];
  program_->run(*args.pool, operands, args.outputs[0], static_cast<std::byte*>(scratch) + result_bytes_);
}

}  // namespace dvt::cpu
