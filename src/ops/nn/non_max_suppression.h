#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Boxes of each batch and class in the order of their scores, without those that overlap one taken before: triples
/// (batch, class, box), i64[count,3], ordered by batch, class and falling score; equal scores by box. Late size 0 is
/// the count.
///
/// Inputs: boxes [batch, n, 4] or, each class with its own, [batch, n, classes, 4]; scores [batch, classes, n]; the
/// largest number of boxes a class (one integer; 0 and less: none); then, where the flags are set, the largest overlap
/// (intersection over union, else 0) and the score that a box must exceed (else every box is taken).
struct NonMaxSuppression {
  static constexpr OpId kId = OpId::non_max_suppression;
  enum class Boxes {
    corners,  ///< Two opposite corners in any order: y1, x1, y2, x2.
    centers   ///< x, y of the center, width, height.
  };
  Boxes boxes = Boxes::corners;
  int64_t candidates = 0;  ///< Only so many of the best scores of a class take part; 0: all.
  bool has_max_overlap = false, has_min_score = false;
  friend bool operator==(const NonMaxSuppression&, const NonMaxSuppression&) = default;
};
DECLARE_LATE_OP(NonMaxSuppression);

/// A box by its corners, low ones first. Overlaps are computed in f32, as they were when detectors were trained, so
/// that kernels agree at the threshold.
struct Corners {
  float y0, x0, y1, x1, area;
};
Corners corners_of(NonMaxSuppression::Boxes boxes, float a, float b, float c, float d);
inline bool overlaps(const Corners& p, const Corners& q, float most) {
  const float height = (p.y1 < q.y1 ? p.y1 : q.y1) - (p.y0 > q.y0 ? p.y0 : q.y0);
  const float width = (p.x1 < q.x1 ? p.x1 : q.x1) - (p.x0 > q.x0 ? p.x0 : q.x0);
  if (!(height > 0) || !(width > 0) || !(p.area > 0) || !(q.area > 0)) return false;
  const float common = height * width;
  return common / (p.area + q.area - common) > most;
}

}  // namespace dvt::ops
