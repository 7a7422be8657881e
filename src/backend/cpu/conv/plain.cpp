// f32 convolution on row-major tensors, in both vector forms; plain_conv.h says how a problem is mapped.
#include "backend/cpu/conv/plain_conv.h"

namespace dvt::cpu {
namespace {

template <jit::VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.version = 1;
  t.slices = true;
  t.work = 1;
  t.isa = jit::abilities(kIsa);
  t.supports = [](const backend::Problem& p, const backend::Target& target) {
    std::string reason = plain_conv_refusal(p, target, kIsa);
    return reason.empty() ? backend::Support::yes() : backend::Support::no(std::move(reason));
  };
  t.workspace = [](const backend::Problem& p, const backend::Target& target) {
    return plain_conv_workspace(p, target, kIsa);
  };
  t.create = [](const backend::Problem& p, const backend::Target& target) { return make_plain_conv(p, target, kIsa); };
  return t;
}

}  // namespace

backend::Tactic conv_plain_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_plain_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
