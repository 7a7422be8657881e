#include "api/build/random_numbers.h"

#include <cmath>

#include "ops/data/range.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

/// A 32-bit hash of each element's index.
ir::Value* hashed(Lowering& graph, const Dim& count, uint32_t seed) {
  const auto number = [&](uint32_t v) { return graph.integer(DType::u32, v); };
  const auto mix = [&](ir::Value* x, uint32_t shift) {
    return graph.apply(ExprOp::bit_xor, {x, graph.apply(ExprOp::shift_right, {x, number(shift)})});
  };
  ir::Value* x = graph.add(ops::Range{.count = {count}}, {number(seed), number(0x9e3779b9U)});
  x = graph.apply(ExprOp::mul, {mix(x, 16), number(0x7feb352dU)});
  x = graph.apply(ExprOp::mul, {mix(x, 15), number(0x846ca68bU)});
  return mix(x, 16);
}

/// (hash / 256 + offset) / 2^24: exact in f32.
ir::Value* fractions(Lowering& graph, const Dim& count, uint32_t seed, double offset) {
  ir::Value* x = graph.apply(ExprOp::shift_right, {hashed(graph, count, seed), graph.integer(DType::u32, 8)});
  x = graph.cast(x, DType::f32);
  if (offset != 0) x = graph.apply(ExprOp::add, {x, graph.scalar(DType::f32, offset)});
  return graph.apply(ExprOp::mul, {x, graph.scalar(DType::f32, std::ldexp(1.0, -24))});
}

Dim volume_of(const std::vector<Dim>& shape) {
  Dim n(1);
  for (const Dim& d : shape) n = n * d;
  return n;
}

}  // namespace

ir::Value* uniform_numbers(Lowering& graph, const std::vector<Dim>& shape, uint32_t seed) {
  return graph.reshape(fractions(graph, volume_of(shape), seed, 0), shape);
}

ir::Value* normal_numbers(Lowering& graph, const std::vector<Dim>& shape, uint32_t seed) {
  constexpr uint32_t kOther = 0x68bc21ebU;
  const Dim count = volume_of(shape);
  ir::Value* length = graph.apply(ExprOp::log, {fractions(graph, count, seed, 1)});  // of a number in (0, 1]
  length = graph.apply(ExprOp::sqrt, {graph.apply(ExprOp::mul, {length, graph.scalar(DType::f32, -2)})});
  ir::Value* angle = graph.apply(
      ExprOp::mul, {fractions(graph, count, seed ^ kOther, 0), graph.scalar(DType::f32, 2 * 3.14159265358979323846)});
  return graph.reshape(graph.apply(ExprOp::mul, {length, graph.apply(ExprOp::cos, {angle})}), shape);
}

}  // namespace dvt::api
