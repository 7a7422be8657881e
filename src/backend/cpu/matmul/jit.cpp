// f32 matmul by generated tile kernels, in both vector forms; matmul_problem.h says how a problem is mapped.
#include "backend/cpu/matmul/matmul_problem.h"

namespace dvt::cpu {
namespace {

template <jit::VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.version = 2;
  t.slices = true;
  t.work = 1;
  t.isa = jit::abilities(kIsa);
  t.supports = [](const backend::Problem& p, const backend::Target& target) {
    std::string reason = MatmulProblem::refusal(p, target, kIsa);
    return reason.empty() ? backend::Support::yes() : backend::Support::no(std::move(reason));
  };
  t.workspace = [](const backend::Problem& p, const backend::Target& target) {
    return matmul_workspace(p, target, kIsa);
  };
  t.pack = [](const backend::Problem& p, const backend::Target&, const backend::PackArgs& args) {
    pack_constant_b(p, kIsa, args);
  };
  t.packed_bytes = [](const backend::Problem& p, const backend::Target&, int input) {
    return input == 1 ? packed_b_bytes(p, kIsa) : 0;
  };
  t.create = [](const backend::Problem& p, const backend::Target& target) { return make_matmul(p, target, kIsa); };
  return t;
}

}  // namespace

backend::Tactic matmul_jit_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic matmul_jit_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
