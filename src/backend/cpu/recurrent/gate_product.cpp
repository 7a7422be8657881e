#include "backend/cpu/recurrent/gate_product.h"

#include <algorithm>

#include "backend/cpu/common/support.h"
#include "backend/cpu/matmul/pack.h"

namespace dvt::cpu {
namespace {

jit::VectorIsa isa_of(const backend::Target& t) {
  return t.has(backend::Isa::kAvx512) ? jit::VectorIsa::kAvx512 : jit::VectorIsa::kAvx2;
}

}  // namespace

GateProduct::GateProduct(const backend::Target& t, int64_t gate_rows)
    : panels_{gate_rows, jit::lanes(isa_of(t))}, tile_rows_(jit::max_tile_rows(isa_of(t))) {
  stride_ = (gate_rows + panels_.lanes - 1) / panels_.lanes * panels_.lanes;
  std::vector<jit::TileForm> forms;
  for (int r = 1; r <= static_cast<int>(tile_rows_); ++r)
    for (int v = 1; v <= jit::kMaxTileVectors; ++v) forms.push_back({r, v, false});
  kernels_ = jit::TileKernels::get({isa_of(t), jit::TileKind::kPacked, {}, {}}, forms);
}

void GateProduct::pack(const backend::PackArgs& args, int64_t directions, int64_t depth) const {
  const int64_t packed = packed_floats(depth), plain = panels_.columns * depth;
  for (int64_t d = 0; d < directions; ++d)
    pack_matrix(reinterpret_cast<const float*>(args.data.data()) + d * plain, true, depth, panels_,
                reinterpret_cast<float*>(args.packed.data()) + d * packed, args.pool);
}

void GateProduct::add_panels(int64_t p0, int64_t p1, const float* packed, const float* row, int64_t row_stride,
                             int64_t rows, int64_t depth, bool backwards, float* sums) const {
  jit::TileArgs args;
  args.c_stride = stride_ * 4;
  args.accumulate = 1;
  args.set_depth(0, depth);
  for (int64_t first = 0; first < rows; first += tile_rows_) {
    const int64_t count = std::min(tile_rows_, rows - first);
    const float* pointers[16];
    for (int64_t r = 0; r < count; ++r) pointers[r] = row + (first + r) * row_stride;
    args.a_rows = pointers;
    for (int64_t i = p0; i < p1; ++i) {
      const int64_t p = backwards ? p0 + p1 - 1 - i : i;
      args.b = packed + p * panels_.width() * depth;
      args.c = sums + first * stride_ + p * panels_.width();
      kernels_->find({static_cast<int>(count), panels_.vectors_of(p), false})(&args);
    }
  }
}

backend::Support recurrent_supports(const backend::Problem& p, const backend::Target& t) {
  using backend::Support;
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (auto no = needs_dtype(p, DType::f32)) return *no;
  if (!t.can_jit) return Support::no("executable memory is denied");
  if (!t.has(backend::Isa::kAvx2)) return Support::no("needs AVX2");
  for (size_t i : {1, 2})
    if (!p.inputs[i].constant || !p.inputs[i].is_static()) return Support::no("weights are not constant");
  return Support::yes();
}

}  // namespace dvt::cpu
