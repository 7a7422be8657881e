#include "runtime/step_check.h"

#include <algorithm>

#include "base/dim_broadcast.h"
#include "base/error.h"
#include "ops/op.h"
#include "runtime/shapes.h"

namespace dvt::runtime {
namespace {

Shape shape_of(std::span<const int64_t> dims) {
  Shape s;
  for (int64_t d : dims) s.push_back(d);
  return s;
}

std::string text(std::span<const int64_t> dims) { return to_string(shape_of(dims)); }

class StepChecker {
 public:
  StepChecker(const Program& p, const StepProgram& step, std::span<const int64_t> dims, std::span<const int64_t> slots)
      : p_(p), step_(step), dims_(dims), slots_(slots) {}

  void run() const {
    for (size_t i = 0; i < step_.inputs.size(); ++i) check_range("input", i, step_.problem.inputs[i], step_.inputs[i]);
    for (size_t i = 0; i < step_.outputs.size(); ++i)
      check_range("output", i, step_.problem.outputs[i], step_.outputs[i]);
    check_inferred();
    check_extra_inputs();
  }

 private:
  [[noreturn]] static void fail(const std::string& what) { throw Error(ErrorCode::kInvalidArgument, what); }

  std::span<const int64_t> dims_of(int32_t value) const {
    const ProgramValue& v = p_.value(value);
    return dims_.subspan(v.first_dim, static_cast<size_t>(v.rank));
  }

  void check_range(const char* what, size_t i, const backend::Operand& operand, int32_t value) const {
    const std::span<const int64_t> dims = dims_of(value);
    for (size_t d = 0; d < dims.size(); ++d)
      if (dims[d] < operand.dims[d].min || dims[d] > operand.dims[d].max)
        fail(concat(what, " ", i, " is ", text(dims), ", but the kernel was made for ", operand));
  }

  void check_inferred() const {
    std::vector<ops::ValueInfo> infos;
    for (int i = 0; i < step_.problem.num_op_inputs; ++i) infos.push_back(input_info(static_cast<size_t>(i)));
    const ops::Op op = step_.symbolic_attributes ? bound_op() : step_.problem.op;
    std::vector<TensorType> types = ops::infer(op, infos);
    if (const plan::Step& plan = p_.document.steps[number()]; !plan.late.empty()) check_late(plan, op, infos, types);
    if (types.size() != step_.outputs.size())
      fail(concat(step_.problem.op.name(), " gives ", types.size(), " outputs, the plan has ", step_.outputs.size()));
    for (size_t i = 0; i < types.size(); ++i) {
      const std::span<const int64_t> have = dims_of(step_.outputs[i]);
      if (types[i].shape != shape_of(have))
        fail(concat(step_.problem.op.name(), " of these inputs gives ", to_string(types[i].shape), " as output ", i,
                    ", but the plan says ", text(have), inputs_text()));
    }
  }

  /// A step that reports sizes is checked with its results at their largest: the plan's bounds must be the op's.
  void check_late(const plan::Step& plan, const ops::Op& op, std::span<const ops::ValueInfo> infos,
                  std::vector<TensorType>& types) const {
    const std::vector<ops::LateSize> sizes = ops::late_sizes(op, infos);
    const LatePoint& point = *std::find_if(p_.late.begin(), p_.late.end(),
                                           [&](const LatePoint& l) { return static_cast<size_t>(l.step) == number(); });
    ops::SymbolReplacements largest;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const int64_t bound = slots_[static_cast<size_t>(point.sizes[i].slot)];
      const std::optional<int64_t> expected = sizes[i].max ? sizes[i].max->as_constant() : kMaxLate;
      if (expected != bound || sizes[i].is_signed != point.sizes[i].is_signed)
        fail(concat("late size ", i, " ('", plan.late[i].symbol, "') is at most ", expected.value_or(-1),
                    ", but the plan says ", bound));
      if (sizes[i].max) largest[*ops::late_symbol(static_cast<int>(i), sizes[i].is_signed).as_symbol()] = bound;
    }
    for (TensorType& t : types)
      for (int d = 0; d < t.rank(); ++d) t.shape[d] = t.shape[d].substitute(largest);
  }

  size_t number() const { return static_cast<size_t>(&step_ - p_.steps.data()); }

  /// What an expression takes besides the op's result is broadcast to the result's shape. Kernels are made for one way
  /// to read it: along axes that are 1 for all shapes it repeats, all others are the result's.
  void check_extra_inputs() const {
    for (size_t i = static_cast<size_t>(step_.problem.num_op_inputs); i < step_.inputs.size(); ++i) {
      const std::span<const int64_t> from = dims_of(step_.inputs[i]), to = dims_of(step_.outputs[0]);
      const std::vector<DimRange>& ranges = step_.problem.inputs[i].dims;
      bool fits = from.size() <= to.size();
      for (size_t d = 0; fits && d < from.size(); ++d) {
        const size_t axis = from.size() - 1 - d;
        fits = from[axis] == to[to.size() - 1 - d] || ranges[axis] == DimRange{1, 1, 1};
      }
      if (!fits) fail(concat("input ", i, " is ", text(from), ", which does not broadcast to ", text(to)));
    }
  }

  ops::ValueInfo input_info(size_t i) const {
    const int32_t index = step_.inputs[i];
    const ProgramValue& v = p_.value(index);
    ops::ValueInfo info{.type = {v.dtype, shape_of(dims_of(index))}};
    if (v.storage == plan::Storage::kShape && v.root == index) {
      info.value.emplace();
      for (const DimProgram& e : v.elements) info.value->push_back(e.eval(slots_));
    } else if (v.constants && !step_.packed[i]) {
      info.value.emplace(v.constants->begin(), v.constants->end());
    } else if (v.storage == plan::Storage::kInput && v.root == index && p_.io[static_cast<size_t>(v.io)].shape_io) {
      info.value = bound_elements(v.io);
    }
    return info;
  }

  /// Elements of an input shape tensor: each is a symbol.
  std::vector<Dim> bound_elements(int32_t io) const {
    std::vector<Dim> out;
    for (const Binding& b : p_.bindings) {
      if (b.io != io || !b.is_value) continue;
      const auto k = static_cast<size_t>(b.index);
      if (k >= out.size()) out.resize(k + 1);
      out[k] = slots_[static_cast<size_t>(b.slot >= 0 ? b.slot : b.same_as)];
    }
    return out;
  }

  ops::Op bound_op() const {
    SymbolValues values;
    for (size_t i = 0; i < slots_.size(); ++i) values.emplace(p_.symbols[i], slots_[i]);
    return ops::bind_symbols(step_.problem.op, values);
  }

  std::string inputs_text() const {
    std::string out = "; inputs:";
    for (int32_t v : step_.inputs) out += concat(" ", text(dims_of(v)));
    return out;
  }

  const Program& p_;
  const StepProgram& step_;
  std::span<const int64_t> dims_, slots_;
};

}  // namespace

bool has_symbols(const ops::Op& op) {
  std::vector<std::string> names;
  ops::collect_symbols(op, names);
  return !names.empty();
}

void check_step(const Program& program, const StepProgram& step, std::span<const int64_t> dims,
                std::span<const int64_t> slots) {
  try {
    StepChecker(program, step, dims, slots).run();
  } catch (const Error& e) {
    const auto number = static_cast<size_t>(&step - program.steps.data());
    throw Error(ErrorCode::kInvalidArgument, "step '", program.document.steps[number].name, "': ", e.what());
  }
}

void check_meetings(const Program& program, int32_t after, std::span<const int64_t> dims,
                    std::span<const int64_t> slots) {
  std::vector<int64_t> sizes;
  for (const Meeting& m : program.meetings) {
    if (m.known_after != after) continue;
    sizes.clear();
    for (const DimProgram& size : m.sizes) sizes.push_back(size.eval(slots));
    if (can_broadcast(sizes)) continue;
    for (const StepProgram& step : program.steps)
      if (step.dynamic && step.known_after <= after && !step.reports && !step.control)
        check_step(program, step, dims, slots);
    throw Error(ErrorCode::kInvalidArgument, "value '", program.document.values[static_cast<size_t>(m.value)].name,
                "': these input shapes make sizes meet that do not broadcast: ", m.text, " = ", text(sizes),
                "; they must be equal, or 1");
  }
}

void check_static(const Program& program) {
  std::vector<int64_t> slots(program.symbols.size()), dims;
  for (const DimProgram& d : program.dims) dims.push_back(d.eval(slots));
  try {
    for (const StepProgram& step : program.steps)
      if (!step.dynamic && !step.reports && !step.control) check_step(program, step, dims, slots);
  } catch (const Error& e) {
    throw Error(ErrorCode::kInvalidPlan, "plan: in a region: ", e.what());
  }
}

void check_at_opt(const Program& program) {
  if (program.is_region) return check_static(program);
  for (size_t k = 0; k < program.profiles.size(); ++k) {
    try {
      ShapeState shapes(program);
      shapes.set_profile(static_cast<int>(k));
      shapes.set_to_opt();
      shapes.resolve();
      // Steps without symbols are the same in every profile, and resolve() leaves them out.
      for (const StepProgram& step : program.steps)
        if (k == 0 && !step.dynamic && !step.reports && !step.control)
          check_step(program, step, shapes.dims(), shapes.slots());
    } catch (const Error& e) {
      throw Error(ErrorCode::kInvalidPlan, "plan: at the opt shapes of profile ", k, ": ", e.what());
    }
  }
}

}  // namespace dvt::runtime
