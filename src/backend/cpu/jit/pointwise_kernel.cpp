#include "backend/cpu/jit/pointwise_kernel.h"

#include "backend/cpu/jit/expr_emitter.h"
#include "backend/cpu/jit/vector_memory.h"

namespace dvt::cpu::jit {
namespace {

using namespace Xbyak::util;

// Registers: rdi inputs, rsi output, rdx n, rcx index, rax and r8 scratch, r9 whole-vector end. Spills at rsp.
class Generator {
 public:
  Generator(Assembler& as, const expr::Expr& e, const std::vector<bool>& is_scalar)
      : as_(as), e_(e), scalar_(is_scalar), emitter_(as, e) {
    const int registers = vector_registers(as.isa());
    for (int i = 1; i < registers; ++i) pool_.push_back(i);
  }

  void emit() {
    Xbyak::Label loop, tail, done;
    const int row = as_.vector_bytes();
    tail_area_ = emitter_.spill_bytes();
    as_.enter(tail_area_ + row * (e_.num_inputs() + 1));
    emitter_.set_spill_area(rsp, 0);
    as_.xor_(ecx, ecx);
    as_.mov(r9, rdx);
    as_.and_(r9, -as_.lanes());
    as_.jz(tail, Xbyak::CodeGenerator::T_NEAR);
    as_.align(16);
    as_.L(loop);
    body(false);
    as_.add(rcx, as_.lanes());
    as_.cmp(rcx, r9);
    as_.jl(loop, Xbyak::CodeGenerator::T_NEAR);
    as_.L(tail);
    as_.sub(rdx, rcx);
    as_.jz(done, Xbyak::CodeGenerator::T_NEAR);
    emit_tail();
    as_.L(done);
    as_.leave();
  }

 private:
  static int size_of(DType type) { return type == DType::b8 ? 1 : 4; }

  void body(bool masked) {
    const Vec result = as_.vec(0);
    emitter_.emit(result, pool_, [&](int k, const Vec& dest) {
      const DType type = e_.input_type(k);
      as_.mov(rax, ptr[rdi + k * 8]);
      if (scalar_[static_cast<size_t>(k)])
        broadcast_element(as_, type, dest, rax, r8);
      else
        load_vector(as_, type, dest, rax + rcx * size_of(type), masked);
    });
    const DType type = e_.result_type();
    store_vector(as_, type, rsi + rcx * size_of(type), result, as_.vec(1), masked);
  }

  // AVX-512 runs the body under a mask. AVX2 copies the last elements into whole vectors on the stack and back, byte
  // by byte: masked moves know only four-byte elements.
  void emit_tail() {
    if (as_.avx512()) {
      as_.mov(eax, 1);
      as_.shlx(eax, eax, edx);
      as_.dec(eax);
      as_.kmovw(k1, eax);
      return body(true);
    }
    const int row = as_.vector_bytes();
    for (int k = 0; k < e_.num_inputs(); ++k) {
      if (scalar_[static_cast<size_t>(k)]) continue;
      const int size = size_of(e_.input_type(k));
      as_.mov(rax, ptr[rdi + k * 8]);
      as_.lea(rax, ptr[rax + rcx * size]);
      copy(tail_area_ + k * row, size, true);
    }
    const Vec result = as_.vec(0);
    emitter_.emit(result, pool_, [&](int k, const Vec& dest) {
      const DType type = e_.input_type(k);
      if (scalar_[static_cast<size_t>(k)]) {
        as_.mov(rax, ptr[rdi + k * 8]);
        broadcast_element(as_, type, dest, rax, r8);
      } else {
        load_vector(as_, type, dest, rsp + (tail_area_ + k * row));
      }
    });
    const DType type = e_.result_type();
    const int area = tail_area_ + e_.num_inputs() * row;
    store_vector(as_, type, rsp + area, result, as_.vec(1));
    as_.lea(rax, ptr[rsi + rcx * size_of(type)]);
    copy(area, size_of(type), false);
  }

  // Copies rdx elements between [rax] and [rsp + area].
  void copy(int area, int size, bool in) {
    Xbyak::Label loop;
    const auto& element = size == 1 ? byte : dword;
    const Xbyak::Reg& value = size == 1 ? static_cast<const Xbyak::Reg&>(r8b) : static_cast<const Xbyak::Reg&>(r8d);
    as_.mov(r10, rdx);
    as_.L(loop);
    if (in) {
      as_.mov(value, element[rax + r10 * size - size]);
      as_.mov(element[rsp + r10 * size + (area - size)], value);
    } else {
      as_.mov(value, element[rsp + r10 * size + (area - size)]);
      as_.mov(element[rax + r10 * size - size], value);
    }
    as_.dec(r10);
    as_.jnz(loop);
  }

  Assembler& as_;
  const expr::Expr& e_;
  const std::vector<bool>& scalar_;
  ExprEmitter emitter_;
  std::vector<int> pool_;
  int tail_area_ = 0;
};

}  // namespace

std::string PointwiseKernel::refusal(const expr::Expr& e) { return ExprEmitter::refusal(e); }

PointwiseKernel::PointwiseKernel(VectorIsa isa, const expr::Expr& e, std::vector<bool> is_scalar)
    : code_(std::make_unique<Assembler>(isa)) {
  Generator(*code_, e, is_scalar).emit();
  code_->finish();
  run_ = code_->entry<decltype(run_)>(0);
}

}  // namespace dvt::cpu::jit
