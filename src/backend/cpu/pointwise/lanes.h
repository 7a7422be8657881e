#pragma once
#include <cstdint>

#include "backend/target.h"
#include "base/dtype.h"
#include "expr/expr.h"

namespace dvt::cpu {

/// What the interpreter keeps a chunk of values in: floating types up to 32 bits as float, every integer as int64_t
/// (u64 by its bits), booleans as bytes of 0 or 1.
enum class Lane : uint8_t { f32, f64, i64, b8 };
Lane lane_of(DType t);
inline int lane_bytes(Lane l) { return l == Lane::f32 ? 4 : l == Lane::b8 ? 1 : 8; }
/// Elements of a chunk: a few chunks of 8 bytes an element stay in L1.
inline constexpr int kChunk = 512;

/// out[i] = op(a[i], b[i], c[i]) for i < n <= kChunk; `out` may be an operand of the same size an element.
/// Some operators take a parameter as `c`.
using LaneOp = void (*)(const void* a, const void* b, const void* c, void* out, int n);
/// Reads n elements, `stride` elements apart (0 repeats one), into lanes. Where elements share bytes the stride is 0 or
/// 1 and the first one begins a byte.
using LaneLoad = void (*)(const void* from, int64_t stride, void* lanes, int n);
/// Writes n elements to contiguous memory, the first at the begin of a byte.
using LaneStore = void (*)(const void* lanes, void* to, int n);

/// Limits of an integer type, the parameter of a cast from floating point.
struct Saturation {
  float low, high;  ///< Values in [low, high) convert; `high` is the power of two above the largest.
  int64_t lowest, highest;
};
Saturation saturation_of(DType t);

/// The operator in the operands' type (for select: that of the values), or nullptr where only the reference has it.
/// The result still has to be brought to its type by lane_finish.
LaneOp lane_op(const backend::Target& t, expr::ExprOp op, DType operand);
/// The conversion of a cast before lane_finish, or nullptr where only the reference has it. Takes a Saturation as `c`.
LaneOp lane_cast(const backend::Target& t, DType from, DType to);
/// Rounds or wraps lanes to a type in place; nullptr when there is nothing to do.
LaneOp lane_finish(const backend::Target& t, DType type);
LaneLoad lane_load(const backend::Target& t, DType type);
LaneStore lane_store(const backend::Target& t, DType type);

}  // namespace dvt::cpu
