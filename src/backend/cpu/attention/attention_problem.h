#pragma once
#include <optional>

#include "backend/cpu/attention/attention_loops.h"
#include "backend/cpu/common/support.h"
#include "backend/kernel.h"
#include "ops/nn/attention.h"

namespace dvt::cpu {

/// What every attention tactic of f32 asks.
backend::Support attention_supports(const backend::Problem& p);

/// One run's sizes and operands.
struct AttentionLaunch {
  AttentionLaunch(const ops::Attention& op, std::optional<DType> mask, const backend::LaunchArgs& args);
  /// Type of the problem's mask, if it has one.
  static std::optional<DType> mask_of(const backend::Problem& p);

  int64_t batch, heads, queries, depth, groups, keys, width;
  const float *q, *k, *v;
  float* out;

  const float* q_row(int64_t b, int64_t h, int64_t s) const { return q + ((b * heads + h) * queries + s) * depth; }
  float* out_row(int64_t b, int64_t h, int64_t s) const { return out + ((b * heads + h) * queries + s) * width; }
  int64_t key_head(int64_t b, int64_t h) const { return b * groups + h / (heads / groups); }
  /// Keys that query s may see.
  int64_t visible(int64_t s) const;
  /// Scale and mask of a row of scores.
  AttentionRow row(int64_t b, int64_t h, int64_t s) const;

 private:
  const ops::Attention& op_;
  const void* mask_ = nullptr;
  bool mask_is_bool_ = false;
  int64_t mask_strides_[4] = {};
  float scale_;
};

}  // namespace dvt::cpu
