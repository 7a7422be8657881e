// Each class of each batch on its own: candidates sorted by an integer made of score and position, boxes that were
// taken kept together so that one vectorised pass over them finds an overlap. The classes' results are joined at the
// end.
#include "ops/nn/non_max_suppression.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/select/overlap_loops.h"

namespace dvt::cpu {
namespace {

using namespace backend;
using ops::Corners;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::NonMaxSuppression>(p)) return not_this_op(p);
  if (auto no = needs_plain_layouts(p)) return *no;
  if (p.inputs[0].dtype != DType::f32) return Support::no("boxes are not f32");
  if (p.inputs[0].dims[1].max > UINT32_MAX) return Support::no("there are more than 2^32 boxes");
  for (size_t i = 3; i < p.inputs.size(); ++i)
    if (p.inputs[i].dtype != DType::f32) return Support::no("a threshold is not f32");
  if (p.inputs[2].dtype != DType::i64 && p.inputs[2].dtype != DType::i32)
    return Support::no("the largest number of boxes is neither i32 nor i64");
  return Support::yes();
}

/// Scratch memory: of each thread, then what each class took.
struct Scratch {
  size_t keys, boxes, thread_bytes, classes, taken;  // of the largest shapes
  explicit Scratch(const Problem& p) {
    const auto n = static_cast<size_t>(p.inputs[0].dims[1].max);
    keys = n * sizeof(uint64_t);
    boxes = n * TakenBoxes::kArrays * sizeof(float);
    thread_bytes = (keys + boxes + 63) / 64 * 64;
    classes = static_cast<size_t>(p.inputs[1].dims[0].max * p.inputs[1].dims[1].max);
    taken = n * sizeof(uint32_t);
  }
  size_t total(int threads) const {
    return thread_bytes * static_cast<size_t>(threads) + classes * (taken + sizeof(int64_t));
  }
};
size_t workspace(const Problem& p, const Target& t) { return Scratch(p).total(t.threads); }

/// Smaller the better the score; equal scores by position. -0 equals 0.
uint64_t key_of(float score, int64_t position) {
  const uint32_t bits = std::bit_cast<uint32_t>(score + 0.0f);
  const uint32_t rising = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return uint64_t{~rising} << 32 | static_cast<uint64_t>(position);
}

struct Thresholds {
  int64_t most = 0;
  float overlap = 0, score = 0;
  bool has_score = false;
};

/// One class: returns how many positions it wrote to `taken`.
int64_t suppress(const ops::NonMaxSuppression& op, const OverlapLoops& loops, const float* boxes, int64_t box_stride,
                 const float* scores, int64_t n, const Thresholds& t, uint64_t* keys, const TakenBoxes& kept,
                 uint32_t* taken) {
  int64_t candidates = 0;
  for (int64_t i = 0; i < n; ++i)
    if (!t.has_score || scores[i] > t.score) keys[candidates++] = key_of(scores[i], i);
  if (op.candidates > 0 && candidates > op.candidates) {
    std::nth_element(keys, keys + op.candidates, keys + candidates);
    candidates = op.candidates;
  }
  std::sort(keys, keys + candidates);
  int64_t count = 0;
  for (int64_t k = 0; k < candidates && count < t.most; ++k) {
    const auto i = static_cast<uint32_t>(keys[k]);
    const float* b = boxes + static_cast<int64_t>(i) * box_stride;
    const Corners box = ops::corners_of(op.boxes, b[0], b[1], b[2], b[3]);
    if (loops.any(box, kept, count, t.overlap)) continue;
    kept.put(count, box);
    taken[count++] = i;
  }
  return count;
}

class NmsKernel final : public Kernel {
 public:
  NmsKernel(const Problem& p, const Target& t)
      : op_(*op_of<ops::NonMaxSuppression>(p)),
        loops_(overlap_loops(t)),
        scratch_(p),
        threads_(t.threads),
        wide_(p.inputs[2].dtype == DType::i64),
        own_boxes_(p.inputs[0].rank() == 4) {}

  void run(const LaunchArgs& args) const noexcept override {
    const TensorRef &boxes = args.inputs[0], &scores = args.inputs[1];
    const int64_t n = boxes.dims[1], classes = scores.dims[1], jobs = scores.dims[0] * classes;
    const Thresholds t = thresholds(args);
    auto* shared = static_cast<std::byte*>(args.workspace) + scratch_.thread_bytes * static_cast<size_t>(threads_);
    auto* counts = reinterpret_cast<int64_t*>(shared);
    auto* taken = reinterpret_cast<uint32_t*>(shared + scratch_.classes * sizeof(int64_t));
    const int64_t stride = own_boxes_ ? classes * 4 : 4;
    const auto job = [&](int64_t j, std::byte* own) {
      const float* first = static_cast<const float*>(boxes.data) + j / classes * n * stride;
      counts[j] = suppress(op_, loops_, own_boxes_ ? first + j % classes * 4 : first, stride,
                           static_cast<const float*>(scores.data) + j * n, n, t, reinterpret_cast<uint64_t*>(own),
                           TakenBoxes::over(reinterpret_cast<float*>(own + scratch_.keys), n), taken + j * n);
    };
    if (n > 0 && t.most > 0)
      parallel_parts(*args.pool, std::min<int64_t>(threads_, jobs), static_cast<double>(jobs * n) * 30,
                     [&](int64_t part, int64_t parts) {
                       auto* own =
                           static_cast<std::byte*>(args.workspace) + scratch_.thread_bytes * static_cast<size_t>(part);
                       for (int64_t j = part; j < jobs; j += parts) job(j, own);
                     });
    else
      std::fill_n(counts, jobs, 0);
    auto* y = static_cast<int64_t*>(args.outputs[0].data);
    int64_t total = 0;
    for (int64_t j = 0; j < jobs; ++j)
      for (int64_t k = 0; k < counts[j]; ++k, ++total) {
        y[total * 3] = j / classes;
        y[total * 3 + 1] = j % classes;
        y[total * 3 + 2] = taken[j * n + k];
      }
    args.late[0] = total;
  }

 private:
  Thresholds thresholds(const LaunchArgs& args) const {
    Thresholds t;
    t.most =
        wide_ ? *static_cast<const int64_t*>(args.inputs[2].data) : *static_cast<const int32_t*>(args.inputs[2].data);
    int next = 3;
    if (op_.has_max_overlap) t.overlap = *static_cast<const float*>(args.inputs[next++].data);
    t.has_score = op_.has_min_score;
    if (op_.has_min_score) t.score = *static_cast<const float*>(args.inputs[next].data);
    return t;
  }

  ops::NonMaxSuppression op_;
  OverlapLoops loops_;
  Scratch scratch_;
  int threads_;
  bool wide_, own_boxes_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<NmsKernel>(p, t); }

}  // namespace

Tactic non_max_suppression_sort() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
