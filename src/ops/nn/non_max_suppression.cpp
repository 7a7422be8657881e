#include "ops/nn/non_max_suppression.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "non_max_suppression";
constexpr std::string_view kBoxes[] = {"corners", "centers"};

void require_one(const TensorType& t, std::string_view what) {
  if (t.rank() > 1 || (t.rank() == 1 && t.shape[0] != Dim(1))) reject(kName, what, " must be one number, got ", t);
}

/// The boxes of one batch and class, and which of them are candidates, best first.
struct ClassOfBoxes {
  std::vector<Corners> boxes;
  std::vector<int64_t> order;
};

ClassOfBoxes load_class(const NonMaxSuppression& op, std::span<const ReadView> in, int64_t batch, int64_t cls) {
  const ReadView &boxes = in[0], &scores = in[1];
  const int64_t n = boxes.dim(1), classes = scores.dim(1);
  const int64_t per_box = boxes.rank() == 4 ? classes : 1, own = boxes.rank() == 4 ? cls : 0;
  ClassOfBoxes out;
  std::vector<double> score(static_cast<size_t>(n));
  const double least = op.has_min_score ? in.back().get(0) : 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = ((batch * n + i) * per_box + own) * 4;
    float c[4];
    for (int64_t k = 0; k < 4; ++k) c[k] = static_cast<float>(boxes.get(at + k));
    out.boxes.push_back(corners_of(op.boxes, c[0], c[1], c[2], c[3]));
    score[static_cast<size_t>(i)] = scores.get((batch * classes + cls) * n + i);
    if (!op.has_min_score || score[static_cast<size_t>(i)] > least) out.order.push_back(i);
  }
  std::stable_sort(out.order.begin(), out.order.end(),
                   [&](int64_t a, int64_t b) { return score[static_cast<size_t>(a)] > score[static_cast<size_t>(b)]; });
  if (op.candidates > 0 && static_cast<int64_t>(out.order.size()) > op.candidates)
    out.order.resize(static_cast<size_t>(op.candidates));
  return out;
}

}  // namespace

Corners corners_of(NonMaxSuppression::Boxes boxes, float a, float b, float c, float d) {
  if (boxes == NonMaxSuppression::Boxes::centers) {
    const float x0 = a - c / 2, x1 = a + c / 2, y0 = b - d / 2, y1 = b + d / 2;
    return {y0, x0, y1, x1, (y1 - y0) * (x1 - x0)};
  }
  const auto [y0, y1] = std::minmax(a, c);
  const auto [x0, x1] = std::minmax(b, d);
  return {y0, x0, y1, x1, (y1 - y0) * (x1 - x0)};
}

std::vector<TensorType> infer(const NonMaxSuppression& op, std::span<const ValueInfo> in) {
  const TensorType &boxes = in[0].type, &scores = in[1].type;
  require_floating(kName, boxes.dtype, "boxes");
  require_same_dtype(kName, scores.dtype, boxes.dtype, "scores");
  require_rank(kName, scores, 3, "scores");
  if (boxes.rank() != 3) require_rank(kName, boxes, 4, "boxes");
  require_same_dim(kName, boxes.shape[boxes.rank() - 1], 4, "the last dimension of boxes");
  require_same_dim(kName, scores.shape[0], boxes.shape[0], "the batch of scores");
  require_same_dim(kName, scores.shape[2], boxes.shape[1], "the number of scores");
  if (boxes.rank() == 4) require_same_dim(kName, boxes.shape[2], scores.shape[1], "the classes of boxes");
  require_integer(kName, in[2].type.dtype, "the largest number of boxes");
  require_one(in[2].type, "the largest number of boxes");
  const size_t expected = 3u + op.has_max_overlap + op.has_min_score;
  if (in.size() != expected) reject(kName, "its flags ask for ", expected, " inputs, got ", in.size());
  for (size_t i = 3; i < in.size(); ++i) {
    require_floating(kName, in[i].type.dtype, concat("input ", i));
    require_one(in[i].type, concat("input ", i));
  }
  if (op.candidates < 0) reject(kName, "candidates must not be negative, got ", op.candidates);
  return {{DType::i64, {late_symbol(0), 3}}};
}

std::vector<LateSize> late_sizes(const NonMaxSuppression& op, std::span<const ValueInfo> in) {
  const Shape& scores = in[1].type.shape;
  Dim per_class = scores[2];
  if (op.candidates > 0) per_class = min(per_class, op.candidates);
  if (in[2].value && in[2].value->size() == 1) per_class = min(per_class, max((*in[2].value)[0], 0));
  return {{.max = scores[0] * scores[1] * per_class}};
}

void reference(const NonMaxSuppression& op, std::span<const ReadView> in, std::span<const WriteView> out,
               std::span<int64_t> late) {
  const int64_t most = in[2].get_int(0);
  const auto overlap = static_cast<float>(op.has_max_overlap ? in[3].get(0) : 0);
  int64_t count = 0;
  for (int64_t batch = 0; batch < in[1].dim(0); ++batch)
    for (int64_t cls = 0; cls < in[1].dim(1); ++cls) {
      const ClassOfBoxes c = load_class(op, in, batch, cls);
      std::vector<int64_t> taken;
      for (int64_t i : c.order) {
        if (static_cast<int64_t>(taken.size()) >= most) break;
        const auto& box = c.boxes[static_cast<size_t>(i)];
        if (std::any_of(taken.begin(), taken.end(),
                        [&](int64_t t) { return overlaps(box, c.boxes[static_cast<size_t>(t)], overlap); }))
          continue;
        taken.push_back(i);
        out[0].set_int(count * 3, batch);
        out[0].set_int(count * 3 + 1, cls);
        out[0].set_int(count * 3 + 2, i);
        ++count;
      }
    }
  if (!late.empty()) late[0] = count;
}

Cost cost(const NonMaxSuppression&, std::span<const TensorType> in, std::span<const TensorType>,
          const SymbolValues& at) {
  Cost cost = traffic(in, {}, at);
  cost.flops = volume_at(in[1], at) * 50;
  return cost;
}

void visit_fields(NonMaxSuppression& op, FieldVisitor& v) {
  v.choice("boxes", op.boxes, kBoxes);
  v.field("candidates", op.candidates);
  v.field("has_max_overlap", op.has_max_overlap);
  v.field("has_min_score", op.has_min_score);
}

}  // namespace dvt::ops
