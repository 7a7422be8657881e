// f32 1x1 convolution on channels-last tensors by one step of Strassen's method: pixels are rows, filters columns.
#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/conv/tile_conv.h"
#include "backend/cpu/matmul/strassen_product.h"
#include "backend/tactic.h"

namespace dvt::cpu {
namespace {

using backend::Layout;
using backend::Problem;
using backend::Support;
using backend::Target;
using jit::VectorIsa;

DimRange row_range(const Problem& p) {
  DimRange rows{1, 1, 1};
  for (int i = 0; i < p.outputs[0].rank(); ++i)
    if (const DimRange& d = p.outputs[0].dims[static_cast<size_t>(i)]; i != 1)
      rows = {rows.min * d.min, rows.opt * d.opt, rows.max * d.max};
  return rows;
}

ColumnPanels panels_of(const ConvShape& s, VectorIsa isa) { return {s.filters, jit::lanes(isa)}; }

template <VectorIsa kIsa>
std::string refusal(const Problem& p, const Target& t) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(kIsa)); !reason.empty()) return reason;
  const ConvShape s = ConvGeometry(p).fixed();
  if (s.taps() != 1 || s.groups != 1) return "it is not a 1x1 convolution of one group";
  for (int i = 0; i < 3; ++i)
    if (s.stride[static_cast<size_t>(i)] != 1 || s.pad[static_cast<size_t>(i)] != 0) return "it has strides or padding";
  for (const backend::Operand* o : {&p.inputs[0], &p.outputs[0]}) {
    if (o->layout != Layout::channels_last) return "a tensor is not channels-last";
    if (o->is_slice() && o->slice_axis != 1) return "a tensor is a slice along other axes than channels";
  }
  for (size_t i = 2; i < p.inputs[0].dims.size(); ++i)
    if (p.inputs[0].dims[i] != p.outputs[0].dims[i]) return "the image changes its size";
  if (std::string reason = EpilogueMap::refusal(p, pixel_axes(p, true), kIsa); !reason.empty()) return reason;
  return StrassenProduct::refusal(row_range(p).min, s.channels, panels_of(s, kIsa));
}

class StrassenConv final : public backend::Kernel {
 public:
  StrassenConv(const Problem& p, const Target& t, VectorIsa isa)
      : geometry_(p),
        map_(p, pixel_axes(p, true)),
        product_(geometry_.fixed().channels, panels_of(geometry_.fixed(), isa), row_range(p).max, t,
                 map_.spec(isa, jit::TileKind::kPacked)) {}

  void run(const backend::LaunchArgs& args) const noexcept override {
    const ConvShape s = geometry_.at(args);
    StrassenProduct::Operands o;
    o.result.rows = s.images * s.out_pixels();
    if (o.result.rows == 0 || s.in != s.out) return;
    o.a = static_cast<const float*>(args.inputs[0].data);
    o.a_stride = s.x.position;
    o.b = static_cast<const float*>(args.inputs[1].data);
    o.result.c = static_cast<float*>(args.outputs[0].data);
    o.result.c_stride = s.y.position;
    map_.bind(args, 0, o.result);
    product_.run(o, static_cast<float*>(args.workspace), *args.pool);
  }

 private:
  ConvGeometry geometry_;
  EpilogueMap map_;
  StrassenProduct product_;
};

template <VectorIsa kIsa>
size_t packed_bytes(const Problem& p, const Target&, int input) {
  const ConvShape s = ConvGeometry(p).fixed();
  return input == 1 ? StrassenProduct::packed_bytes(s.channels, panels_of(s, kIsa)) : 0;
}

template <VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.version = 2;
  t.slices = true;
  t.work = StrassenProduct::kWork;
  t.isa = jit::abilities(kIsa);
  t.supports = [](const Problem& p, const Target& target) {
    std::string reason = refusal<kIsa>(p, target);
    return reason.empty() ? Support::yes() : Support::no(std::move(reason));
  };
  t.workspace = [](const Problem& p, const Target& target) {
    const ConvShape s = ConvGeometry(p).fixed();
    return StrassenProduct::workspace(s.channels, panels_of(s, kIsa), target);
  };
  t.pack = [](const Problem& p, const Target&, const backend::PackArgs& args) {
    const ConvShape s = ConvGeometry(p).fixed();
    pack_strassen(reinterpret_cast<const float*>(args.data.data()), true, s.channels, panels_of(s, kIsa),
                  {reinterpret_cast<float*>(args.packed.data()), args.packed.size() / 4}, args.pool);
  };
  t.packed_bytes = packed_bytes<kIsa>;
  t.create = [](const Problem& p, const Target& target) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<StrassenConv>(p, target, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic conv_strassen_avx512() { return tactic<VectorIsa::kAvx512>(); }
backend::Tactic conv_strassen_avx2() { return tactic<VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
