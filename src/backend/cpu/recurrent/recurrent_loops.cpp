#include "backend/cpu/recurrent/recurrent_loops.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/recurrent/recurrent_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/row-inl.h"
#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

/// A vector at p, of which the first n lanes are data.
HWY_INLINE RowVec load_some(const float* p, int64_t n) {
  const RowTag d;
  return n >= static_cast<int64_t>(hn::Lanes(d)) ? hn::LoadU(d, p) : load_tail(p, n, 0.0f);
}
HWY_INLINE void store_some(RowVec v, float* p, int64_t n) {
  const RowTag d;
  if (n >= static_cast<int64_t>(hn::Lanes(d)))
    hn::StoreU(v, d, p);
  else
    store_tail(v, p, n);
}

void lstm(const float* gates, float* cell, float* state, int64_t n) {
  const RowTag d;
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) {
    const int64_t left = n - i;
    const auto input = sigmoid_f32(load_some(gates + i, left));
    const auto output = sigmoid_f32(load_some(gates + n + i, left));
    const auto forget = sigmoid_f32(load_some(gates + 2 * n + i, left));
    const auto candidate = tanh_f32(load_some(gates + 3 * n + i, left));
    const auto c = hn::MulAdd(forget, load_some(cell + i, left), hn::Mul(input, candidate));
    store_some(c, cell + i, left);
    store_some(hn::Mul(output, tanh_f32(c)), state + i, left);
  }
}

void gru(const float* from_x, const float* from_h, const float* previous, float* state, int64_t n) {
  const RowTag d;
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) {
    const int64_t left = n - i;
    const auto update = sigmoid_f32(hn::Add(load_some(from_x + i, left), load_some(from_h + i, left)));
    const auto reset = sigmoid_f32(hn::Add(load_some(from_x + n + i, left), load_some(from_h + n + i, left)));
    const auto candidate =
        tanh_f32(hn::MulAdd(reset, load_some(from_h + 2 * n + i, left), load_some(from_x + 2 * n + i, left)));
    const auto old = load_some(previous + i, left);
    store_some(hn::MulAdd(update, hn::Sub(old, candidate), candidate), state + i, left);
  }
}

}  // namespace

RecurrentLoops make_recurrent_loops() { return {&lstm, &gru}; }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

RecurrentLoops recurrent_loops(const backend::Target& t) { return DVT_SIMD_PICK(t, make_recurrent_loops)(); }

}  // namespace dvt::cpu
#endif
