#include "backend/problem.h"

#include <algorithm>

#include "base/concat.h"

namespace dvt::backend {

std::string_view to_string(Layout l) { return l == Layout::channels_last ? "channels_last" : "plain"; }

bool Operand::is_static() const {
  for (const DimRange& d : dims)
    if (!d.is_constant()) return false;
  return true;
}

std::vector<int64_t> Operand::at_opt() const {
  std::vector<int64_t> out;
  for (const DimRange& d : dims) out.push_back(d.opt);
  return out;
}

std::vector<int64_t> Operand::at_min() const {
  std::vector<int64_t> out;
  for (const DimRange& d : dims) out.push_back(d.min);
  return out;
}

std::vector<int64_t> Operand::at_max() const {
  std::vector<int64_t> out;
  for (const DimRange& d : dims) out.push_back(d.max);
  return out;
}

std::string to_string(const Operand& o) {
  std::string out = o.constant ? "const " : "";
  out += to_string(o.dtype);
  out += '[';
  for (size_t i = 0; i < o.dims.size(); ++i) {
    if (i) out += ',';
    out += to_string(o.dims[i]);
  }
  out += ']';
  if (o.layout == Layout::channels_last) out += ":cl";
  if (o.is_slice()) out += concat(":slice", o.slice_axis);
  return out;
}

int64_t block_elements(const Operand& slice, const std::vector<int64_t>& dims) {
  int64_t n = 1;
  for (int i = memory_position(slice.layout, slice.rank(), slice.slice_axis); i < slice.rank(); ++i)
    n *= dims[static_cast<size_t>(memory_axis(slice.layout, slice.rank(), i))];
  return n;
}

int64_t block_count(const Operand& slice, const std::vector<int64_t>& dims) {
  int64_t n = 1;
  for (int i = 0; i < memory_position(slice.layout, slice.rank(), slice.slice_axis); ++i)
    n *= dims[static_cast<size_t>(memory_axis(slice.layout, slice.rank(), i))];
  return n;
}

namespace {

template <class Is>
const Operand* find(const Problem& p, const Is& is) {
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (is(o)) return &o;
  return nullptr;
}

}  // namespace

const Operand* find_slice(const Problem& p) {
  return find(p, [](const Operand& o) { return o.is_slice(); });
}

const Operand* find_text(const Problem& p) {
  return find(p, [](const Operand& o) { return o.dtype == DType::text; });
}

std::string to_string(const Problem& p) {
  std::string out = ops::to_string(p.op);
  out += " (";
  const auto put_list = [&out](std::span<const Operand> list) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (i) out += ", ";
      out += to_string(list[i]);
    }
  };
  put_list(p.op_inputs());
  if (!p.extra_inputs().empty()) {
    out += "; ";
    put_list(p.extra_inputs());
  }
  out += ") -> ";
  put_list(p.outputs);
  if (!p.epilogue.is_identity()) {
    out += " | ";
    out += expr::to_string(p.epilogue);
  }
  return out;
}

namespace {

std::vector<ops::ValueInfo> infos_at_opt(const Problem& p) {
  std::vector<ops::ValueInfo> infos;
  for (const Operand& o : p.op_inputs()) {
    ops::ValueInfo info;
    info.type.dtype = o.dtype;
    for (const DimRange& d : o.dims) info.type.shape.push_back(d.opt);
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace

int num_late(const Problem& p) { return static_cast<int>(ops::late_sizes(p.op, infos_at_opt(p)).size()); }

std::vector<std::vector<int64_t>> output_dims_at_opt(const Problem& p, std::span<const int64_t> late) {
  SymbolValues values;
  for (size_t i = 0; i < late.size(); ++i)
    for (bool is_signed : {false, true})
      values[*ops::late_symbol(static_cast<int>(i), is_signed).as_symbol()] = late[i];
  std::vector<std::vector<int64_t>> dims;
  for (const TensorType& t : ops::infer(p.op, infos_at_opt(p))) {
    dims.emplace_back();
    for (const Dim& d : t.shape) dims.back().push_back(d.eval(values));
  }
  return dims;
}

bool layout_matters(const Operand& o) {
  if (o.rank() < 3 || o.rank() > 5 || o.dims[1].max <= 1) return false;
  return std::any_of(o.dims.begin() + 2, o.dims.end(), [](const DimRange& d) { return d.max > 1; });
}

}  // namespace dvt::backend
