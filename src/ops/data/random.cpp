#include "ops/data/random.h"

#include <cmath>
#include <numbers>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "random";
constexpr std::string_view kKinds[] = {"uniform", "normal"};

/// G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014: a counter through a mixer.
uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// In [0, 1), with 53 random bits.
double unit(uint64_t seed, uint64_t counter) {
  return std::ldexp(static_cast<double>(mixed(mixed(seed) + counter * 0x9e3779b97f4a7c15ULL) >> 11), -53);
}

/// The largest value of the type below `high` where rounding would reach it: the interval is half open.
double below(double v, double low, double high, DType t) {
  const double step = t == DType::f64 ? 0x1p-53 : t == DType::f32 ? 0x1p-24 : t == DType::f16 ? 0x1p-11 : 0x1p-8;
  const double largest = high - (high - low) * step;
  return high > low && v > largest ? largest : v;
}

}  // namespace

std::vector<TensorType> infer(const Random& op, std::span<const ValueInfo> in) {
  if (!is_floating(op.to)) reject(kName, "gives floating-point numbers, not ", op.to, "; insert a cast");
  if (!std::isfinite(op.a) || !std::isfinite(op.b)) reject(kName, "its parameters must be finite");
  return {{op.to, in[0].type.shape}};
}

void reference(const Random& op, std::span<const ReadView>, std::span<const WriteView> out) {
  const auto seed = static_cast<uint64_t>(op.seed);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const auto n = static_cast<uint64_t>(i);
    if (op.kind == Random::Kind::uniform) {
      out[0].set(i, below(op.a + (op.b - op.a) * unit(seed, n), op.a, op.b, op.to));
      continue;
    }
    // Box and Muller; 1 - u is never 0.
    const double radius = std::sqrt(-2 * std::log(1 - unit(seed, 2 * n)));
    out[0].set(i, op.a + op.b * radius * std::cos(2 * std::numbers::pi * unit(seed, 2 * n + 1)));
  }
}

Cost cost(const Random&, std::span<const TensorType>, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic({}, out, at, 20);
}

void visit_fields(Random& op, FieldVisitor& v) {
  v.choice("kind", op.kind, kKinds);
  v.field("a", op.a);
  v.field("b", op.b);
  v.field("seed", op.seed);
  v.field("to", op.to);
}

}  // namespace dvt::ops
