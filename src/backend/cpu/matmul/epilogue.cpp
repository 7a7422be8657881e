#include "backend/cpu/matmul/epilogue.h"

#include <algorithm>

#include "base/concat.h"

namespace dvt::cpu {

using backend::Operand;
using backend::Problem;

std::string EpilogueMap::read_entry(const Operand& o, const Operand& result, const ResultAxes& axes, Entry& entry) {
  const int rank = result.rank(), missing = rank - o.rank();
  if (missing < 0) return concat("epilogue operand ", to_string(o), " has more dimensions than the result");
  entry.type = o.dtype;
  const int slice_position = o.is_slice() ? memory_position(o.layout, o.rank(), o.slice_axis) : 0;
  if (o.is_slice()) entry.block = rank;
  bool by_row = false, by_column = false, row_repeats = false, column_repeats = false;
  int last_position = -1;
  std::array<bool, Shape::kMaxRank> all_varying{};
  for (int i = 0; i < rank; ++i) {
    const int axis = axes.order[static_cast<size_t>(i)];
    const DimRange& whole = result.dims[static_cast<size_t>(axis)];
    const DimRange one{1, 1, 1};
    const DimRange& own = axis < missing ? one : o.dims[static_cast<size_t>(axis - missing)];
    const bool repeats = own == one && whole != one;
    if (!repeats && own != whole)
      return concat("dimension ", axis, " of epilogue operand ", to_string(o), " is neither 1 nor the result's");
    const bool varies = !repeats && whole != one;
    if (varies) {
      const int position = memory_position(o.layout, o.rank(), axis - missing);
      if (position < last_position) return concat("epilogue operand ", to_string(o), " has another order in memory");
      last_position = position;
      all_varying[static_cast<size_t>(i)] = true;
      if (o.is_slice() && position >= slice_position) entry.block = std::min(entry.block, i);
    }
    if (i < axes.outer) {
      entry.by_outer[static_cast<size_t>(i)] = varies;
    } else if (i < axes.outer + axes.rows) {
      by_row |= varies;
      row_repeats |= repeats;
    } else {
      by_column |= varies;
      column_repeats |= repeats;
    }
  }
  if ((by_row && row_repeats) || (by_column && column_repeats))
    return concat("epilogue operand ", to_string(o), " repeats along a part of the rows or columns");
  // Columns must lie side by side, and rows equally far apart.
  if (o.is_slice() && by_column && entry.block == rank)
    return concat("the columns of epilogue operand ", to_string(o), " do not lie side by side");
  if (o.is_slice() && entry.block < rank && entry.block >= axes.outer) {
    const int part = entry.block >= axes.outer + axes.rows ? axes.outer + axes.rows : axes.outer;
    for (int i = part; i < entry.block; ++i)
      if (all_varying[static_cast<size_t>(i)])
        return concat("epilogue operand ", to_string(o), " is a slice along a part of the rows or columns");
  }
  entry.by_row = by_row;
  entry.by_column = by_column;
  return {};
}

std::string EpilogueMap::refusal(const Problem& p, const ResultAxes& axes, jit::VectorIsa isa) {
  if (p.epilogue.is_identity()) return {};
  for (const Operand& o : p.extra_inputs()) {
    Entry entry;
    if (std::string reason = read_entry(o, p.outputs[0], axes, entry); !reason.empty()) return reason;
  }
  return jit::TileKernels::refusal(EpilogueMap(p, axes).spec(isa, jit::TileKind::kPacked));
}

EpilogueMap::EpilogueMap(const Problem& p, const ResultAxes& axes)
    : epilogue_(p.epilogue), axes_(axes), first_input_(p.num_op_inputs) {
  for (const Operand& o : p.extra_inputs()) read_entry(o, p.outputs[0], axes, entries_.emplace_back());
}

jit::TileSpec EpilogueMap::spec(jit::VectorIsa isa, jit::TileKind kind) const {
  jit::TileSpec spec;
  spec.isa = isa;
  spec.kind = kind;
  spec.epilogue = epilogue_;
  for (const Entry& e : entries_) spec.operands.push_back({e.type, e.by_row, e.by_column});
  return spec;
}

void EpilogueMap::bind(const backend::LaunchArgs& args, int64_t outer, TileLoop& loop) const noexcept {
  const int64_t* dims = args.outputs[0].dims;
  const auto dim = [&](int i) { return dims[axes_.order[static_cast<size_t>(i)]]; };
  loop.num_operands = static_cast<int>(entries_.size());
  for (size_t k = 0; k < entries_.size(); ++k) {
    const Entry& e = entries_[k];
    const int64_t element = e.type == DType::b8 ? 1 : 4;
    const backend::TensorRef& ref = args.inputs[static_cast<size_t>(first_input_) + k];
    int i = static_cast<int>(axes_.order.size());
    // Bytes from one step along axis i - 1 to the next, once the axes from i on are counted.
    int64_t inner = i == e.block ? ref.pitch * element : element;
    const auto count = [&](bool varies) {
      if (varies) inner *= dim(i);
      if (i == e.block) inner = ref.pitch * element;
    };
    TileLoop::Operand& o = loop.operands[k];
    o.column_bytes = e.by_column ? element : 0;
    while (--i >= axes_.outer + axes_.rows) count(e.by_column);
    o.row_bytes = e.by_row ? inner : 0;
    for (; i >= axes_.outer; --i) count(e.by_row);
    int64_t offset = 0, index = outer;
    for (; i >= 0; --i) {
      const int64_t at = index % dim(i);
      index /= dim(i);
      if (!e.by_outer[static_cast<size_t>(i)]) continue;
      offset += at * inner;
      count(true);
    }
    o.data = static_cast<const std::byte*>(ref.data) + offset;
  }
}

}  // namespace dvt::cpu
