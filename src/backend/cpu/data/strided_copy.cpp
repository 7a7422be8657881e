#include "backend/cpu/data/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "backend/cpu/common/parallel.h"

namespace dvt::cpu {
namespace {

constexpr int64_t kTile = 16;  // elements a side: both sides of a tile stay in L1
constexpr int64_t kInterleavedTile = 512, kMostInterleaved = 6;
constexpr double kBytesPerNs = 8;     // streaming copy
constexpr double kElementsPerNs = 1;  // element by element

template <class T>
void fill_typed(T* dst, const T* value, int64_t count) {
  std::fill_n(dst, count, *value);
}

template <class T>
void copy_row(T* dst, int64_t dst_step, const T* src, int64_t src_step, int64_t count) {
  if (dst_step == 1 && src_step == 1) {
    std::memcpy(dst, src, static_cast<size_t>(count) * sizeof(T));
  } else if (dst_step == 1 && src_step == 0) {
    std::fill_n(dst, count, *src);
  } else {
    for (int64_t i = 0; i < count; ++i) dst[i * dst_step] = src[i * src_step];
  }
}

template <class T>
void copy_rows(ThreadPool& pool, const CopyNest& nest, T* dst, const T* src) {
  const int inner = nest.rank - 1;
  const int64_t row = nest.dims[inner];
  const int64_t dst_step = nest.strides[0][inner], src_step = nest.strides[1][inner];
  int64_t rows = 1;
  for (int i = 0; i < inner; ++i) rows *= nest.dims[i];
  const bool streams = dst_step == 1 && (src_step == 1 || src_step == 0);
  const double row_ns = 4 + static_cast<double>(row) * (streams ? sizeof(T) / kBytesPerNs : 1 / kElementsPerNs);
  parallel_for(pool, rows, row_ns, [&](int64_t begin, int64_t end) {
    LoopCursor<2> at(nest, inner, begin);
    for (int64_t r = begin; r < end; ++r, at.next())
      copy_row(dst + at.offset[0], dst_step, src + at.offset[1], src_step, row);
  });
}

/// dst[a, b] = src[b, a] on a tile: dst steps by 1 along b and by dst_step along a, src by 1 along a and src_step along
/// b.
template <class T>
void transpose_tile(T* dst, int64_t dst_step, const T* src, int64_t src_step, int64_t a_count, int64_t b_count) {
  if (a_count == kTile && b_count == kTile) {
    alignas(64) T tile[kTile][kTile];
    for (int64_t b = 0; b < kTile; ++b)
      for (int64_t a = 0; a < kTile; ++a) tile[a][b] = src[b * src_step + a];
    for (int64_t a = 0; a < kTile; ++a) std::memcpy(dst + a * dst_step, tile[a], sizeof tile[a]);
    return;
  }
  for (int64_t a = 0; a < a_count; ++a)
    for (int64_t b = 0; b < b_count; ++b) dst[a * dst_step + b] = src[b * src_step + a];
}

/// The same where dst is `kCount` sources in turn, as pixels of few channels are.
template <int kCount, class T>
void interleave(T* __restrict dst, const T* __restrict src, int64_t src_step, int64_t count) {
  for (int64_t a = 0; a < count; ++a)
    for (int b = 0; b < kCount; ++b) dst[a * kCount + b] = src[b * src_step + a];
}

template <class T>
void interleave(T* dst, const T* src, int64_t src_step, int64_t count, int64_t sources) {
  switch (sources) {
    case 2:
      return interleave<2>(dst, src, src_step, count);
    case 3:
      return interleave<3>(dst, src, src_step, count);
    case 4:
      return interleave<4>(dst, src, src_step, count);
    case 5:
      return interleave<5>(dst, src, src_step, count);
    default:
      return interleave<6>(dst, src, src_step, count);
  }
}

/// The last loop is contiguous in dst, loop `a` in src.
template <class T>
void copy_transposed(ThreadPool& pool, const CopyNest& nest, int a, T* dst, const T* src) {
  const int b = nest.rank - 1;
  CopyNest outer = nest;
  outer.remove_loop(b);
  outer.remove_loop(a);
  const int64_t a_dim = nest.dims[a], b_dim = nest.dims[b];
  const int64_t dst_step = nest.strides[0][a], src_step = nest.strides[1][b];
  const bool interleaves = b_dim >= 2 && b_dim <= kMostInterleaved && dst_step == b_dim;
  const int64_t tile = interleaves ? kInterleavedTile : kTile, a_tiles = (a_dim + tile - 1) / tile;
  const int64_t items = outer.iterations() * a_tiles;
  const double item_ns = 10 + static_cast<double>(std::min(tile, a_dim) * b_dim) / kElementsPerNs;
  parallel_for(pool, items, item_ns, [&](int64_t begin, int64_t end) {
    LoopCursor<2> at(outer, outer.rank, begin / a_tiles);
    for (int64_t item = begin; item < end; ++item) {
      const int64_t a0 = item % a_tiles * tile;
      const int64_t a_count = std::min(tile, a_dim - a0);
      T* to = dst + at.offset[0] + a0 * dst_step;
      const T* from = src + at.offset[1] + a0;
      if (interleaves) interleave(to, from, src_step, a_count, b_dim);
      for (int64_t b0 = interleaves ? b_dim : 0; b0 < b_dim; b0 += kTile)
        transpose_tile(to + b0, dst_step, from + b0 * src_step, src_step, a_count, std::min(kTile, b_dim - b0));
      if (a0 + tile >= a_dim) at.next();
    }
  });
}

template <class T>
void copy_typed(ThreadPool& pool, const CopyNest& nest, void* dst, const void* src) {
  const int inner = nest.rank - 1;
  T* to = static_cast<T*>(dst);
  const T* from = static_cast<const T*>(src);
  const int64_t step = nest.strides[1][inner];
  if (nest.strides[0][inner] == 1 && step != 1 && step != 0)
    for (int i = inner - 1; i >= 0; --i)
      if (nest.strides[1][i] == 1) return copy_transposed(pool, nest, i, to, from);
  copy_rows(pool, nest, to, from);
}

}  // namespace

void strided_copy(ThreadPool& pool, CopyNest nest, size_t element, void* dst, const void* src) {
  if (nest.iterations() == 0) return;
  nest.collapse();
  if (nest.rank == 1 && nest.strides[0][0] == 1 && nest.strides[1][0] == 1)
    return copy_bytes(pool, dst, src, static_cast<size_t>(nest.dims[0]) * element);
  switch (element) {
    case 1:
      return copy_typed<uint8_t>(pool, nest, dst, src);
    case 2:
      return copy_typed<uint16_t>(pool, nest, dst, src);
    case 4:
      return copy_typed<uint32_t>(pool, nest, dst, src);
    default:
      return copy_typed<uint64_t>(pool, nest, dst, src);
  }
}

void copy_bytes(ThreadPool& pool, void* dst, const void* src, size_t bytes) {
  if (bytes == 0 || dst == src) return;
  constexpr size_t kPiece = 1 << 14;
  const int64_t pieces = static_cast<int64_t>((bytes + kPiece - 1) / kPiece);
  parallel_for(pool, pieces, kPiece / kBytesPerNs, [&](int64_t begin, int64_t end) {
    const size_t from = static_cast<size_t>(begin) * kPiece;
    const size_t to = std::min(bytes, static_cast<size_t>(end) * kPiece);
    std::memcpy(static_cast<char*>(dst) + from, static_cast<const char*>(src) + from, to - from);
  });
}

void fill_elements(void* dst, const void* value, size_t element, int64_t count) {
  switch (element) {
    case 1:
      return fill_typed(static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(value), count);
    case 2:
      return fill_typed(static_cast<uint16_t*>(dst), static_cast<const uint16_t*>(value), count);
    case 4:
      return fill_typed(static_cast<uint32_t*>(dst), static_cast<const uint32_t*>(value), count);
    default:
      return fill_typed(static_cast<uint64_t*>(dst), static_cast<const uint64_t*>(value), count);
  }
}

}  // namespace dvt::cpu
