#pragma once
#include <optional>

#include "backend/tactic.h"
#include "base/concat.h"

namespace dvt::cpu {

// Conditions that families share. Each gives the refusal, or nothing when the problem meets it.
using Refusal = std::optional<backend::Support>;

/// The problem's operator as T, or nullptr; refuse with not_this_op().
template <class T>
const T* op_of(const backend::Problem& p) {
  return p.op.as<T>();
}
inline backend::Support not_this_op(const backend::Problem& p) {
  return backend::Support::no(concat("operator is ", p.op.name()));
}

Refusal needs_no_epilogue(const backend::Problem& p);
/// Every operand, extra ones included, is row-major.
Refusal needs_plain_layouts(const backend::Problem& p);
/// Every op input and output is of type `t`.
Refusal needs_dtype(const backend::Problem& p, DType t);
/// The layout that input 0 and output 0 are both in, where it matters to them; nothing when they differ.
std::optional<backend::Layout> shared_layout(const backend::Problem& p);
/// Input 0 and output 0 are contiguous or slices along their channels.
Refusal needs_channel_slices(const backend::Problem& p);
/// Elements are whole bytes, at most 8.
Refusal needs_whole_bytes(const backend::Operand& o);

}  // namespace dvt::cpu
