#include "backend/cpu/jit/winograd_kernels.h"

#include <cstddef>
#include <optional>

#include "backend/cpu/jit/code_cache.h"
#include "backend/cpu/jit/expr_emitter.h"
#include "backend/cpu/jit/vector_memory.h"
#include "base/concat.h"

namespace dvt::cpu::jit {

using namespace Xbyak::util;

namespace {

constexpr float kA = kWinogradA, kB = kWinogradB;

// Loads and stores under the mask of a last partial vector: opmask k1, or the highest register with AVX2.
class Masked {
 public:
  explicit Masked(Assembler& as) : as_(as), mask_(as.vec(vector_registers(as.isa()) - 1)) {}

  /// Takes the number of lanes in rcx; rax and rcx are overwritten.
  void set() {
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
    as_.vmovups(mask_, ptr[rax]);
  }
  void load(const Vec& dest, const Xbyak::RegExp& address, bool masked) {
    if (!masked)
      as_.vmovups(dest, ptr[address]);
    else if (as_.avx512())
      as_.vmovups(dest | k1 | T_z, ptr[address]);
    else
      as_.vmaskmovps(dest, mask_, ptr[address]);
  }
  void store(const Xbyak::RegExp& address, const Vec& value, bool masked) {
    if (!masked)
      as_.vmovups(ptr[address], value);
    else if (as_.avx512())
      as_.vmovups(ptr[address] | k1, value);
    else
      as_.vmaskmovps(ptr[address], mask_, value);
  }

 private:
  Assembler& as_;
  Vec mask_;
};

#define IN(member) ptr[rdi + static_cast<int>(offsetof(WinogradInputArgs, member))]
#define OUT(member) ptr[rdi + static_cast<int>(offsetof(WinogradOutputArgs, member))]

// rsi pixel pointers, rdx tiles left, r8 v of the tile, r9 bytes between points, rcx channel in bytes; the half
// transformed tile lies on the stack.
class InputTransform {
 public:
  InputTransform(Assembler& as, WinogradForm form, int64_t channels)
      : as_(as), masked_(as), form_(form), channels_(channels) {}

  void emit() {
    Xbyak::Label tile, channel;
    const int tail = static_cast<int>(channels_ % as_.lanes()), whole = static_cast<int>(channels_ - tail) * 4;
    as_.enter(form_.points() * as_.vector_bytes());
    if (tail != 0) {
      as_.mov(ecx, tail);
      masked_.set();
    }
    as_.mov(rsi, IN(pixels));
    as_.mov(rdx, IN(tiles));
    as_.mov(r8, IN(v));
    as_.mov(r9, IN(point_bytes));
    as_.align(16);
    as_.L(tile);
    as_.xor_(ecx, ecx);
    if (whole > 0) {
      as_.L(channel);
      body(false);
      as_.add(rcx, as_.vector_bytes());
      as_.cmp(rcx, whole);
      as_.jl(channel, Xbyak::CodeGenerator::T_NEAR);
    }
    if (tail != 0) body(true);
    as_.add(rsi, form_.points() * 8);
    as_.add(r8, IN(tile_bytes));
    as_.dec(rdx);
    as_.jnz(tile, Xbyak::CodeGenerator::T_NEAR);
    as_.leave();
  }

 private:
  // Vectors 0 .. n-1 times B^T, to n .. 2n-1.
  void transform() {
    const auto v = [&](int i) { return as_.vec(i); };
    if (form_.output == 2) {  // d0 - d2, d1 + d2, d2 - d1, d1 - d3
      as_.vsubps(v(4), v(0), v(2));
      as_.vaddps(v(5), v(1), v(2));
      as_.vsubps(v(6), v(2), v(1));
      as_.vsubps(v(7), v(1), v(3));
      return;
    }
    const Vec even = v(12), odd = v(13);
    const auto ends = [&](int to, int i) {  // d[i+4] - (a^2 + b^2) d[i+2] + a^2 b^2 d[i]
      as_.vmovaps(v(to), v(i + 4));
      as_.vfnmadd231ps(v(to), v(i + 2), as_.constant(kA * kA + kB * kB));
      as_.vfmadd231ps(v(to), v(i), as_.constant(kA * kA * kB * kB));
    };
    const auto pair = [&](int to, float own, float other) {  // (d4 - other^2 d2) +- own (d3 - other^2 d1)
      as_.vmovaps(even, v(4));
      as_.vfnmadd231ps(even, v(2), as_.constant(other * other));
      as_.vmovaps(odd, v(3));
      as_.vfnmadd231ps(odd, v(1), as_.constant(other * other));
      as_.vmovaps(v(to), even);
      as_.vfmadd231ps(v(to), odd, as_.constant(own));
      as_.vmovaps(v(to + 1), even);
      as_.vfnmadd231ps(v(to + 1), odd, as_.constant(own));
    };
    ends(6, 0);
    pair(7, kA, kB);
    pair(9, kB, kA);
    ends(11, 1);
  }

  void body(bool masked) {
    const int bytes = as_.vector_bytes(), n = form_.tile();
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < n; ++i) {
        as_.mov(rax, ptr[rsi + (i * n + j) * 8]);
        masked_.load(as_.vec(i), rax + rcx, masked);
      }
      transform();
      for (int i = 0; i < n; ++i) as_.vmovups(ptr[rsp + (i * n + j) * bytes], as_.vec(n + i));
    }
    as_.lea(r11, ptr[r8 + rcx]);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) as_.vmovups(as_.vec(j), ptr[rsp + (i * n + j) * bytes]);
      transform();
      for (int j = 0; j < n; ++j) {
        masked_.store(r11, as_.vec(n + j), masked);
        as_.add(r11, r9);
      }
    }
  }

  Assembler& as_;
  Masked masked_;
  WinogradForm form_;
  int64_t channels_;
};

// rsi m of the tile, rdx tiles left, r8 pixel indices, r9 bytes between points, rcx filter, r10 pixel index, r12 pixel
// of the tile, r13 offset of its values on the stack; rax and r11 scratch.
class OutputTransform {
 public:
  OutputTransform(Assembler& as, const TileSpec& spec, WinogradForm form)
      : as_(as), masked_(as), spec_(spec), form_(form) {
    if (!spec.epilogue.is_identity()) emitter_.emplace(as, spec.epilogue);
    values_ = emitter_ ? (emitter_->spill_bytes() + 63) / 64 * 64 : 0;
    halves_ = values_ + form.pixels() * as.vector_bytes();
    for (int i = 1; i < vector_registers(as.isa()) - (as.avx512() ? 0 : 1); ++i) pool_.push_back(i);
  }

  void emit() {
    Xbyak::Label tile, filter, tail, next;
    as_.enter(halves_ + form_.tile() * form_.output * as_.vector_bytes());
    if (emitter_) emitter_->set_spill_area(rsp, 0);
    as_.mov(rcx, OUT(tail_lanes));
    masked_.set();
    as_.mov(rsi, OUT(m));
    as_.mov(rdx, OUT(tiles));
    as_.mov(r8, OUT(pixels));
    as_.mov(r9, OUT(point_bytes));
    as_.align(16);
    as_.L(tile);
    as_.xor_(ecx, ecx);
    as_.cmp(rcx, OUT(filters));
    as_.jge(tail, Xbyak::CodeGenerator::T_NEAR);
    as_.L(filter);
    body(false);
    as_.add(rcx, as_.lanes());
    as_.cmp(rcx, OUT(filters));
    as_.jl(filter, Xbyak::CodeGenerator::T_NEAR);
    as_.L(tail);
    as_.cmp(qword[rdi + static_cast<int>(offsetof(WinogradOutputArgs, tail_lanes))], 0);
    as_.je(next, Xbyak::CodeGenerator::T_NEAR);
    body(true);
    as_.L(next);
    as_.add(r8, form_.pixels() * 8);
    as_.add(rsi, OUT(tile_bytes));
    as_.dec(rdx);
    as_.jnz(tile, Xbyak::CodeGenerator::T_NEAR);
    as_.leave();
  }

 private:
  // Vectors 0 .. n-1 times A^T, to n .. n+m-1.
  void transform() {
    const auto v = [&](int i) { return as_.vec(i); };
    if (form_.output == 2) {  // m0 + m1 + m2, m1 - m2 - m3
      as_.vaddps(v(4), v(1), v(2));
      as_.vaddps(v(4), v(4), v(0));
      as_.vsubps(v(5), v(1), v(2));
      as_.vsubps(v(5), v(5), v(3));
      return;
    }
    const Vec sum1 = v(10), difference1 = v(11), sum2 = v(12), difference2 = v(13);
    as_.vaddps(sum1, v(1), v(2));
    as_.vsubps(difference1, v(1), v(2));
    as_.vaddps(sum2, v(3), v(4));
    as_.vsubps(difference2, v(3), v(4));
    as_.vaddps(v(6), v(0), sum1);  // m0 + (m1 + m2) + (m3 + m4)
    as_.vaddps(v(6), v(6), sum2);
    as_.vmulps(v(7), difference1, as_.constant(kA));  // a (m1 - m2) + b (m3 - m4)
    as_.vfmadd231ps(v(7), difference2, as_.constant(kB));
    as_.vmulps(v(8), sum1, as_.constant(kA * kA));  // a^2 (m1 + m2) + b^2 (m3 + m4)
    as_.vfmadd231ps(v(8), sum2, as_.constant(kB * kB));
    as_.vmovaps(v(9), v(5));  // a^3 (m1 - m2) + b^3 (m3 - m4) + m5
    as_.vfmadd231ps(v(9), difference1, as_.constant(kA * kA * kA));
    as_.vfmadd231ps(v(9), difference2, as_.constant(kB * kB * kB));
  }

  void body(bool masked) {
    const int bytes = as_.vector_bytes(), n = form_.tile(), m = form_.output;
    as_.lea(r11, ptr[rsi + rcx * 4]);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        as_.vmovups(as_.vec(j), ptr[r11]);
        as_.add(r11, r9);
      }
      transform();
      for (int q = 0; q < m; ++q) as_.vmovups(ptr[rsp + (halves_ + (i * m + q) * bytes)], as_.vec(n + q));
    }
    for (int q = 0; q < m; ++q) {
      for (int i = 0; i < n; ++i) as_.vmovups(as_.vec(i), ptr[rsp + (halves_ + (i * m + q) * bytes)]);
      transform();
      for (int p = 0; p < m; ++p) as_.vmovups(ptr[rsp + (values_ + (p * m + q) * bytes)], as_.vec(n + p));
    }
    write_pixels(masked);
  }

  void write_pixels(bool masked) {
    Xbyak::Label pixel, outside;
    as_.xor_(r12d, r12d);
    as_.lea(r13, ptr[rsp + values_]);
    as_.L(pixel);
    as_.mov(r10, ptr[r8 + r12 * 8]);
    as_.test(r10, r10);
    as_.js(outside, Xbyak::CodeGenerator::T_NEAR);
    as_.vmovups(as_.vec(0), ptr[r13]);
    if (emitter_)
      emitter_->emit(
          as_.vec(0), pool_, [&](int k, const Vec& dest) { load_operand(k, dest, masked); }, true);
    as_.mov(rax, r10);
    as_.imul(rax, OUT(y_stride));
    as_.add(rax, OUT(y));
    masked_.store(rax + rcx * 4, as_.vec(0), masked);
    as_.L(outside);
    as_.add(r13, as_.vector_bytes());
    as_.inc(r12);
    as_.cmp(r12, form_.pixels());
    as_.jl(pixel, Xbyak::CodeGenerator::T_NEAR);
  }

  void load_operand(int k, const Vec& dest, bool masked) {
    const TileOperand& o = spec_.operands[static_cast<size_t>(k - 1)];
    const int at = (k - 1) * 8;
    if (o.by_row) {
      as_.mov(rax, r10);
      as_.imul(rax, ptr[rdi + (static_cast<int>(offsetof(WinogradOutputArgs, operand_strides)) + at)]);
      as_.add(rax, ptr[rdi + (static_cast<int>(offsetof(WinogradOutputArgs, operands)) + at)]);
    } else {
      as_.mov(rax, ptr[rdi + (static_cast<int>(offsetof(WinogradOutputArgs, operands)) + at)]);
    }
    if (!o.by_column)
      broadcast_element(as_, o.type, dest, rax, r11);
    else if (o.type == DType::b8)
      load_vector(as_, o.type, dest, rax + rcx, masked);
    else
      masked_.load(dest, rax + rcx * 4, masked);
  }

  Assembler& as_;
  Masked masked_;
  const TileSpec& spec_;
  WinogradForm form_;
  std::optional<ExprEmitter> emitter_;
  std::vector<int> pool_;
  int values_ = 0, halves_ = 0;  // offsets into the frame: result pixels; the half transformed tile
};

}  // namespace

WinogradKernels::WinogradKernels(const TileSpec& spec, WinogradForm form, int64_t channels) : code_(spec.isa) {
  InputTransform(code_, form, channels).emit();
  code_.align(16);
  const size_t output = code_.here();
  OutputTransform(code_, spec, form).emit();
  code_.finish();
  input_ = code_.entry<decltype(input_)>(0);
  output_ = code_.entry<decltype(output_)>(output);
}

std::shared_ptr<const WinogradKernels> WinogradKernels::get(const TileSpec& spec, WinogradForm form, int64_t channels) {
  return cached<WinogradKernels>(concat("winograd ", form.output, " ", channels, " ", key(spec)),
                                 [&] { return std::make_shared<const WinogradKernels>(spec, form, channels); });
}

}  // namespace dvt::cpu::jit
