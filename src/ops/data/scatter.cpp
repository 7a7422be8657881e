#include "ops/data/scatter.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

double combine(ScatterReduction reduction, double old, double update) {
  switch (reduction) {
    case ScatterReduction::none:
      return update;
    case ScatterReduction::add:
      return old + update;
    case ScatterReduction::mul:
      return old * update;
    case ScatterReduction::max:
      return update > old || std::isnan(update) ? update : old;
    case ScatterReduction::min:
      return update < old || std::isnan(update) ? update : old;
  }
  return update;
}

int64_t combine_ints(ScatterReduction reduction, DType t, int64_t old, int64_t update) {
  switch (reduction) {
    case ScatterReduction::none:
      return update;
    case ScatterReduction::add:
      return wrap_add(old, update);
    case ScatterReduction::mul:
      return wrap_mul(old, update);
    case ScatterReduction::max:
      return int_less(t, old, update) ? update : old;
    case ScatterReduction::min:
      return int_less(t, update, old) ? update : old;
  }
  return update;
}

}  // namespace

void require_scattered(std::string_view op, ScatterReduction reduction, DType type) {
  if (type == DType::text && reduction != ScatterReduction::none)
    reject(op, "reduction ", kScatterReductionNames[static_cast<size_t>(reduction)], " of text; only none moves it");
}

void scatter_element(ScatterReduction reduction, const ReadView& updates, int64_t from, const WriteView& y,
                     int64_t to) {
  if (reduction == ScatterReduction::none) return copy_elements(updates, from, y, to);
  const ReadView old = y.read();
  if (is_floating(y.dtype()))
    y.set(to, combine(reduction, old.get(to), updates.get(from)));
  else
    y.set_int(to, combine_ints(reduction, y.dtype(), old.get_int(to), updates.get_int(from)));
}

}  // namespace dvt::ops
