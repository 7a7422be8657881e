#include <functional>
#include <iterator>

#include "ops/all_ops.h"
#include "ops/op.h"

namespace dvt::ops {
namespace {

/// An operator with late sizes of its own: exactly of this type, for one that converts to an Op always exists.
template <class T>
concept Late = requires {
  static_cast<std::vector<LateSize> (*)(const T&, std::span<const ValueInfo>)>(&late_sizes);
};

/// An operator whose struct says that it takes text.
template <class T>
concept TakesText = requires {
  requires T::kTakesText;
};

template <class T>
constexpr OpInfo make_info(OpId id, std::string_view name, int min_inputs, int max_inputs, int num_outputs) {
  return {
      .id = id,
      .name = name,
      .min_inputs = min_inputs,
      .max_inputs = max_inputs,
      .num_outputs = num_outputs,
      .takes_text = TakesText<T>,
      .infer = [](const void* op, std::span<const ValueInfo> in) { return infer(*static_cast<const T*>(op), in); },
      .reference =
          [](const void* op, std::span<const ReadView> in, std::span<const WriteView> out, std::span<int64_t> late) {
            if constexpr (Late<T>)
              reference(*static_cast<const T*>(op), in, out, late);
            else
              reference(*static_cast<const T*>(op), in, out);
          },
      .cost = [](const void* op, std::span<const TensorType> in, std::span<const TensorType> out,
                 const SymbolValues& at) { return cost(*static_cast<const T*>(op), in, out, at); },
      .fold_value = [](const void* op,
                       std::span<const ValueInfo> in) { return fold_value(*static_cast<const T*>(op), in); },
      .late_sizes = [](const void* op, std::span<const ValueInfo> in) -> std::vector<LateSize> {
        if constexpr (Late<T>)
          return late_sizes(*static_cast<const T*>(op), in);
        else
          return {};
      },
      .visit_fields = [](void* op, FieldVisitor& visitor) { visit_fields(*static_cast<T*>(op), visitor); },
      .make_default = []() -> std::shared_ptr<void> { return std::make_shared<T>(); },
      .clone = [](const void* op) -> std::shared_ptr<void> { return std::make_shared<T>(*static_cast<const T*>(op)); }};
}

constexpr OpInfo kTable[] = {
#define OP(id, Type, header, min_inputs, max_inputs, outputs) \
  make_info<Type>(OpId::id, #id, min_inputs, max_inputs, outputs),
#include "ops/ops.inc"
#undef OP
};

void check_arity(const OpInfo& info, size_t inputs) {
  const auto n = static_cast<int>(inputs);
  if (n >= info.min_inputs && (info.max_inputs < 0 || n <= info.max_inputs)) return;
  const std::string expected = info.max_inputs < 0                  ? concat(info.min_inputs, " or more")
                               : info.min_inputs == info.max_inputs ? concat(info.min_inputs)
                                                                    : concat(info.min_inputs, " to ", info.max_inputs);
  throw Error(ErrorCode::kInvalidModel, info.name, ": expected ", expected, " inputs, got ", n);
}

/// Operators that say nothing of text neither take nor give any: this is the one place that they rely on.
void check_text(const OpInfo& info, DType type, std::string_view what, size_t i) {
  if (type == DType::text && !info.takes_text)
    throw Error(ErrorCode::kInvalidModel, info.name, ": ", what, " ", i,
                " is text, which this operator does not take; turn it into numbers first (text_index, text_to_number)");
}

/// Hands every symbolic attribute to a function, which may change it.
class EachDim final : public FieldVisitor {
 public:
  explicit EachDim(std::function<void(Dim&)> f) : f_(std::move(f)) {}
  void field(std::string_view, bool&) override {}
  void field(std::string_view, int64_t&) override {}
  void field(std::string_view, double&) override {}
  void field(std::string_view, std::string&) override {}
  void field(std::string_view, DType&) override {}
  void field(std::string_view, std::vector<int64_t>&) override {}
  void field(std::string_view, std::vector<double>&) override {}
  void field(std::string_view, std::vector<Dim>& v) override {
    for (Dim& d : v) f_(d);
  }
  void field(std::string_view, std::vector<std::string>&) override {}
  void enum_field(std::string_view, int&, std::span<const std::string_view>) override {}

 private:
  std::function<void(Dim&)> f_;
};

/// A copy of the operator that `f` has seen every symbolic attribute of.
Op with_each_dim(const Op& op, std::function<void(Dim&)> f) {
  const std::shared_ptr<void> copy = op.info().clone(op.attributes());
  EachDim visitor(std::move(f));
  op.info().visit_fields(copy.get(), visitor);
  return Op(op.id(), copy);
}

}  // namespace

std::span<const OpInfo> op_table() { return kTable; }
const OpInfo& op_info(OpId id) { return kTable[static_cast<size_t>(id)]; }

const OpInfo* find_op(std::string_view name) {
  for (const OpInfo& info : kTable)
    if (info.name == name) return &info;
  return nullptr;
}

const OpInfo& Op::info() const { return op_info(id_); }
std::string_view Op::name() const { return info().name; }

bool operator==(const Op& a, const Op& b) {
  return a.id_ == b.id_ && (a.attributes_ == b.attributes_ || to_string(a) == to_string(b));
}

Op bind_symbols(const Op& op, const SymbolValues& at) {
  bool writes_zero = false, becomes_zero = false;
  Op bound = with_each_dim(op, [&](Dim& d) {
    const bool is_written = d.is_constant();
    d = d.eval(at);
    (is_written ? writes_zero : becomes_zero) |= d == Dim(0);
  });
  // A dimension that turns out to be 0 is a size; only a 0 that is written stands for the input's dimension.
  const auto* reshape = bound.as<Reshape>();
  if (!reshape || reshape->allow_zero || writes_zero || !becomes_zero) return bound;
  Reshape sized = *reshape;
  sized.allow_zero = true;
  return sized;
}

Op substitute(const Op& op, const SymbolReplacements& replacements) {
  return with_each_dim(op, [&](Dim& d) { d = d.substitute(replacements); });
}

void collect_symbols(const Op& op, std::vector<std::string>& names) {
  with_each_dim(op, [&](Dim& d) { d.collect_symbols(names); });
}

Dim late_symbol(int i, bool is_signed) { return Dim::symbol(concat(is_signed ? kSignedLate : kLate, i)); }

std::vector<TensorType> infer(const Op& op, std::span<const ValueInfo> inputs) {
  check_arity(op.info(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) check_text(op.info(), inputs[i].type.dtype, "input", i);
  std::vector<TensorType> outputs = op.info().infer(op.attributes(), inputs);
  for (size_t i = 0; i < outputs.size(); ++i) check_text(op.info(), outputs[i].dtype, "output", i);
  for (const TensorType& t : outputs) {
    if (t.rank() > Shape::kMaxRank)
      throw Error(ErrorCode::kInvalidModel, op.name(), ": result of rank ", t.rank(), ", more than ", Shape::kMaxRank);
    for (const Dim& d : t.shape)
      if (d.is_constant() && d.constant() < 0)
        throw Error(ErrorCode::kInvalidModel, op.name(), ": result ", t, " has a negative dimension");
  }
  return outputs;
}

std::optional<std::vector<Dim>> fold_value(const Op& op, std::span<const ValueInfo> inputs) {
  check_arity(op.info(), inputs.size());
  try {
    return op.info().fold_value(op.attributes(), inputs);
  } catch (const Error& e) {
    if (e.code() == ErrorCode::kUnsupported)
      return std::nullopt;  // the expression would be too large: a kernel computes it
    throw;
  }
}

std::vector<LateSize> late_sizes(const Op& op, std::span<const ValueInfo> inputs) {
  check_arity(op.info(), inputs.size());
  return op.info().late_sizes(op.attributes(), inputs);
}

void reference(const Op& op, std::span<const ReadView> inputs, std::span<const WriteView> outputs,
               std::span<int64_t> late) {
  check_arity(op.info(), inputs.size());
  op.info().reference(op.attributes(), inputs, outputs, late);
}

Cost cost(const Op& op, std::span<const TensorType> inputs, std::span<const TensorType> outputs,
          const SymbolValues& at) {
  check_arity(op.info(), inputs.size());
  return op.info().cost(op.attributes(), inputs, outputs, at);
}

}  // namespace dvt::ops
