#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// How often known n-grams occur in each row of x[C] or x[B, C] (integers), as f32[size] or f32[B, size]. Inputs beside
/// x: pool i64, the n-grams one after the other, those of length 1 first; starts i64: where those of each length begin
/// in it; columns i64: the output column of each n-gram; weights f32[size], or none of them.
struct NgramCount {
  static constexpr OpId kId = OpId::ngram_count;
  enum class Mode {
    tf,     ///< The count.
    idf,    ///< The weight where the count is not 0.
    tfidf,  ///< The count times the weight.
  };
  Mode mode = Mode::tf;
  int64_t min_length = 1, max_length = 1;
  int64_t max_skip = 0;  ///< Elements of an n-gram may lie up to this many elements apart, all by the same number.
  int64_t size = 1;
  friend bool operator==(const NgramCount&, const NgramCount&) = default;
};
DECLARE_OP(NgramCount);

}  // namespace dvt::ops
