#pragma once
#include <optional>

#include "backend/tactic.h"
#include "base/blob.h"

namespace dvt {
class ThreadPool;
}

namespace dvt::builder {

/// One candidate's launch at the problem's opt shape on made-up data, with its constants packed.
///
/// Data is drawn from a fixed seed, so that two launches of one problem see the same bytes.
class Trial {
 public:
  /// `constants[i]` are the plain bytes of constant input i; drawn when empty. Throws Error.
  Trial(const backend::Problem& problem, const backend::Tactic& tactic, const backend::Target& target, ThreadPool& pool,
        std::span<const std::span<const std::byte>> constants);
  void run();
  /// Milliseconds of one run: the minimum over samples of the mean of `iterations` runs.
  double time(int iterations);
  /// Output i in the order of its layout; a slice's blocks one behind the other.
  Blob output(int i) const;
  /// What the latest run reported, and the dims that its results have with that.
  const std::vector<int64_t>& late() const { return late_; }
  std::vector<int64_t> output_dims(int i) const;

 private:
  std::vector<backend::Operand> outputs_of_;
  std::unique_ptr<backend::Kernel> kernel_;
  ThreadPool& pool_;
  std::vector<Blob> inputs_, outputs_;
  std::vector<std::vector<std::byte>> packed_;
  std::vector<std::vector<int64_t>> dims_;
  std::vector<backend::TensorRef> input_refs_, output_refs_;
  Blob workspace_;
  std::vector<int64_t> late_;
  const backend::Problem& problem_;
};

/// Whether two results of one problem agree to what the type and the depth of the sum allow; a reason when not.
std::optional<std::string> disagreement(const backend::Problem& problem, const Trial& tried, const Trial& reference);

}  // namespace dvt::builder
