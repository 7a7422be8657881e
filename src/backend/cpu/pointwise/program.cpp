#include "backend/cpu/pointwise/program.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dvt::cpu {
namespace {

using expr::Expr;
using expr::ExprOp;
using expr::Instr;

double cost_of(ExprOp op) {
  switch (op) {
    case ExprOp::exp:
    case ExprOp::sigmoid:
    case ExprOp::silu:
    case ExprOp::tanh:
    case ExprOp::gelu_tanh:
      return 0.6;
    case ExprOp::erf:
    case ExprOp::gelu_erf:
    case ExprOp::log:
    case ExprOp::softplus:
      return 1.2;
    case ExprOp::pow:
    case ExprOp::sin:
    case ExprOp::cos:
    case ExprOp::tan:
    case ExprOp::fmod:
    case ExprOp::mod:
      return 15;
    default:
      return 0.15;
  }
}

void store_scalar(Lane lane, void* lanes, int i, expr::Scalar v) {
  switch (lane) {
    case Lane::f32:
      static_cast<float*>(lanes)[i] = static_cast<float>(v.f);
      return;
    case Lane::f64:
      static_cast<double*>(lanes)[i] = v.f;
      return;
    case Lane::i64:
      static_cast<int64_t*>(lanes)[i] = v.i;
      return;
    case Lane::b8:
      static_cast<uint8_t*>(lanes)[i] = v.i != 0;
      return;
  }
}

expr::Scalar load_scalar(Lane lane, const void* lanes, int i) {
  switch (lane) {
    case Lane::f32:
      return {.f = static_cast<double>(static_cast<const float*>(lanes)[i])};
    case Lane::f64:
      return {.f = static_cast<const double*>(lanes)[i]};
    case Lane::i64:
      return {.i = static_cast<const int64_t*>(lanes)[i]};
    case Lane::b8:
      return {.i = static_cast<const uint8_t*>(lanes)[i]};
  }
  return {.i = 0};
}

/// x^2 and x^0.5 as the cheap operators they are.
Instr simplified(const Expr& e, Instr in) {
  if (in.op != ExprOp::pow || !is_floating(in.type)) return in;
  const Instr& exponent = e.code()[in.b];
  if (exponent.op != ExprOp::constant) return in;
  if (exponent.imm.f == 2.0) in.op = ExprOp::mul, in.b = in.a;
  if (exponent.imm.f == -1.0) in.op = ExprOp::recip;
  return in;
}

bool needs_finish(ExprOp op, DType result) {
  switch (op) {
    case ExprOp::select:
    case ExprOp::min:
    case ExprOp::max:
    case ExprOp::relu:
      return false;  // one of the operands, as it is
    default:
      return result != DType::b8;
  }
}

}  // namespace

bool is_lane_type(DType t) { return bits(t) >= 8; }

bool Program::reads_in_place(DType t) {
  return t == DType::f32 || t == DType::f64 || t == DType::i64 || t == DType::u64 || t == DType::b8;
}

Program::Program(const Expr& e, const backend::Target& t) : output_type_(e.result_type()) {
  for (int i = 0; i < e.num_inputs(); ++i) {
    input_types_.push_back(e.input_type(i));
    loads_.push_back(lane_load(t, e.input_type(i)));
  }
  store_ = lane_store(t, output_type_);
  const int count = static_cast<int>(e.code().size());
  operand_of_.assign(static_cast<size_t>(count), -1);
  for (int i = 0; i < count; ++i) add_step(e, i, t);
  assign_slots(e);
}

void Program::add_step(const Expr& e, int index, const backend::Target& t) {
  const Instr in = simplified(e, e.code()[static_cast<size_t>(index)]);
  if (in.op == ExprOp::input) {
    operand_of_[static_cast<size_t>(index)] = in.a;
    return;
  }
  if (in.op == ExprOp::constant) return;
  const int operands = expr::arity(in.op);
  const DType operand = e.code()[in.op == ExprOp::select ? in.b : in.a].type;
  Step step;
  step.out = index;
  step.a = in.a;
  step.b = operands > 1 ? in.b : in.a;
  step.c = operands > 2 ? in.c : in.a;
  step.op = in.op == ExprOp::cast ? lane_cast(t, operand, in.type) : lane_op(t, in.op, operand);
  if (step.op && in.op == ExprOp::cast && is_floating(operand) && is_integer(in.type)) {
    step.extra = static_cast<int>(limits_.size());
    limits_.push_back(saturation_of(in.type));
  } else if (step.op) {
    if (needs_finish(in.op, in.type)) step.finish = lane_finish(t, in.type);
  } else {
    std::vector<DType> types{e.code()[in.a].type};
    if (operands > 1) types.push_back(e.code()[in.b].type);
    if (operands > 2) types.push_back(e.code()[in.c].type);
    if (in.op == ExprOp::cast) types.push_back(in.type);
    ScalarStep scalar{expr::single(in.op, types), {}, lane_of(in.type)};
    for (size_t k = 0; k < static_cast<size_t>(operands); ++k) scalar.lanes[k] = lane_of(types[k]);
    step.extra = static_cast<int>(scalars_.size());
    scalars_.push_back(std::move(scalar));
  }
  ns_ += step.op ? cost_of(in.op) : 15;
  steps_.push_back(step);
}

void Program::assign_slots(const Expr& e) {
  const size_t count = e.code().size();
  std::vector<int> last_use(count, -1);
  for (const Step& s : steps_)
    for (int operand : {s.a, s.b, s.c}) last_use[static_cast<size_t>(operand)] = s.out;
  slot_of_.assign(count, -1);
  num_slots_ = num_inputs();
  for (size_t i = 0; i < count; ++i) {
    const Instr& in = e.code()[i];
    if (in.op != ExprOp::constant) continue;
    slot_of_[i] = num_slots_++;
    const expr::Scalar value = is_floating(in.type) ? expr::Scalar{.f = in.imm.f} : expr::Scalar{.i = in.imm.i};
    constants_.push_back({slot_of_[i], lane_of(in.type), value});
  }
  std::vector<int> free;
  for (const Step& s : steps_) {
    // The result's slot is taken before the operands' are freed: their lanes may differ in size.
    if (free.empty()) free.push_back(num_slots_++);
    slot_of_[static_cast<size_t>(s.out)] = free.back();
    free.pop_back();
    std::array<int, 3> operands{s.a, s.b, s.c};
    std::sort(operands.begin(), operands.end());
    for (size_t k = 0; k < 3; ++k) {
      const auto v = static_cast<size_t>(operands[k]);
      const bool repeated = k > 0 && operands[k] == operands[k - 1];
      const bool temporary = operand_of_[v] < 0 && e.code()[v].op != ExprOp::constant;
      if (!repeated && temporary && last_use[v] == s.out) free.push_back(slot_of_[v]);
    }
  }
}

void Program::prepare(std::byte* scratch) const {
  for (const Constant& c : constants_) {
    void* lanes = scratch + static_cast<size_t>(c.slot) * kSlotBytes;
    for (int i = 0; i < kChunk; ++i) store_scalar(c.lane, lanes, i, c.value);
  }
}

void Program::run_scalar(const ScalarStep& s, const void* const* operands, void* out, int n) const {
  for (int i = 0; i < n; ++i) {
    expr::Scalar in[3];
    for (int k = 0; k < s.program.num_inputs(); ++k) in[k] = load_scalar(s.lanes[k], operands[k], i);
    store_scalar(s.result, out, i, expr::evaluate(s.program, std::span(in, 3)));
  }
}

void Program::run(const void* const* inputs, void* out, int n, std::byte* scratch) const {
  const auto value = [&](int index) -> const void* {
    const auto i = static_cast<size_t>(index);
    return operand_of_[i] >= 0 ? inputs[operand_of_[i]] : scratch + static_cast<size_t>(slot_of_[i]) * kSlotBytes;
  };
  const bool stores_in_place = reads_in_place(output_type_);
  const int last = static_cast<int>(slot_of_.size()) - 1;
  for (const Step& s : steps_) {
    void* to = s.out == last && stores_in_place
                   ? out
                   : scratch + static_cast<size_t>(slot_of_[static_cast<size_t>(s.out)]) * kSlotBytes;
    if (!s.op) {
      const void* operands[] = {value(s.a), value(s.b), value(s.c)};
      run_scalar(scalars_[static_cast<size_t>(s.extra)], operands, to, n);
      continue;
    }
    s.op(value(s.a), value(s.b), s.extra >= 0 ? &limits_[static_cast<size_t>(s.extra)] : value(s.c), to, n);
    if (s.finish) s.finish(nullptr, nullptr, nullptr, to, n);
  }
  const bool done = !steps_.empty() && steps_.back().out == last && stores_in_place;
  if (!done) store_(value(last), out, n);
}

}  // namespace dvt::cpu
