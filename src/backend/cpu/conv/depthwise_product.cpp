#include "backend/cpu/conv/depthwise_product.h"

#include <algorithm>

#include "backend/cpu/conv/row_table.h"
#include "backend/cpu/conv/tile_conv.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::TensorRef;

namespace {

constexpr int64_t kBufferBytes = 24 << 10;  // of the depthwise result between both: most of the first cache

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

// Pixels that are made before they are used, and the scratch for them in floats.
struct Chunk {
  int64_t tiles = 1, rows = 1, depthwise_table = 0, product_table = 0, buffer = 0;

  Chunk(const ConvShape& depthwise, jit::VectorIsa isa) {
    const int64_t tile_rows = jit::max_tile_rows(isa);
    tiles = std::clamp<int64_t>(kBufferBytes / (tile_rows * depthwise.channels * 4), 1, TileLoop::kMaxTilesPerPass);
    rows = tiles * tile_rows;
    depthwise_table = round_up(rows * depthwise.taps() * 2);
    product_table = round_up(rows * 2);
    buffer = round_up(rows * depthwise.channels);
  }
};

// By rows: rows of the image that are made before they are used. A product of fewer pixels reads its filter too often.
int64_t rows_at_once(const ConvShape& depthwise) {
  constexpr int64_t kMinPixels = 24;
  const int64_t width = depthwise.out[2];
  return std::max((kMinPixels + width - 1) / width, kBufferBytes / (width * depthwise.channels * 4));
}

}  // namespace

ChainPart::ChainPart(const ChainPartProblem& part, bool fold_images, DimRange pixels, jit::VectorIsa vectors,
                     jit::TileKind kind)
    : of(part),
      geometry(part.problem),
      map(part.problem, pixel_axes(part.problem, fold_images)),
      isa(vectors),
      kernels(jit::TileKernels::get(
          map.spec(isa, kind),
          tile_forms(isa, pixels.min, pixels.max, geometry.fixed().filters, geometry.fixed().filters))) {}

TileLoop ChainPart::loop(const LaunchArgs& chain, const TensorRef* output, int64_t image, int64_t first,
                         int64_t rows) const noexcept {
  TileLoop loop;
  loop.kernels = kernels.get();
  loop.rows = rows;
  loop.tiles = tile_count(rows, isa);
  loop.panels = {geometry.fixed().filters, jit::lanes(isa)};
  loop.depth = geometry.fixed().group_channels();
  loop.blocking = {.segments = 1, .depth = loop.depth};
  loop.b = static_cast<const float*>(chain.inputs[of.filter].data);
  map.bind(of.bind(chain, output), image, loop);
  for (int i = 0; i < loop.num_operands; ++i) {
    TileLoop::Operand& o = loop.operands[static_cast<size_t>(i)];
    o.data += first * o.row_bytes;
  }
  return loop;
}

bool DepthwiseProduct::by_rows(const ChainPartProblem& depthwise) {
  return WindowRows::refusal(depthwise.problem).empty();
}

DepthwiseProduct::DepthwiseProduct(const ChainPartProblem& depthwise, const ChainPartProblem& product, bool fold_images,
                                   DimRange pixels, jit::VectorIsa isa)
    : depthwise_(depthwise, fold_images, by_rows(depthwise) ? DimRange{0, 0, 0} : pixels, isa,
                 jit::TileKind::kDepthwise),
      product_(product, fold_images, by_rows(depthwise) ? DimRange{1, pixels.max, pixels.max} : pixels, isa,
               jit::TileKind::kPacked) {
  if (by_rows(depthwise)) {
    rows_.emplace(depthwise.problem, depthwise_.map, isa);
    chunk_rows_ = rows_at_once(depthwise_.geometry.at_max(depthwise.problem));
    return;
  }
  const int64_t zeros = RowTable::zeros(depthwise_.geometry.fixed());
  zeros_ = AlignedBuffer(static_cast<size_t>(zeros) * 4);
  std::fill_n(zeros_.as<float>(), zeros, 0.0f);
}

int64_t DepthwiseProduct::scratch_floats(const ChainPartProblem& depthwise, jit::VectorIsa isa) {
  const ConvGeometry geometry(depthwise.problem);
  if (by_rows(depthwise)) {
    const ConvShape s = geometry.at_max(depthwise.problem);
    const int64_t pixels = rows_at_once(s) * s.out[2];
    return round_up(pixels * 2) + round_up(pixels * s.channels);
  }
  const Chunk chunk(geometry.fixed(), isa);
  return chunk.depthwise_table + chunk.product_table + chunk.buffer;
}

void DepthwiseProduct::run_tiles(const Launch& r, int64_t pixels, int64_t x_image, int64_t image, int64_t t0,
                                 int64_t t1, float* scratch) const noexcept {
  const Chunk chunk(r.depthwise, depthwise_.isa);
  const int64_t channels = r.depthwise.channels;
  const float** table = reinterpret_cast<const float**>(scratch);
  const float** product_table = reinterpret_cast<const float**>(scratch + chunk.depthwise_table);
  float* buffer = scratch + chunk.depthwise_table + chunk.product_table;
  for (int64_t i = 0; i < chunk.rows; ++i) product_table[i] = buffer + i * channels;

  TileLoop depthwise = depthwise_.loop(*r.chain, r.between, image, r.first_row, pixels);
  depthwise.kind = jit::TileKind::kDepthwise;
  depthwise.segments = r.depthwise.taps();
  depthwise.c_stride = channels;
  TileLoop product = product_.loop(*r.chain, r.chain->outputs, image, r.first_row, pixels);
  product.c_stride = r.y.position;
  product.c = static_cast<float*>(r.chain->outputs[0].data) + image * r.y.image + r.first_row * r.y.position;

  int64_t offsets[1024];
  const RowTable rows(r.depthwise, false, r.x, zeros_.as<float>(), offsets);
  for (int64_t t = t0; t < t1; t += chunk.tiles) {
    const int64_t end = std::min(t1, t + chunk.tiles);
    rows.fill(depthwise, t, end, x_image, table, nullptr);
    depthwise.c = buffer - depthwise.row_of(t) * channels;  // where row 0 would be
    depthwise.run(table, t, end, 0, depthwise.panels.count());
    product.run(product_table, t, end, 0, product.panels.count());
  }
}

void DepthwiseProduct::run_rows(const Launch& r, int64_t image, int64_t begin, int64_t end,
                                float* scratch) const noexcept {
  const int64_t channels = r.depthwise.channels, width = r.depthwise.out[2];
  const float** table = reinterpret_cast<const float**>(scratch);
  float* buffer = scratch + round_up(chunk_rows_ * width * 2);
  for (int64_t i = 0; i < chunk_rows_ * width; ++i) table[i] = buffer + i * channels;
  const TileLoop depthwise = depthwise_.loop(*r.chain, r.between, image, r.first_row, r.depthwise.out_pixels());
  for (int64_t y = begin; y < end; y += chunk_rows_) {
    const int64_t stop = std::min(end, y + chunk_rows_);
    for (int64_t i = y; i < stop; ++i)
      rows_->run(r.depthwise, depthwise, r.x, i, buffer + (i - y) * width * channels, channels);
    TileLoop product = product_.loop(*r.chain, r.chain->outputs, image, r.first_row + y * width, (stop - y) * width);
    product.c_stride = r.y.position;
    product.c =
        static_cast<float*>(r.chain->outputs[0].data) + image * r.y.image + (r.first_row + y * width) * r.y.position;
    product.run(table, 0, product.tiles, 0, product.panels.count());
  }
}

}  // namespace dvt::cpu
