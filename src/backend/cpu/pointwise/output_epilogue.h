#pragma once
#include <optional>

#include "backend/cpu/common/support.h"
#include "backend/cpu/pointwise/chunked.h"

namespace dvt::cpu {

/// The epilogue of a kernel that cannot apply it to values in registers: a second pass over output 0, in place.
class OutputEpilogue {
 public:
  /// What this cannot do: an epilogue that changes the type of the result.
  static Refusal refusal(const backend::Problem& p);

  OutputEpilogue() = default;
  OutputEpilogue(const backend::Problem& p, const backend::Target& t);

  /// Scratch of apply().
  size_t workspace() const { return program_ ? program_->workspace() : 0; }
  /// Replaces output 0, where the operator's result is, by the epilogue's result.
  void apply(const backend::LaunchArgs& args, void* workspace) const;

 private:
  std::optional<ChunkedProgram> program_;
  int first_extra_ = 0, extras_ = 0;
};

/// Bytes of a kernel's own scratch rounded up so that the epilogue's scratch can follow it.
inline size_t aligned_scratch(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace dvt::cpu
