// Positions of elements that are not 0: each part of x is counted, then written to its place in the result.
#include "ops/data/non_zero.h"

#include <algorithm>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"

namespace dvt::cpu {
namespace {

using namespace backend;

constexpr int64_t kMaxParts = 64;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::NonZero>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  const DType t = p.inputs[0].dtype;
  if (t != DType::f32 && t != DType::b8 && t != DType::i32 && t != DType::i64 && t != DType::u8 && t != DType::i8)
    return Support::no(concat("input is ", t));
  return Support::yes();
}

constexpr int64_t kChunk = 8;      // elements that are passed over together
constexpr int64_t kCounted = 128;  // elements whose number fits a byte

template <class T>
int64_t count(const T* x, int64_t begin, int64_t end) {
  int64_t n = 0;
  for (int64_t i = begin; i < end; i += kCounted) {
    uint8_t some = 0;
    for (int64_t k = i; k < std::min(end, i + kCounted); ++k) some = static_cast<uint8_t>(some + (x[k] != T{0}));
    n += some;
  }
  return n;
}

template <class T>
bool is_empty(const T* chunk) {
  bool any = false;
  for (int64_t k = 0; k < kChunk; ++k) any |= chunk[k] != T{0};
  return !any;
}

/// Writes the positions in [begin, end) from column `column` of `y` on, whose rows are `stride` apart.
template <class T>
void list(const TensorRef& x, int64_t begin, int64_t end, int64_t* y, int64_t column, int64_t stride) {
  const T* elements = static_cast<const T*>(x.data);
  const int last = x.rank - 1;
  int64_t index[kMaxRank] = {};  // the last one is the line's first position
  int64_t rest = begin;
  for (int a = last; a >= 0; --a) {
    index[a] = x.dims[a] ? rest % x.dims[a] : 0;
    rest = x.dims[a] ? rest / x.dims[a] : 0;
  }
  for (int64_t i = begin; i < end;) {
    const int64_t line = i, first = last < 0 ? 0 : index[last];
    const int64_t line_end = last < 0 ? end : std::min(end, i + x.dims[last] - first);
    while (i < line_end) {
      const int64_t stop = std::min(line_end, i + kChunk);
      if (stop - i == kChunk && is_empty(elements + i)) {
        i = stop;
        continue;
      }
      for (; i < stop; ++i) {
        if (elements[i] == T{0}) continue;
        for (int a = 0; a < last; ++a) y[a * stride + column] = index[a];
        if (last >= 0) y[last * stride + column] = first + (i - line);
        ++column;
      }
    }
    if (last >= 0) index[last] = 0;
    for (int a = last - 1; a >= 0 && ++index[a] == x.dims[a]; --a) index[a] = 0;
  }
}

template <class T>
void non_zero(const LaunchArgs& args) {
  const TensorRef& x = args.inputs[0];
  const int64_t total = volume(x.dims, x.rank);
  const int64_t parts = parts_for(static_cast<double>(total) * 0.5, std::min<int64_t>(kMaxParts, args.pool->threads()));
  const auto begin_of = [&](int64_t part) { return total / parts * part + std::min(part, total % parts); };
  int64_t first[kMaxParts + 1] = {};
  const auto each = [&](const auto& body) {
    if (parts == 1) return body(int64_t{0});
    args.pool->parallel_for(parts, [&](int64_t part, int) { body(part); });
  };
  const T* elements = static_cast<const T*>(x.data);
  each([&](int64_t part) { first[part + 1] = count(elements, begin_of(part), begin_of(part + 1)); });
  for (int64_t part = 0; part < parts; ++part) first[part + 1] += first[part];
  int64_t* y = static_cast<int64_t*>(args.outputs[0].data);
  each([&](int64_t part) { list<T>(x, begin_of(part), begin_of(part + 1), y, first[part], first[parts]); });
  args.late[0] = first[parts];
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  switch (p.inputs[0].dtype) {
    case DType::f32:
      return make_kernel(&non_zero<float>);
    case DType::i32:
      return make_kernel(&non_zero<int32_t>);
    case DType::i64:
      return make_kernel(&non_zero<int64_t>);
    default:
      return make_kernel(&non_zero<uint8_t>);
  }
}

}  // namespace

Tactic non_zero_count() { return {.version = 2, .supports = supports, .create = create}; }

}  // namespace dvt::cpu
