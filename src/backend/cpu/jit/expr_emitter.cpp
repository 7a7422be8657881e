#include "backend/cpu/jit/expr_emitter.h"

#include <algorithm>

#include "backend/cpu/jit/expr_operators.h"
#include "base/concat.h"

namespace dvt::cpu::jit {

using expr::ExprOp;

std::string ExprEmitter::refusal(const expr::Expr& e) {
  const auto type_ok = [](DType t) { return t == DType::f32 || t == DType::i32 || t == DType::b8; };
  for (int k = 0; k < e.num_inputs(); ++k)
    if (!type_ok(e.input_type(k)))
      return concat("generated code has no form for an operand of type ", to_string(e.input_type(k)));
  for (const expr::Instr& i : e.code()) {
    if (i.op == ExprOp::input) continue;
    if (!type_ok(i.type)) return concat("generated code has no form for type ", to_string(i.type));
    if (i.op != ExprOp::constant && !find_operator(e, i))
      return concat("generated code has no form for ", expr::to_string(i.op), " on ", to_string(e.code()[i.a].type));
  }
  return {};
}

ExprEmitter::ExprEmitter(Assembler& as, const expr::Expr& e) : as_(as), e_(e) { analyse(); }

std::vector<int> ExprEmitter::operands(int v) const {
  const expr::Instr& i = instr(v);
  const int n = i.op == ExprOp::input || i.op == ExprOp::constant ? 0 : expr::arity(i.op);
  std::vector<int> list;
  for (int k = 0; k < n; ++k) list.push_back(k == 0 ? i.a : k == 1 ? i.b : i.c);
  return list;
}

void ExprEmitter::analyse() {
  const int n = static_cast<int>(e_.code().size());
  last_use_.assign(static_cast<size_t>(n), -1);
  std::vector<int> first(static_cast<size_t>(n), n);
  for (int v = 0; v < n; ++v) {
    if (instr(v).op != ExprOp::input && !is_constant(v)) first[static_cast<size_t>(v)] = v;
    for (int o : operands(v)) {
      last_use_[static_cast<size_t>(o)] = v;
      first[static_cast<size_t>(o)] = std::min(first[static_cast<size_t>(o)], v);
    }
  }
  last_use_[static_cast<size_t>(n - 1)] = n;
  for (int v = 0; v < n; ++v) {
    if (instr(v).op == ExprOp::input && instr(v).a == 0)
      first[static_cast<size_t>(v)] = 0;  // may be there from the start
    const Operator* op = find_operator(e_, instr(v));
    int live = 0, extra = op ? op->scratch : 0;
    instructions_ += op ? (op->scratch > 1 ? 20 : 1) : is_constant(v) ? 0 : 1;
    for (int u = 0; u < n; ++u)
      if (!is_constant(u) && first[static_cast<size_t>(u)] <= v && last_use_[static_cast<size_t>(u)] >= v) ++live;
    max_live_ = std::max(max_live_, live);
    bool shares = false;
    for (int o : operands(v)) {
      extra += is_constant(o) ? 1 : 0;
      shares |= !is_constant(o) && last_use_[static_cast<size_t>(o)] == v;
    }
    if (op && shares && !op->separate_result) --extra;
    registers_ = std::max(registers_, live + extra);
  }
  registers_ = std::max(registers_, 1);
  ++max_live_;
}

void ExprEmitter::emit(const Vec& result, std::span<const int> pool, const Load& load, bool operand0_in_result) {
  const int n = static_cast<int>(e_.code().size());
  free_.assign(pool.rbegin(), pool.rend());
  pinned_.clear();
  place_.assign(static_cast<size_t>(n), Place{});
  slot_used_.assign(static_cast<size_t>(max_live_), false);
  bool result_taken = false;
  for (int v = 0; v < n && operand0_in_result; ++v)
    if (instr(v).op == ExprOp::input && instr(v).a == 0) {
      place_[static_cast<size_t>(v)].reg = result.getIdx();
      result_taken = true;
    }
  if (!result_taken) free_.push_back(result.getIdx());
  // Loads happen on demand: `fetch` remembers the callback for in_register().
  fetch_ = &load;
  operand0_resident_ = operand0_in_result;
  for (now_ = 0; now_ < n; ++now_) {
    if (instr(now_).op == ExprOp::input || is_constant(now_)) continue;
    emit_instruction(now_);
    pinned_.clear();
  }
  const Vec last = in_register(n - 1);
  if (last.getIdx() != result.getIdx()) as_.vmovaps(result, last);
}

int ExprEmitter::take_register() {
  if (free_.empty()) evict();
  const int reg = free_.back();
  free_.pop_back();
  pinned_.push_back(reg);
  return reg;
}

// Frees the register of the value whose next use is farthest away; loads and constants are simply made again.
void ExprEmitter::evict() {
  int victim = -1, farthest = -1;
  for (int v = 0; v < static_cast<int>(place_.size()); ++v) {
    const Place& p = place_[static_cast<size_t>(v)];
    if (p.reg < 0 || std::find(pinned_.begin(), pinned_.end(), p.reg) != pinned_.end()) continue;
    int next = static_cast<int>(place_.size());
    for (int u = now_; u < static_cast<int>(place_.size()); ++u) {
      const std::vector<int> reads = operands(u);
      if (std::find(reads.begin(), reads.end(), v) != reads.end()) {
        next = u;
        break;
      }
    }
    if (next > farthest) victim = v, farthest = next;
  }
  Place& p = place_[static_cast<size_t>(victim)];
  const bool again =
      is_constant(victim) || (instr(victim).op == ExprOp::input && !(operand0_resident_ && instr(victim).a == 0));
  if (!again && p.slot < 0) {
    p.slot = static_cast<int>(std::find(slot_used_.begin(), slot_used_.end(), false) - slot_used_.begin());
    slot_used_[static_cast<size_t>(p.slot)] = true;
    as_.vmovups(as_.ptr[spill_base_ + spill_offset_ + p.slot * as_.vector_bytes()], as_.vec(p.reg));
  }
  release(p.reg);
  p.reg = -1;
}

Vec ExprEmitter::in_register(int v) {
  Place& p = place_[static_cast<size_t>(v)];
  if (p.reg < 0) {
    p.reg = take_register();
    const Vec dest = as_.vec(p.reg);
    if (p.slot >= 0)
      as_.vmovups(dest, as_.ptr[spill_base_ + spill_offset_ + p.slot * as_.vector_bytes()]);
    else if (is_constant(v))
      as_.load_constant_bits(dest, constant_bits(instr(v)));
    else
      (*fetch_)(instr(v).a, dest);
  } else {
    pinned_.push_back(p.reg);
  }
  return as_.vec(p.reg);
}

void ExprEmitter::drop_if_dead(int v) {
  Place& p = place_[static_cast<size_t>(v)];
  if (last_use_[static_cast<size_t>(v)] != now_) return;
  if (p.reg >= 0) release(p.reg);
  if (p.slot >= 0) slot_used_[static_cast<size_t>(p.slot)] = false;
  p = Place{};
}

void ExprEmitter::emit_instruction(int v) {
  const Operator& op = *find_operator(e_, instr(v));
  const std::vector<int> list = operands(v);
  OperatorArgs args;
  int count = 0;
  for (int o : list) {
    // A constant second operand of simple arithmetic is read from the table.
    if (is_constant(o) && op.memory_operand && count == 1)
      args.memory = as_.constant_bits(constant_bits(instr(o))), args.has_memory = true;
    else
      args.in[static_cast<size_t>(count)] = in_register(o);
    if (is_constant(o) && count == 1) args.second_constant = &instr(o);
    args.constant[static_cast<size_t>(count++)] = is_constant(o);
  }
  std::array<int, kMaxScratch> scratch{};
  for (int i = 0; i < op.scratch; ++i) {
    scratch[static_cast<size_t>(i)] = take_register();
    args.scratch[static_cast<size_t>(i)] = as_.vec(scratch[static_cast<size_t>(i)]);
  }
  // The result takes over the register of an operand that ends here, where the operator allows it.
  int dest = -1;
  for (int o : list) {
    Place& p = place_[static_cast<size_t>(o)];
    const bool first = o == list[0];
    if (dest >= 0 || op.separate_result || p.reg < 0 || last_use_[static_cast<size_t>(o)] != v) continue;
    if (op.in_place && !first) continue;
    dest = p.reg;
    if (p.slot >= 0) slot_used_[static_cast<size_t>(p.slot)] = false;
    p = Place{};
  }
  if (dest < 0) {
    dest = take_register();
    if (op.in_place) as_.vmovaps(as_.vec(dest), args.in[0]);
  }
  args.dest = as_.vec(dest);
  op.emit(as_, args);
  for (int i = 0; i < op.scratch; ++i) release(scratch[static_cast<size_t>(i)]);
  place_[static_cast<size_t>(v)].reg = dest;
  for (int o : list) drop_if_dead(o);
}

}  // namespace dvt::cpu::jit
