#pragma once
#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/jit/assembler.h"
#include "expr/expr.h"

namespace dvt::cpu::jit {

/// A pointwise program compiled for flat runs of elements: each input contiguous, or one element for all (a scalar).
class PointwiseKernel {
 public:
  /// Why there is no such code; empty when there is.
  static std::string refusal(const expr::Expr& e);

  /// `is_scalar[k]`: input k is one element, used for every output element. Throws Error(kUnsupported) where the
  /// system refuses executable memory. Precondition: refusal(e) is empty and e is not the identity.
  PointwiseKernel(VectorIsa isa, const expr::Expr& e, std::vector<bool> is_scalar);

  /// out[i] = e(inputs[0][i], ...) for i in [0, n). Reads and writes exactly n elements. An input may be the output.
  void operator()(const void* const* inputs, void* out, int64_t n) const noexcept { run_(inputs, out, n); }

 private:
  std::unique_ptr<Assembler> code_;
  void (*run_)(const void* const*, void*, int64_t) = nullptr;
};

}  // namespace dvt::cpu::jit
