#pragma once
#include <optional>

#include "backend/cpu/attention/attention_loops.h"
#include "backend/cpu/common/support.h"
#include "backend/kernel.h"
#include "ops/nn/attention.h"

namespace dvt::cpu {

/// What every attention tactic of f32 asks.
backend::Support attention_supports(const backend::Problem& p);

/// Sizes of a problem's operands, wherever their heads lie.
const DimRange& queries_of(const backend::Problem& p);
const DimRange& keys_of(const backend::Problem& p);

/// One run's sizes and operands.
struct AttentionLaunch {
  AttentionLaunch(const ops::Attention& op, std::optional<DType> mask, const backend::LaunchArgs& args);
  /// Type of the problem's mask, if it has one.
  static std::optional<DType> mask_of(const backend::Problem& p);

  int64_t batch, heads, queries, depth, groups, keys, width;

  const float* q_row(int64_t b, int64_t h, int64_t s) const { return q_.at(b, h, s); }
  float* out_row(int64_t b, int64_t h, int64_t s) const { return const_cast<float*>(out_.at(b, h, s)); }
  /// Number of the key head, over all batches, that a query's head reads; and its keys and values, row by row.
  int64_t key_head(int64_t b, int64_t h) const { return b * groups + h / (heads / groups); }
  const float* keys_of(int64_t head) const { return k_.at(head / groups, head % groups, 0); }
  const float* values_of(int64_t head) const { return v_.at(head / groups, head % groups, 0); }
  /// Floats from one row to the next.
  int64_t key_stride() const { return k_.strides[2]; }
  int64_t value_stride() const { return v_.strides[2]; }
  int64_t out_stride() const { return out_.strides[2]; }
  /// Keys that query s may see.
  int64_t visible(int64_t s) const;
  /// Scale and mask of a row of scores.
  AttentionRow row(int64_t b, int64_t h, int64_t s) const;

 private:
  /// Rows of an operand: the elements of one lie contiguous.
  struct Rows {
    Rows(const backend::TensorRef& t, bool by_position);
    const float* at(int64_t b, int64_t h, int64_t s) const {
      return data + b * strides[0] + h * strides[1] + s * strides[2];
    }
    const float* data;
    int64_t strides[4];
  };
  Rows q_, k_, v_, out_;
  const ops::Attention& op_;
  const void* mask_ = nullptr;
  bool mask_is_bool_ = false;
  int64_t mask_strides_[4] = {};
  float scale_;
};

}  // namespace dvt::cpu
