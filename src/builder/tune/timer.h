#pragma once
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "backend/tactic.h"
#include "base/blob.h"
#include "base/text.h"

namespace dvt {
class ThreadPool;
}

namespace dvt::builder {

/// A problem's inputs at its opt shape, shared by the trials of its tactics: given constants, else data drawn from a
/// fixed seed, so that two trials of one problem see the same bytes. What nobody asks for is not made.
class TrialInputs {
 public:
  /// `constants[i]` are the plain bytes of constant input i; drawn when empty. Both must outlive this object.
  TrialInputs(const backend::Problem& problem, std::span<const std::span<const std::byte>> constants);
  /// Input i in its layout, 64-byte aligned; a slice's blocks lie at the pitch of pitch().
  const Blob& input(size_t i);
  /// Made-up numbers of a packed weight's size: kernels do not mind which (Tactic::packed_bytes).
  Blob weights(size_t bytes);
  int64_t pitch(const backend::Operand& o) const;

 private:
  const backend::Problem& problem_;
  std::span<const std::span<const std::byte>> constants_;
  std::vector<Blob> inputs_;
  std::multimap<size_t, Blob> weights_;  ///< By size, for trial after trial.
};

/// How long a candidate is timed.
struct Sampling {
  int iterations = 1;  ///< Runs in a sample, at least.
  int min_samples = 3, max_samples = 20;
  double budget_ms = 4;  ///< Samples are taken for this long once there are min_samples.
  double give_up = 0;    ///< Stop when clearly slower than this many times `limit_ms`; 0: never.
  double limit_ms = std::numeric_limits<double>::infinity();  ///< The time to beat.
};

struct Timing {
  double milliseconds = 0;  ///< Of one run: the minimum over samples of the mean of their runs.
  bool given_up = false;
};

/// One candidate's launch at the problem's opt shape, its constants packed.
class Trial {
 public:
  enum class Weights { kPacked, kMadeUp };
  /// Made-up weights serve for timing: packing large ones takes longer than running. Throws Error.
  Trial(const backend::Problem& problem, const backend::Tactic& tactic, const backend::Target& target, ThreadPool& pool,
        TrialInputs& inputs, Weights weights);
  void run();
  Timing time(const Sampling& sampling);
  /// Output i in the order of its layout; a slice's blocks one behind the other.
  Blob output(int i) const;
  /// What the latest run reported, and the dims that its results have with that.
  const std::vector<int64_t>& late() const { return late_; }
  std::vector<int64_t> output_dims(int i) const;

 private:
  struct Sample {
    double elapsed_ms;
    double on_cpu_ms;  ///< Of the calling thread.
  };
  Sample sample(int runs);
  void find_inputs(const backend::Tactic& tactic, const backend::Target& target, TrialInputs& inputs, Weights weights);

  const backend::Problem& problem_;
  std::unique_ptr<backend::Kernel> kernel_;
  ThreadPool& pool_;
  std::vector<Blob> inputs_, outputs_;
  std::vector<std::vector<int64_t>> dims_;
  std::vector<backend::TensorRef> input_refs_, output_refs_;
  Blob workspace_;
  std::vector<int64_t> late_;
  TextArena texts_;
};

/// Whether two results of one problem agree to what the type and the depth of the sum allow; a reason when not.
std::optional<std::string> disagreement(const backend::Problem& problem, const Trial& tried, const Trial& reference);

}  // namespace dvt::builder
