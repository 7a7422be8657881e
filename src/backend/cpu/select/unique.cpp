// Different elements of a vector: sorted with their positions, then gathered in the order that is asked for.
#include "ops/data/unique.h"

#include <algorithm>
#include <cmath>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Unique>(p);
  if (!op) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (op->has_axis && p.inputs[0].rank() != 1)
    return Support::no("slices of several elements are left to the reference");
  const DType t = p.inputs[0].dtype;
  if (t != DType::f32 && t != DType::i32 && t != DType::i64) return Support::no(concat("input is ", t));
  return Support::yes();
}

int64_t most_elements(const Problem& p) {
  const std::vector<int64_t> most = p.inputs[0].at_max();
  return volume(most.data(), static_cast<int>(most.size()));
}
// The sorted positions, and where each run begins among them.
size_t workspace(const Problem& p, const Target&) {
  return static_cast<size_t>(most_elements(p) + 1) * 2 * sizeof(int64_t);
}

// NaN comes last.
template <class T>
bool before(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return a < b;
}

template <class T>
void unique(const LaunchArgs& args, bool sorted) {
  const T* x = static_cast<const T*>(args.inputs[0].data);
  const int64_t n = volume(args.inputs[0].dims, args.inputs[0].rank);
  int64_t* order = static_cast<int64_t*>(args.workspace);
  int64_t* runs = order + n + 1;
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  std::sort(order, order + n,
            [x](int64_t a, int64_t b) { return before(x[a], x[b]) || (!before(x[b], x[a]) && a < b); });
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i)
    if (i == 0 || before(x[order[i - 1]], x[order[i]])) runs[count++] = i;
  runs[count] = n;
  T* y = static_cast<T*>(args.outputs[0].data);
  const auto results = [&](int k) { return static_cast<int64_t*>(args.outputs[k].data); };
  int64_t *first = results(1), *inverse = results(2), *counts = results(3);
  args.late[0] = count;
  if (sorted) {
    for (int64_t k = 0; k < count; ++k) {
      first[k] = order[runs[k]];
      y[k] = x[first[k]];
      counts[k] = runs[k + 1] - runs[k];
      for (int64_t i = runs[k]; i < runs[k + 1]; ++i) inverse[order[i]] = k;
    }
    return;
  }
  // Each element learns the run that it is in by the run's first position; counting those up gives the order of
  // first occurrence.
  for (int64_t k = 0; k < count; ++k)
    for (int64_t i = runs[k]; i < runs[k + 1]; ++i) inverse[order[i]] = order[runs[k]];
  int64_t next = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t leader = inverse[i];
    if (leader == i) {
      first[next] = i;
      y[next] = x[i];
      counts[next] = 1;
      order[i] = next;
      inverse[i] = next++;
    } else {
      inverse[i] = order[leader];
      ++counts[order[leader]];
    }
  }
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([type = p.inputs[0].dtype, sorted = op_of<ops::Unique>(p)->sorted](const LaunchArgs& args) {
    type == DType::f32   ? unique<float>(args, sorted)
    : type == DType::i32 ? unique<int32_t>(args, sorted)
                         : unique<int64_t>(args, sorted);
  });
}

}  // namespace

Tactic unique_sort() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
