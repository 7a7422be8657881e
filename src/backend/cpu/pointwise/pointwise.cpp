// The pointwise ops through the interpreter: any program over any mix of types, shapes and layouts.
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/pointwise/chunked.h"
#include "backend/cpu/pointwise/pointwise_program.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!is_pointwise(p)) return not_this_op(p);
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (o.layout != Layout::plain && o.rank() != p.outputs[0].rank())
        return Support::no("a channels_last operand is not of the output's rank");
  if (const std::string why = ChunkedProgram::refusal(p.inputs, p.outputs[0]); !why.empty()) return Support::no(why);
  return Support::yes();
}

size_t workspace(const Problem& p, const Target& t) {
  return ChunkedProgram(pointwise_program(p), p.inputs, p.outputs[0], t).workspace();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  return make_kernel([program = ChunkedProgram(pointwise_program(p), p.inputs, p.outputs[0], t),
                      count = p.inputs.size()](const LaunchArgs& args) {
    const TensorRef* inputs[expr::Expr::kMaxInputs];
    for (size_t i = 0; i < count; ++i) inputs[i] = &args.inputs[i];
    program.run(*args.pool, inputs, args.outputs[0], args.workspace);
  });
}

}  // namespace

Tactic pointwise_interpreter() {
  return {.supports = supports, .workspace = workspace, .create = create, .slices = true};
}

}  // namespace dvt::cpu
