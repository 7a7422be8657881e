#include "backend/cpu/pool/pool_loops.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/pool/pool_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/row-inl.h"
#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

/// Taps [first, last) of a window along one axis that lie on data, at output position o.
struct Taps {
  int64_t first, last, start;  // start: input position of tap 0
  int64_t counted;             // taps that lie on data or padding
};
Taps taps_at(const PoolGeometry& g, int axis, int64_t o) {
  Taps t;
  const int64_t d = g.dilation[axis];
  t.start = o * g.stride[axis] - g.pad[axis];
  if (t.start >= 0 && t.start + d * (g.kernel[axis] - 1) < g.in[axis]) {
    t.first = 0;
    t.last = t.counted = g.kernel[axis];
    return t;
  }
  t.first = t.start < 0 ? (-t.start + d - 1) / d : 0;
  t.last = g.in[axis] > t.start ? std::min(g.kernel[axis], (g.in[axis] - t.start + d - 1) / d) : 0;
  t.first = std::min(t.first, g.kernel[axis]);
  t.last = std::max(t.last, t.first);
  const int64_t limit = g.in[axis] + g.pad_end[axis] - t.start;
  t.counted = std::clamp<int64_t>((limit + d - 1) / d, 0, g.kernel[axis]);
  return t;
}

float divisor(const PoolGeometry& g, const Taps& d, const Taps& h, const Taps& w) {
  const int64_t n = g.count_include_pad ? d.counted * h.counted * w.counted
                                        : (d.last - d.first) * (h.last - h.first) * (w.last - w.first);
  return n > 0 ? static_cast<float>(n) : 1.0f;
}

constexpr float kLowest = -std::numeric_limits<float>::infinity();

// NaN wins a maximum.
float larger(float a, float b) { return b > a || b != b ? b : a; }

/// y[o] op= x[o * stride] for o in [0, n).
template <bool kAverage, int kStride>
HWY_INLINE void accumulate(const float* x, float* y, int n, int64_t stride) {
  const int64_t step = kStride > 0 ? kStride : stride;
  DVT_LOOP y[i] = kAverage ? y[i] + x[i * step] : larger(y[i], x[i * step]);
}

/// row[o] op= line[o * stride + tap], for every tap of a window along the width and every output where it lies inside.
template <bool kAverage>
void combine_taps(const PoolGeometry& g, const float* line, float* row) {
  for (int64_t kw = 0; kw < g.kernel[2]; ++kw) {
    const int64_t shift = kw * g.dilation[2] - g.pad[2], s = g.stride[2];
    const int64_t first = shift < 0 ? (-shift + s - 1) / s : 0;
    const int64_t last = g.in[2] > shift ? std::min(g.out[2], (g.in[2] - shift + s - 1) / s) : 0;
    if (first >= last) continue;
    const float* from = line + first * s + shift;
    const int n = static_cast<int>(last - first);
    if (s == 1)
      accumulate<kAverage, 1>(from, row + first, n, s);
    else if (s == 2)
      accumulate<kAverage, 2>(from, row + first, n, s);
    else
      accumulate<kAverage, 0>(from, row + first, n, s);
  }
}

constexpr int64_t kLineFloats = 4096;

// The window of most networks: 2 x 2 in steps of 2, without padding.
bool is_halving(const PoolGeometry& g) {
  const auto halves = [&](int a) {
    return g.kernel[a] == 2 && g.stride[a] == 2 && g.dilation[a] == 1 && g.pad[a] == 0 && 2 * g.out[a] <= g.in[a];
  };
  return g.kernel[0] == 1 && g.stride[0] == 1 && g.pad[0] == 0 && g.in[0] == g.out[0] && halves(1) && halves(2);
}

template <bool kAverage, class V>
HWY_INLINE V combine(V a, V b) {
  if (kAverage) return hn::Add(a, b);
  return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
}

/// The first n elements of a vector at x; reads nothing else.
HWY_INLINE RowVec load_part(const float* x, int64_t n) {
  const RowTag d;
  if (n <= 0) return hn::Zero(d);
  return n < static_cast<int64_t>(hn::Lanes(d)) ? load_tail(x, n, 0.0f) : hn::LoadU(d, x);
}

/// Neighbours of the row whose halves these are.
template <bool kAverage>
HWY_INLINE RowVec combine_pairs(RowVec low, RowVec high) {
#if HWY_TARGET == HWY_SCALAR
  return combine<kAverage>(low, high);
#else
  const RowTag d;
  return combine<kAverage>(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
#endif
}

template <bool kAverage>
void halve_rows(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), n = g.out[2];
  int64_t depth = begin / g.out[1], height = begin % g.out[1];
  for (int64_t r = begin; r < end; ++r) {
    const float* a = x + (depth * g.in[1] + height * 2) * g.in[2];
    const float* b = a + g.in[2];
    float* row = y + r * n;
    if (++height == g.out[1]) height = 0, ++depth;
    for (int64_t i = 0; i < n; i += lanes) {
      const int64_t at = 2 * i, left = 2 * (n - i);
      const auto low = combine<kAverage>(load_part(a + at, left), load_part(b + at, left));
      const auto high =
          combine<kAverage>(load_part(a + at + lanes, left - lanes), load_part(b + at + lanes, left - lanes));
      const auto both = combine_pairs<kAverage>(low, high);
      const auto result = kAverage ? hn::Mul(both, hn::Set(d, 0.25f)) : both;
      if (n - i < lanes)
        store_tail(result, row + i, n - i);
      else
        hn::StoreU(result, d, row + i);
    }
  }
}

// Windows that lie on data alone have one divisor.
void divide_row(const PoolGeometry& g, const Taps& d, const Taps& h, float* row) {
  const int64_t s = g.stride[2], extent = g.dilation[2] * (g.kernel[2] - 1) + 1;
  const int64_t first = std::min(g.out[2], (g.pad[2] + s - 1) / s);
  const int64_t room = g.in[2] + g.pad[2] - extent;  // of the origin of a window
  const int64_t last = room < 0 ? first : std::clamp(room / s + 1, first, g.out[2]);
  for (int64_t o = 0; o < first; ++o) row[o] /= divisor(g, d, h, taps_at(g, 2, o));
  if (first < last) {
    const float whole = divisor(g, d, h, taps_at(g, 2, first));
    float* inner = row + first;
    const int n = static_cast<int>(last - first);
    DVT_LOOP inner[i] /= whole;
  }
  for (int64_t o = last; o < g.out[2]; ++o) row[o] /= divisor(g, d, h, taps_at(g, 2, o));
}

template <bool kAverage>
void plain_rows(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  if (is_halving(g)) return halve_rows<kAverage>(g, x, y, begin, end);
  const int64_t width = g.out[2];
  // The window's lines are combined first, so that the strided taps along the width are taken once.
  const bool lines_first = g.in[2] <= kLineFloats && g.kernel[0] * g.kernel[1] > 1;
  float combined[kLineFloats];
  for (int64_t r = begin; r < end; ++r) {
    const Taps td = taps_at(g, 0, r / g.out[1]), th = taps_at(g, 1, r % g.out[1]);
    float* row = y + r * width;
    std::fill_n(row, width, kAverage ? 0.0f : kLowest);
    if (lines_first) std::fill_n(combined, g.in[2], kAverage ? 0.0f : kLowest);
    for (int64_t kd = td.first; kd < td.last; ++kd)
      for (int64_t kh = th.first; kh < th.last; ++kh) {
        const int64_t depth = td.start + kd * g.dilation[0], height = th.start + kh * g.dilation[1];
        const float* line = x + (depth * g.in[1] + height) * g.in[2];
        if (lines_first)
          accumulate<kAverage, 1>(line, combined, static_cast<int>(g.in[2]), 1);
        else
          combine_taps<kAverage>(g, line, row);
      }
    if (lines_first) combine_taps<kAverage>(g, combined, row);
    if (!kAverage) continue;
    divide_row(g, td, th, row);
  }
}

/// One output position: channels in blocks of four vectors, then single vectors, then what is left.
template <bool kAverage>
HWY_INLINE void pool_position(const PoolGeometry& g, const float* x, float* y, const Taps& td, const Taps& th,
                              const Taps& tw) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), channels = g.channels;
  const float factor = kAverage ? 1.0f / divisor(g, td, th, tw) : 1.0f;
  const auto start = hn::Set(d, kAverage ? 0.0f : kLowest);
  const auto for_each_tap = [&](auto&& body) HWY_ATTR {
    for (int64_t kd = td.first; kd < td.last; ++kd)
      for (int64_t kh = th.first; kh < th.last; ++kh)
        for (int64_t kw = tw.first; kw < tw.last; ++kw)
          body(x + (((td.start + kd * g.dilation[0]) * g.in[1] + th.start + kh * g.dilation[1]) * g.in[2] + tw.start +
                    kw * g.dilation[2]) *
                       g.x_position);
  };
  int64_t c = 0;
  for (; c + 4 * lanes <= channels; c += 4 * lanes) {
    auto a0 = start, a1 = start, a2 = start, a3 = start;
    for_each_tap([&](const float* p) HWY_ATTR {
      a0 = combine<kAverage>(a0, hn::LoadU(d, p + c));
      a1 = combine<kAverage>(a1, hn::LoadU(d, p + c + lanes));
      a2 = combine<kAverage>(a2, hn::LoadU(d, p + c + 2 * lanes));
      a3 = combine<kAverage>(a3, hn::LoadU(d, p + c + 3 * lanes));
    });
    const auto f = hn::Set(d, factor);
    hn::StoreU(kAverage ? hn::Mul(a0, f) : a0, d, y + c);
    hn::StoreU(kAverage ? hn::Mul(a1, f) : a1, d, y + c + lanes);
    hn::StoreU(kAverage ? hn::Mul(a2, f) : a2, d, y + c + 2 * lanes);
    hn::StoreU(kAverage ? hn::Mul(a3, f) : a3, d, y + c + 3 * lanes);
  }
  for (; c + lanes <= channels; c += lanes) {
    auto a = start;
    for_each_tap([&](const float* p) HWY_ATTR { a = combine<kAverage>(a, hn::LoadU(d, p + c)); });
    hn::StoreU(kAverage ? hn::Mul(a, hn::Set(d, factor)) : a, d, y + c);
  }
  if (c < channels) {
    auto a = start;
    for_each_tap([&](const float* p) HWY_ATTR { a = combine<kAverage>(a, load_tail(p + c, channels - c, 0.0f)); });
    store_tail(kAverage ? hn::Mul(a, hn::Set(d, factor)) : a, y + c, channels - c);
  }
}

template <bool kAverage>
void channels_last_rows(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const Taps td = taps_at(g, 0, r / g.out[1]), th = taps_at(g, 1, r % g.out[1]);
    for (int64_t o = 0; o < g.out[2]; ++o)
      pool_position<kAverage>(g, x, y + (r * g.out[2] + o) * g.y_position, td, th, taps_at(g, 2, o));
  }
}

}  // namespace

void pool_plain_rows(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  g.average ? plain_rows<true>(g, x, y, begin, end) : plain_rows<false>(g, x, y, begin, end);
}
void pool_channels_last_rows(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  g.average ? channels_last_rows<true>(g, x, y, begin, end) : channels_last_rows<false>(g, x, y, begin, end);
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

PoolRows pool_rows_plain(const backend::Target& t) { return DVT_SIMD_PICK(t, pool_plain_rows); }
PoolRows pool_rows_channels_last(const backend::Target& t) { return DVT_SIMD_PICK(t, pool_channels_last_rows); }

}  // namespace dvt::cpu
#endif
