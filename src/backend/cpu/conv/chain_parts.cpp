#include "backend/cpu/conv/chain_parts.h"

#include "base/concat.h"
#include "ops/nn/conv_chain.h"

namespace dvt::cpu {

using backend::Operand;

std::vector<ChainPartProblem> chain_part_problems(const backend::Problem& p) {
  const auto& op = *p.op.as<ops::ConvChain>();
  const std::vector<ops::ChainPart> parts = ops::chain_parts(op);
  std::vector<ChainPartProblem> out;
  Operand x = p.inputs[0];
  for (const ops::ChainPart& part : parts) {
    const bool last = &part == &parts.back();
    const auto filter = static_cast<size_t>(part.filter);
    const size_t end = last ? p.inputs.size() : filter + 1 + static_cast<size_t>(part.num_operands);
    backend::Problem q;
    q.op = part.conv;
    q.epilogue = last ? p.epilogue : part.program;
    q.num_op_inputs = 2;
    q.inputs = {x, p.inputs[filter]};
    q.inputs.insert(q.inputs.end(), p.inputs.begin() + part.filter + 1, p.inputs.begin() + static_cast<long>(end));
    if (!last) {
      const bool expansion = op.has_expansion && out.empty();
      x = p.outputs[0];
      x.slice_axis = -1;
      x.dtype = part.program.is_identity() ? q.inputs[0].dtype : part.program.result_type();
      if (expansion) x.dims = q.inputs[0].dims;
      x.dims[1] = q.inputs[1].dims[0];
    }
    q.outputs = {last ? p.outputs[0] : x};
    out.push_back({std::move(q), part.filter});
  }
  return out;
}

// A problem that was made of another, of short floating types, has operands that its programs' texts do not know.
std::string chain_type_refusal(const std::vector<ChainPartProblem>& parts) {
  for (const ChainPartProblem& part : parts) {
    const backend::Problem& p = part.problem;
    for (const Operand* o : {&p.inputs[0], &p.inputs[1], &p.outputs[0]})
      if (o->dtype != DType::f32) return concat(to_string(*o), " is not f32");
    for (size_t k = 0; !p.epilogue.is_identity() && k < p.extra_inputs().size() + 1; ++k) {
      const DType type = k == 0 ? DType::f32 : p.extra_inputs()[k - 1].dtype;
      if (p.epilogue.input_type(static_cast<int>(k)) != type) return "a program has operands of other types";
    }
  }
  return {};
}

}  // namespace dvt::cpu
