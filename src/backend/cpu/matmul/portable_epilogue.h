#pragma once
#include <optional>

#include "backend/cpu/common/support.h"
#include "backend/cpu/pointwise/chunked.h"

namespace dvt::cpu {

/// The epilogue of a portable product: a second pass, over output 0 in place or, where the epilogue changes the
/// elements' type, from a result in scratch memory.
class PortableEpilogue {
 public:
  static Refusal refusal(const backend::Problem& p);
  PortableEpilogue(const backend::Problem& p, const backend::Target& t);

  /// Type of the operator's own result.
  DType result_type() const { return result_.dtype; }
  /// Scratch, at a multiple of 64 bytes.
  size_t workspace() const { return result_bytes_ + (program_ ? program_->workspace() : 0); }
  /// Where the operator's result goes, in the layout of output 0.
  void* result(const backend::LaunchArgs& args, void* scratch) const {
    return result_bytes_ > 0 ? scratch : args.outputs[0].data;
  }
  void apply(const backend::LaunchArgs& args, void* scratch) const noexcept;

 private:
  backend::Operand result_;
  size_t result_bytes_ = 0;  // of the copy in scratch
  std::optional<ChunkedProgram> program_;
  int first_extra_ = 0, extras_ = 0;
};

}  // namespace dvt::cpu
