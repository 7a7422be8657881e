#pragma once
#include <cstddef>

#include "backend/cpu/common/loop_nest.h"
#include "base/dtype.h"

namespace dvt {
class ThreadPool;
}

namespace dvt::cpu {

/// Operand 0 is written, operand 1 is read; strides are in elements and may be 0 or negative for the read side.
using CopyNest = LoopNest<2>;

/// Copies element by element along the nest: rows by memcpy, transpositions by tiles. `element` is 1, 2, 4 or 8 bytes.
/// Loops should be in the written operand's memory order.
void strided_copy(ThreadPool& pool, CopyNest nest, size_t element, void* dst, const void* src);

/// Parallel memcpy.
void copy_bytes(ThreadPool& pool, void* dst, const void* src, size_t bytes);

/// Writes `count` elements equal to the one at `value`.
void fill_elements(void* dst, const void* value, size_t element, int64_t count);

/// Bytes of an element that the movers handle; 0 for packed types.
inline size_t mover_element(DType t) { return bits(t) % 8 == 0 ? static_cast<size_t>(bits(t)) / 8 : 0; }

}  // namespace dvt::cpu
