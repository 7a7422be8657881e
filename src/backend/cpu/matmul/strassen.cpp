// f32 matmul with a constant B by one step of Strassen's method (strassen_shape.h): an eighth less to multiply, at the
// cost of 7/4 of the packed weights.
#include "backend/cpu/matmul/matmul_problem.h"
#include "backend/cpu/matmul/strassen_product.h"

namespace dvt::cpu {
namespace {

using backend::LaunchArgs;
using backend::Problem;
using backend::Support;
using backend::Target;
using jit::VectorIsa;

DimRange row_range(const Problem& p, const MatmulProblem& m) {
  return product(std::span(p.outputs[0].dims).first(static_cast<size_t>(m.axes.outer + m.axes.rows)));
}

struct Sizes {
  int64_t depth = 0;
  ColumnPanels panels;
  Sizes(const Problem& p, const MatmulProblem& m, VectorIsa isa) {
    const auto& b = p.inputs[1].dims;
    depth = b[b.size() - 2].opt;
    panels = {b.back().opt, jit::lanes(isa)};
    if (m.transpose_b) std::swap(depth, panels.columns);
  }
};

template <VectorIsa kIsa>
Support supports(const Problem& p, const Target& t) {
  if (std::string reason = MatmulProblem::refusal(p, t, kIsa); !reason.empty()) return Support::no(std::move(reason));
  const MatmulProblem m(p, kIsa);
  if (!p.inputs[1].constant) return Support::no("b is not constant");
  if (!m.folded) return Support::no("there is more than one product");
  const Sizes s(p, m, kIsa);
  std::string reason = StrassenProduct::refusal(row_range(p, m).min, s.depth, s.panels);
  return reason.empty() ? Support::yes() : Support::no(std::move(reason));
}

class StrassenMatmul final : public backend::Kernel {
 public:
  StrassenMatmul(const Problem& p, const Target& t, VectorIsa isa)
      : m_(p, isa),
        sizes_(p, m_, isa),
        map_(p, m_.axes),
        product_(sizes_.depth, sizes_.panels, row_range(p, m_).max, t, map_.spec(isa, jit::TileKind::kPacked)) {}

  void run(const LaunchArgs& args) const noexcept override {
    const backend::TensorRef &a = args.inputs[0], &c = args.outputs[0];
    StrassenProduct::Operands o;
    o.result.rows = 1;
    for (int i = 0; i < c.rank - 1; ++i) o.result.rows *= c.dims[i];
    if (o.result.rows == 0 || a.dims[a.rank - 1] != sizes_.depth) return;
    o.a = static_cast<const float*>(a.data);
    o.a_stride = matrix_strides(a).row;
    o.b = static_cast<const float*>(args.inputs[1].data);
    o.result.c = static_cast<float*>(c.data);
    o.result.c_stride = matrix_strides(c).row;
    map_.bind(args, 0, o.result);
    product_.run(o, static_cast<float*>(args.workspace), *args.pool);
  }

 private:
  MatmulProblem m_;
  Sizes sizes_;
  EpilogueMap map_;
  StrassenProduct product_;
};

template <VectorIsa kIsa>
size_t packed_bytes(const Problem& p, const Target&, int input) {
  if (input != 1) return 0;
  const Sizes s(p, MatmulProblem(p, kIsa), kIsa);
  return StrassenProduct::packed_bytes(s.depth, s.panels);
}

template <VectorIsa kIsa>
void pack(const Problem& p, const Target&, const backend::PackArgs& args) {
  const MatmulProblem m(p, kIsa);
  const Sizes s(p, m, kIsa);
  pack_strassen(reinterpret_cast<const float*>(args.data.data()), m.transpose_b, s.depth, s.panels,
                {reinterpret_cast<float*>(args.packed.data()), args.packed.size() / 4}, args.pool);
}

template <VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.version = 2;
  t.slices = true;
  t.work = StrassenProduct::kWork;
  t.isa = jit::abilities(kIsa);
  t.supports = supports<kIsa>;
  t.workspace = [](const Problem& p, const Target& target) {
    const Sizes s(p, MatmulProblem(p, kIsa), kIsa);
    return StrassenProduct::workspace(s.depth, s.panels, target);
  };
  t.pack = pack<kIsa>;
  t.packed_bytes = packed_bytes<kIsa>;
  t.create = [](const Problem& p, const Target& target) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<StrassenMatmul>(p, target, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic matmul_strassen_avx512() { return tactic<VectorIsa::kAvx512>(); }
backend::Tactic matmul_strassen_avx2() { return tactic<VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
