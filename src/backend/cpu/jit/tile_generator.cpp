#include "backend/cpu/jit/tile_generator.h"

#include <algorithm>
#include <cstddef>

#include "backend/cpu/jit/vector_memory.h"

namespace dvt::cpu::jit {

using namespace Xbyak::util;

namespace {

// Registers of the depth loop. The rows of A take twelve: with these and rsp every register is in use.
const Xbyak::Reg64 kArgs = rdi, kDepth = rcx, kB = rdx;
const Xbyak::Reg64 kRows[] = {rax, rbx, rbp, rsi, r8, r9, r10, r11, r12, r13, r14, r15};
// Registers of the epilogue, when the rows of A are no longer needed.
const Xbyak::Reg64 kC = rax, kCStride = rbx, kCount = rcx, kScratch = rdx, kTile = r15;
const Xbyak::Reg64 kOperands[kMaxTileOperands] = {rbp, rsi, r8, r9, r10, r11, r12, r13};
const Xbyak::Reg64 kSaved[] = {rbx, rbp, r12, r13, r14, r15};

#define ARG(member) ptr[kArgs + static_cast<int>(offsetof(TileArgs, member))]

// A program that would take more instructions than this for the whole tile is emitted for one row, in a loop.
constexpr int kMaxUnrolledEpilogue = 160;

}  // namespace

TileGenerator::TileGenerator(Assembler& as, const TileSpec& spec, const TileForm& form)
    : as_(as),
      spec_(spec),
      form_(form),
      sets_(by_column() ? 1 : std::clamp(8 / (form.rows * form.vectors), 1, TileArgs::kDepthUnroll)) {
  if (!spec.epilogue.is_identity()) emitter_.emplace(as, spec.epilogue);
  spill_area_ = 0;
  tile_area_ = emitter_ ? (emitter_->spill_bytes() + 63) / 64 * 64 : 0;
  slots_ = tile_area_ + rows() * vectors() * as.vector_bytes();
  frame_ = (slots_ + 4 * 8 + 63) / 64 * 64;
}

Vec TileGenerator::accumulator(int row, int v, int set) const { return as_.vec((set * rows() + row) * vectors() + v); }

void TileGenerator::emit() {
  enter();
  if (form_.masked) load_mask();
  for (int i = 0; i < rows() * vectors() * sets_; ++i) as_.zero(as_.vec(i));
  if (spec_.kind == TileKind::kWindowRow)
    emit_window_row();
  else if (by_column())
    emit_depthwise();
  else
    emit_segments();
  sum_sets();
  add_previous();
  if (emitter_) {
    Xbyak::Label plain, done;
    as_.cmp(qword[kArgs + static_cast<int>(offsetof(TileArgs, last))], 0);
    as_.je(plain, Xbyak::CodeGenerator::T_NEAR);
    emit_epilogue();
    as_.jmp(done, Xbyak::CodeGenerator::T_NEAR);
    as_.L(plain);
    store_plain();
    as_.L(done);
  } else {
    store_plain();
  }
  leave();
}

void TileGenerator::enter() {
  for (const auto& reg : kSaved) as_.push(reg);
  as_.mov(rax, rsp);
  as_.sub(rsp, frame_);
  as_.and_(rsp, -64);
  as_.mov(ptr[rsp + (slots_ + 16)], rax);
}

void TileGenerator::leave() {
  as_.mov(rsp, ptr[rsp + (slots_ + 16)]);
  for (int i = static_cast<int>(std::size(kSaved)) - 1; i >= 0; --i) as_.pop(kSaved[i]);
  as_.vzeroupper();
  as_.ret();
}

void TileGenerator::load_mask() {
  as_.mov(rcx, ARG(tail_lanes));
  if (as_.avx512()) {
    as_.mov(eax, 1);
    as_.shlx(eax, eax, ecx);
    as_.dec(eax);
    as_.kmovw(k1, eax);
    return;
  }
  as_.lea(rax, ptr[rip + as_.mask_table() + as_.vector_bytes()]);
  as_.shl(rcx, 2);
  as_.sub(rax, rcx);
  as_.vmovups(mask(), ptr[rax]);
}

void TileGenerator::emit_segments() {
  const int table = slots_, left = slots_ + 8, b_table = slots_ + 24;
  Xbyak::Label segment;
  as_.mov(rcx, ARG(segments));
  as_.mov(ptr[rsp + left], rcx);
  as_.mov(rcx, ARG(a_rows));
  as_.mov(ptr[rsp + table], rcx);
  as_.mov(kB, shifted() ? ARG(b_rows) : ARG(b));
  if (shifted()) as_.mov(ptr[rsp + b_table], kB);
  as_.L(segment);
  if (shifted()) {
    as_.mov(rcx, ptr[rsp + b_table]);
    as_.mov(kB, ptr[rcx]);
    as_.add(rcx, 8);
    as_.mov(ptr[rsp + b_table], rcx);
  }
  as_.mov(rcx, ptr[rsp + table]);
  for (int i = 0; i < rows(); ++i) as_.mov(kRows[i], ptr[rcx + i * 8]);
  as_.add(rcx, rows() * 8);
  as_.mov(ptr[rsp + table], rcx);
  emit_depth_loop();
  as_.dec(qword[rsp + left]);
  as_.jnz(segment, Xbyak::CodeGenerator::T_NEAR);
}

void TileGenerator::emit_depthwise() {
  constexpr int kPointers = 10;  // the last two row registers are the table and the count
  const Xbyak::Reg64 &table = kRows[10], &left = kRows[11];
  Xbyak::Label segment;
  as_.mov(left, ARG(segments));
  as_.mov(table, ARG(a_rows));
  as_.mov(kB, ARG(b));
  as_.mov(kDepth, ARG(k_begin));
  as_.align(32);
  as_.L(segment);
  const bool plane = spec_.kind == TileKind::kPlane;
  if (plane) as_.vbroadcastss(b(0), ptr[kB]);
  for (int v = 0; v < vectors() && !plane; ++v) load_b(v, 0);
  for (int i = 0; i < rows(); ++i) {
    const Xbyak::Reg64& row = kRows[i % kPointers];
    as_.mov(row, ptr[table + i * 8]);
    for (int v = 0; v < vectors(); ++v) {
      add_product(i, v, b(plane ? 0 : v), row + kDepth + v * as_.vector_bytes());
    }
  }
  as_.add(table, rows() * 8);
  as_.add(kB, plane ? 4 : vectors() * as_.vector_bytes());
  as_.dec(left);
  as_.jnz(segment, Xbyak::CodeGenerator::T_NEAR);
}

void TileGenerator::add_product(int row, int v, const Vec& b, const Xbyak::RegExp& a) {
  if (!masked(v)) {
    as_.vfmadd231ps(accumulator(row, v), b, ptr[a]);
  } else if (as_.avx512()) {
    as_.vfmadd231ps(accumulator(row, v) | k1, b, ptr[a]);
  } else {
    as_.vmaskmovps(broadcast(), mask(), ptr[a]);
    as_.vfmadd231ps(accumulator(row, v), b, broadcast());
  }
}

// Every address of a row of the window is the first pixel's and a constant.
void TileGenerator::emit_window_row() {
  const TileWindow& w = spec_.window;
  const Xbyak::Reg64 &row = kRows[0], &table = kRows[10], &left = kRows[11];
  Xbyak::Label segment, done;
  as_.mov(left, ARG(segments));
  as_.mov(table, ARG(a_rows));
  as_.mov(kB, ARG(b));
  as_.mov(kDepth, ARG(k_begin));
  as_.test(left, left);
  as_.jz(done, Xbyak::CodeGenerator::T_NEAR);
  as_.align(32);
  as_.L(segment);
  as_.mov(row, ptr[table]);
  as_.add(row, kDepth);
  for (int k = 0; k < w.taps; ++k) {
    for (int v = 0; v < vectors(); ++v) load_b(v, k);
    for (int i = 0; i < rows(); ++i)
      for (int v = 0; v < vectors() && !on_padding(i, k); ++v)
        add_product(i, v, b(v), row + ((i * w.stride + k * w.dilation) * w.pixel_bytes + v * as_.vector_bytes()));
  }
  as_.add(table, 8);
  as_.add(kB, w.taps * vectors() * as_.vector_bytes());
  as_.dec(left);
  as_.jnz(segment, Xbyak::CodeGenerator::T_NEAR);
  as_.L(done);
}

bool TileGenerator::on_padding(int row, int tap) const {
  const TileWindow& w = spec_.window;
  const int column = row * w.stride + tap * w.dilation;
  const int end = (rows() - 1) * w.stride + (w.taps - 1) * w.dilation + 1;  // behind the last pixel's window
  return (form_.left && column < w.left) || (form_.right && column >= end - w.right);
}

void TileGenerator::emit_depth_loop() {
  Xbyak::Label main, rest, rest_loop, done;
  const int b_row = b_row_bytes();
  as_.mov(kDepth, ARG(k_begin));
  as_.cmp(kDepth, ARG(k_main));
  as_.jge(rest, Xbyak::CodeGenerator::T_NEAR);
  as_.align(32);
  as_.L(main);
  for (int u = 0; u < TileArgs::kDepthUnroll; ++u) emit_depth_step(u);
  as_.add(kDepth, TileArgs::kDepthUnroll * 4);
  if (!strided()) as_.add(kB, TileArgs::kDepthUnroll * b_row);
  as_.cmp(kDepth, ARG(k_main));
  as_.jl(main, Xbyak::CodeGenerator::T_NEAR);
  as_.L(rest);
  as_.cmp(kDepth, ARG(k_end));
  as_.jge(done, Xbyak::CodeGenerator::T_NEAR);
  as_.L(rest_loop);
  emit_depth_step(0);
  as_.add(kDepth, 4);
  if (!strided()) as_.add(kB, b_row);
  as_.cmp(kDepth, ARG(k_end));
  as_.jl(rest_loop, Xbyak::CodeGenerator::T_NEAR);
  as_.L(done);
}

void TileGenerator::load_b(int v, int unrolled) {
  const int at = v * as_.vector_bytes();
  if (strided())
    load_masked(b(v), kB + at, masked(v));
  else if (shifted())
    load_masked(b(v), kB + (unrolled * b_row_bytes() + at), masked(v));
  else  // packed panels are padded
    as_.vmovups(b(v), ptr[kB + (unrolled * vectors() * as_.vector_bytes() + at)]);
}

void TileGenerator::emit_depth_step(int unrolled) {
  const int set = unrolled % sets_;
  for (int v = 0; v < vectors(); ++v) load_b(v, unrolled);
  if (strided()) as_.add(kB, ARG(b_stride));
  for (int i = 0; i < rows(); ++i) {
    const Xbyak::RegExp a = kRows[i] + kDepth + unrolled * 4;
    if (as_.avx512() && vectors() == 1) {
      as_.vfmadd231ps(accumulator(i, 0, set), b(0), ptr_b[a]);
      continue;
    }
    as_.vbroadcastss(broadcast(), ptr[a]);
    for (int v = 0; v < vectors(); ++v) as_.vfmadd231ps(accumulator(i, v, set), broadcast(), b(v));
  }
}

void TileGenerator::sum_sets() {
  for (int set = 1; set < sets_; ++set)
    for (int i = 0; i < rows(); ++i)
      for (int v = 0; v < vectors(); ++v) as_.vaddps(accumulator(i, v), accumulator(i, v), accumulator(i, v, set));
}

// ---- after the depth loop ----

Xbyak::RegExp TileGenerator::c(int v) const { return kC + v * as_.vector_bytes(); }

void TileGenerator::load_masked(const Vec& dest, const Xbyak::RegExp& address, bool last_vector) {
  if (!last_vector)
    as_.vmovups(dest, ptr[address]);
  else if (as_.avx512())
    as_.vmovups(dest | k1 | T_z, ptr[address]);
  else
    as_.vmaskmovps(dest, mask(), ptr[address]);
}

void TileGenerator::store_masked(const Xbyak::RegExp& address, const Vec& value, bool last_vector) {
  if (!last_vector)
    as_.vmovups(ptr[address], value);
  else if (as_.avx512())
    as_.vmovups(ptr[address] | k1, value);
  else
    as_.vmaskmovps(ptr[address], mask(), value);
}

std::vector<int> TileGenerator::free_registers(int from) const {
  std::vector<int> list;
  const int end = vector_registers(as_.isa()) - (form_.masked && !as_.avx512() ? 1 : 0);
  for (int i = from; i < end; ++i) list.push_back(i);
  return list;
}

void TileGenerator::begin_rows() {
  as_.mov(kC, ARG(c));
  as_.mov(kCStride, ARG(c_stride));
}

void TileGenerator::next_row() {
  as_.add(kC, kCStride);
  for (size_t k = 0; k < spec_.operands.size(); ++k)
    if (spec_.operands[k].by_row)
      as_.add(kOperands[k], ptr[kArgs + static_cast<int>(offsetof(TileArgs, operand_strides) + k * 8)]);
}

void TileGenerator::add_previous() {
  Xbyak::Label fresh;
  const Vec old = as_.vec(free_registers(rows() * vectors())[0]);
  as_.cmp(qword[kArgs + static_cast<int>(offsetof(TileArgs, accumulate))], 0);
  as_.je(fresh, Xbyak::CodeGenerator::T_NEAR);
  begin_rows();
  for (int i = 0; i < rows(); ++i) {
    for (int v = 0; v < vectors(); ++v) {
      load_masked(old, c(v), masked(v));
      as_.vaddps(accumulator(i, v), accumulator(i, v), old);
    }
    as_.add(kC, kCStride);
  }
  as_.L(fresh);
}

void TileGenerator::store_plain() {
  begin_rows();
  for (int i = 0; i < rows(); ++i) {
    for (int v = 0; v < vectors(); ++v) store_masked(c(v), accumulator(i, v), masked(v));
    as_.add(kC, kCStride);
  }
}

void TileGenerator::emit_epilogue() {
  begin_rows();
  for (size_t k = 0; k < spec_.operands.size(); ++k)
    as_.mov(kOperands[k], ptr[kArgs + static_cast<int>(offsetof(TileArgs, operands) + k * 8)]);
  emitter_->set_spill_area(rsp, spill_area_);
  const int spare = static_cast<int>(free_registers(rows() * vectors()).size());
  const bool fits = emitter_->registers() <= spare + 1;
  if (fits && emitter_->instructions() * rows() * vectors() <= kMaxUnrolledEpilogue)
    epilogue_in_registers(*emitter_);
  else
    epilogue_row_loop(*emitter_);
}

void TileGenerator::load_operand(int k, int v, const Vec& dest) {
  const TileOperand& o = spec_.operands[static_cast<size_t>(k - 1)];
  const Xbyak::Reg64& base = kOperands[k - 1];
  if (!o.by_column) return broadcast_element(as_, o.type, dest, base, kScratch);
  if (o.type == DType::b8)
    load_vector(as_, o.type, dest, base + v * as_.lanes(), masked(v));
  else
    load_masked(dest, base + v * as_.vector_bytes(), masked(v));
}

void TileGenerator::epilogue_in_registers(ExprEmitter& emitter) {
  const std::vector<int> pool = free_registers(rows() * vectors());
  for (int i = 0; i < rows(); ++i) {
    for (int v = 0; v < vectors(); ++v) {
      emitter.emit(
          accumulator(i, v), pool, [&](int k, const Vec& dest) { load_operand(k, v, dest); }, true);
      store_masked(c(v), accumulator(i, v), masked(v));
    }
    if (i + 1 < rows()) next_row();
  }
}

// The tile goes to the stack, so that the program has every register; one row at a time comes back.
void TileGenerator::epilogue_row_loop(ExprEmitter& emitter) {
  Xbyak::Label row;
  for (int i = 0; i < rows() * vectors(); ++i)
    as_.vmovups(ptr[rsp + (tile_area_ + i * as_.vector_bytes())], as_.vec(i));
  const std::vector<int> pool = free_registers(1);
  as_.lea(kTile, ptr[rsp + tile_area_]);
  as_.mov(kCount, rows());
  as_.L(row);
  for (int v = 0; v < vectors(); ++v) {
    as_.vmovups(as_.vec(0), ptr[kTile + v * as_.vector_bytes()]);
    emitter.emit(
        as_.vec(0), pool, [&](int k, const Vec& dest) { load_operand(k, v, dest); }, true);
    store_masked(c(v), as_.vec(0), masked(v));
  }
  as_.add(kTile, vectors() * as_.vector_bytes());
  next_row();
  as_.dec(kCount);
  as_.jnz(row, Xbyak::CodeGenerator::T_NEAR);
}

}  // namespace dvt::cpu::jit
