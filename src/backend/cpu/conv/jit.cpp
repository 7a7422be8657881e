// f32 convolution by generated tile kernels, in both vector forms; tile_conv.h says how a problem is mapped.
#include "backend/cpu/conv/tile_conv.h"

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
    std::string reason = tile_conv_refusal(p, target, kIsa);
    return reason.empty() ? backend::Support::yes() : backend::Support::no(std::move(reason));
  };
  t.workspace = [](const backend::Problem& p, const backend::Target& target) {
    return tile_conv_workspace(p, target, kIsa);
  };
  t.pack = [](const backend::Problem& p, const backend::Target&, const backend::PackArgs& args) {
    tile_conv_pack(p, kIsa, args);
  };
  t.packed_bytes = [](const backend::Problem& p, const backend::Target&, int input) {
    return input == 1 ? tile_conv_packed_bytes(p, kIsa) : 0;
  };
  t.create = [](const backend::Problem& p, const backend::Target& target) { return make_tile_conv(p, target, kIsa); };
  return t;
}

}  // namespace

backend::Tactic conv_jit_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_jit_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
