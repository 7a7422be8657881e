#include "runtime/steps.h"

#include <algorithm>

#include "base/dim_texts.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "ops/op.h"
#include "runtime/profiles.h"
#include "runtime/step_check.h"
#include "runtime/tactic_choice.h"

namespace dvt::runtime {
namespace {

constexpr auto kBad = ErrorCode::kInvalidPlan;
constexpr auto kLastLayout = static_cast<uint8_t>(backend::Layout::channels_last);

/// An operand must describe its value for every shape of every profile.
void check_operand(const Program& p, const std::string& what, const backend::Operand& operand, int32_t index) {
  const plan::Value& v = p.document.values[static_cast<size_t>(index)];
  const auto differs = [&](const auto& problem_has, const auto& value_has) {
    throw Error(kBad, what, " is ", problem_has, " in the problem, but value '", v.name, "' is ", value_has);
  };
  if (operand.dtype != v.dtype) differs(operand.dtype, v.dtype);
  const bool same_layout = static_cast<uint8_t>(operand.layout) == v.layout;
  if (v.layout > kLastLayout || (!same_layout && (operand.is_slice() || backend::layout_matters(operand))))
    differs(operand.layout, concat("in layout number ", int{v.layout}));
  if (operand.rank() != static_cast<int>(v.dims.size()))
    differs(concat("of rank ", operand.rank()), concat("of rank ", v.dims.size()));
  if (operand.slice_axis != v.slice_axis)
    differs(concat("a slice along axis ", operand.slice_axis), concat("one along axis ", v.slice_axis));
  if (operand.constant && p.value(index).storage != plan::Storage::kConstant) differs("const", "no weight");
  if (p.value(index).known_after > 0 || p.is_region) return;  // checked in the run, when the dims are known
  for (size_t k = 0; k < p.profiles.size(); ++k) {
    const std::span<const DimRange> ranges = dim_ranges(p, p.profiles[k], index);
    for (size_t d = 0; d < ranges.size(); ++d)
      if (ranges[d].min < operand.dims[d].min || ranges[d].max > operand.dims[d].max)
        throw Error(kBad, what, ": dim ", d, " is ", operand.dims[d], " in the problem, but value '", v.name, "' has ",
                    ranges[d], " in profile ", k);
  }
}

void check_operands(const Program& p, const StepProgram& step) {
  const auto check_count = [](std::string_view what, size_t problem_has, size_t step_has) {
    if (problem_has != step_has)
      throw Error(kBad, "the problem has ", problem_has, " ", what, "s but the step has ", step_has);
  };
  check_count("input", step.problem.inputs.size(), step.inputs.size());
  check_count("output", step.problem.outputs.size(), step.outputs.size());
  for (size_t i = 0; i < step.inputs.size(); ++i)
    check_operand(p, concat("input ", i), step.problem.inputs[i], step.inputs[i]);
  for (size_t i = 0; i < step.outputs.size(); ++i)
    check_operand(p, concat("output ", i), step.problem.outputs[i], step.outputs[i]);
}

/// A kernel reads exactly what its tactic's pack() makes; which inputs are packed is the tactic's decision, not the
/// plan's.
void check_packed(const Program& p, const StepProgram& step, const backend::Target& target) {
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const plan::Value& v = p.document.values[static_cast<size_t>(step.inputs[i])];
    const bool packs = step.tactic->packed_bytes && step.problem.inputs[i].constant;
    const size_t expected = packs ? step.tactic->packed_bytes(step.problem, target, static_cast<int>(i)) : 0;
    if (expected == 0 && step.packed[i])
      throw Error(kBad, "input ", i, " ('", v.name, "') is packed, but tactic '", step.tactic->name,
                  "' takes it plain");
    if (expected == 0) continue;
    if (!step.packed[i])
      throw Error(kBad, "input ", i, " ('", v.name, "') is plain, but tactic '", step.tactic->name,
                  "' takes it packed");
    const size_t stored = p.document.sections[static_cast<size_t>(v.source)].bytes.size();
    if (stored != expected)
      throw Error(kBad, "input ", i, " ('", v.name, "') has ", stored, " packed bytes, but tactic '", step.tactic->name,
                  "' packs it into ", expected);
  }
}

bool depends_on_symbols(const Program& p, int32_t index) {
  const ProgramValue& v = p.value(index);
  for (int d = 0; d < v.rank; ++d)
    if (!p.dims[v.first_dim + static_cast<size_t>(d)].is_constant()) return true;
  return v.storage == plan::Storage::kShape || p.document.values[static_cast<size_t>(v.root)].shape_io;
}

/// When the shapes of the step's operands and its attributes are known. The step reports late sizes as its op does.
void check_late(const Program& p, const plan::Step& from, StepProgram& step) {
  const auto number = static_cast<int32_t>(&from - p.document.steps.data());
  for (const auto* list : {&step.inputs, &step.outputs})
    for (int32_t v : *list) step.known_after = std::max(step.known_after, p.value(v).known_after);
  std::vector<std::string> names;
  ops::collect_symbols(step.problem.op, names);
  for (const std::string& name : names) {
    const auto it = std::find(p.symbols.begin(), p.symbols.end(), name);
    if (it == p.symbols.end()) throw Error(kBad, "an attribute uses '", name, "', which nothing gives a value");
    for (size_t k = 0; k < p.late.size(); ++k) {
      const LatePoint& point = p.late[k];
      const auto slot = static_cast<int32_t>(it - p.symbols.begin());
      if (std::none_of(point.sizes.begin(), point.sizes.end(), [&](const LateSlot& s) { return s.slot == slot; }))
        continue;
      if (point.step >= number) throw Error(kBad, "an attribute uses '", name, "' before it is defined");
      step.known_after = std::max(step.known_after, static_cast<int32_t>(k) + 1);
    }
  }
  const int reports = backend::num_late(step.problem);
  if (static_cast<size_t>(reports) != from.late.size())
    throw Error(kBad, step.problem.op.name(), " reports ", reports, " late sizes, the plan names ", from.late.size());
  step.reports = reports > 0;
}

StepProgram make_step(const Program& p, const plan::Step& from, const backend::Device& device, const TargetChoice& here,
                      bool strict, StepInfo& info) {
  StepProgram step;
  step.inputs = from.inputs;
  step.outputs = from.outputs;
  step.packed = from.packed;
  step.packed.resize(from.inputs.size());
  step.problem = backend::parse_problem(from.problem);
  check_operands(p, step);
  step.symbolic_attributes = has_symbols(step.problem.op);
  step.dynamic = step.symbolic_attributes;
  for (int32_t v : step.inputs) step.dynamic |= depends_on_symbols(p, v);
  for (int32_t v : step.outputs) step.dynamic |= depends_on_symbols(p, v);
  check_late(p, from, step);

  TacticChoice choice = choose_tactic(from, step.problem, device, here, strict);
  step.tactic = choice.tactic;
  if (!choice.reselected.empty())
    log(Severity::kWarning, "runtime", "step '", from.name, "': ", choice.reselected, "; using '", step.tactic->name,
        "' instead, which was not tuned");
  check_packed(p, step, here.target);
  if (step.tactic->workspace) step.workspace_bytes = step.tactic->workspace(step.problem, here.target);
  step.kernel = step.tactic->create(step.problem, here.target);
  info = {.step = &from,
          .tactic = step.tactic->name,
          .reselected = std::move(choice.reselected),
          .workspace_bytes = step.workspace_bytes};
  return step;
}

/// Which result has the extent that a late size of the step stands for.
std::pair<size_t, size_t> place_of_late(const Program& p, const plan::Step& from, const std::string& symbol) {
  for (size_t j = 0; j < from.outputs.size(); ++j) {
    const std::vector<std::string>& dims = p.document.values[static_cast<size_t>(from.outputs[j])].dims;
    for (size_t d = 0; d < dims.size(); ++d)
      if (p.texts->read(dims[d]).as_symbol() == symbol) return {j, d};
  }
  throw Error(kBad, "no output has the extent '", symbol, "'");
}

StepProgram make_control_step(const Program& p, const plan::Step& from, const backend::Device& device,
                              const EngineOptions& options, StepInfo& info) {
  StepProgram step;
  step.inputs = from.inputs;
  step.outputs = from.outputs;
  step.packed.resize(from.inputs.size());
  auto control = std::make_unique<ControlProgram>(from);
  const auto require_bytes = [&](int32_t v) {
    if (bits(p.value(v).dtype) < 8)
      throw Error(ErrorCode::kUnsupported, "plan: step '", from.name, "': loops do not slice or stack ",
                  p.value(v).dtype, ", whose elements share bytes");
  };
  for (const plan::ControlForm::Pair& input : control->form.inputs)
    if (input.is_slice) require_bytes(from.inputs[input.outer]);
  for (size_t j = control->form.carried; from.control == plan::Control::kLoop && j < from.outputs.size(); ++j)
    require_bytes(from.outputs[j]);
  for (size_t r = 0; r < from.regions.size(); ++r) control->regions.push_back(load_region(p, from, r, device, options));
  for (const plan::LateSize& l : from.late) control->late_at.push_back(place_of_late(p, from, l.symbol));
  step.control = std::move(control);
  info = {.step = &from, .tactic = "host", .reselected = {}, .workspace_bytes = 0};
  return step;
}

}  // namespace

void make_steps(Program& p, const backend::Device& device, const EngineOptions& options) {
  const TargetChoice here = choose_target(p.document, device, options);
  p.pool = shared_pool(std::clamp(here.target.threads, 1, ThreadPool::kMaxThreads));
  p.step_infos.resize(p.document.steps.size());
  for (size_t i = 0; i < p.document.steps.size(); ++i) {
    const plan::Step& from = p.document.steps[i];
    try {
      if (from.control != plan::Control::kNone) {
        p.steps.push_back(make_control_step(p, from, device, options, p.step_infos[i]));
        continue;
      }
      p.steps.push_back(make_step(p, from, device, here, options.strict, p.step_infos[i]));
    } catch (const Error& e) {
      if (e.code() == ErrorCode::kUnsupported) throw;
      throw Error(kBad, "plan: step '", from.name, "': ", e.what());
    }
    const StepProgram& step = p.steps.back();
    if (step.known_after > 0 && step.dynamic && !step.reports)
      p.late[static_cast<size_t>(step.known_after) - 1].steps.push_back(static_cast<int32_t>(i));
  }
  check_at_opt(p);
}

}  // namespace dvt::runtime
