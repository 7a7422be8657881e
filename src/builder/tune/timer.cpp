#include "builder/tune/timer.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/large_memory.h"
#include "base/sharing_record.h"
#include "base/thread_pool.h"

namespace dvt::builder {
namespace {

constexpr int64_t kPitch = 2;  ///< A slice is timed as half of what it is cut from.

int64_t volume(const std::vector<int64_t>& dims) {
  int64_t v = 1;
  for (int64_t d : dims) v *= d;
  return v;
}

// Small numbers of both signs; integers stay small and not negative, since they may be indices. Large tensors repeat a
// piece of whole bytes whose length has no factor in common with any usual dimension.
void draw(DType dtype, int64_t count, std::byte* data, uint64_t seed) {
  if (dtype == DType::text) return void(std::memset(data, 0, byte_size(dtype, count)));  // others would be addresses
  constexpr int64_t kPiece = 8 * 4099;
  const int64_t drawn = std::min(count, kPiece);
  const ops::WriteView view(dtype, {drawn}, data);
  for (int64_t i = 0; i < drawn; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const auto r = static_cast<double>(seed >> 40) / static_cast<double>(1u << 24);
    if (is_floating(dtype))
      view.set(i, 2 * r - 1);
    else
      view.set_int(i, r > 0.5 ? 1 : 0);
  }
  const size_t size = byte_size(dtype, count), piece = byte_size(dtype, drawn);
  for (size_t at = piece; at < size; at += piece) std::copy_n(data, std::min(piece, size - at), data + at);
}

/// Touched here, so that no run pays for the system's finding the pages.
Blob touched(size_t bytes) {
  std::byte* data = nullptr;
  Blob blob = allocate_large(bytes, &data);
  std::memset(data, 0, bytes);
  return blob;
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Of the calling thread: it does not go on while another program has the core.
double thread_cpu_ms() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

}  // namespace

TrialInputs::TrialInputs(const backend::Problem& problem, std::span<const std::span<const std::byte>> constants)
    : problem_(problem), constants_(constants), inputs_(problem.inputs.size()) {}

int64_t TrialInputs::pitch(const backend::Operand& o) const {
  return o.is_slice() ? kPitch * block_elements(o, o.at_opt()) : 0;
}

const Blob& TrialInputs::input(size_t i) {
  constexpr uintptr_t kAlignment = 64;
  Blob& made = inputs_[i];
  if (made.data()) return made;
  const backend::Operand& o = problem_.inputs[i];
  if (i < constants_.size() && !constants_[i].empty()) {
    const bool aligned = reinterpret_cast<uintptr_t>(constants_[i].data()) % kAlignment == 0;
    return made = aligned ? Blob(constants_[i], nullptr) : Blob::copy(constants_[i]);
  }
  const int64_t count = volume(o.at_opt()) * (o.is_slice() ? kPitch : 1);
  std::byte* data = nullptr;
  made = allocate_large(byte_size(o.dtype, count), &data);
  draw(o.dtype, count, data, i + 1);
  return made;
}

Blob TrialInputs::weights(size_t bytes) {
  constexpr int kPattern = 0x3c;  // as f32, bf16 or f16 a small number, as an integer one of two digits
  for (auto [it, end] = weights_.equal_range(bytes); it != end; ++it)
    if (it->second.owner().use_count() == 1) return it->second;
  std::erase_if(weights_, [](const auto& entry) { return entry.second.owner().use_count() == 1; });
  std::byte* data = nullptr;
  Blob blob = allocate_large(bytes, &data);
  std::memset(data, kPattern, bytes);
  weights_.emplace(bytes, blob);
  return blob;
}

Trial::Trial(const backend::Problem& problem, const backend::Tactic& tactic, const backend::Target& target,
             ThreadPool& pool, TrialInputs& inputs, Weights weights)
    : problem_(problem), kernel_(tactic.create(problem, target)), pool_(pool) {
  find_inputs(tactic, target, inputs, weights);
  for (const backend::Operand& o : problem.outputs)
    outputs_.push_back(touched(byte_size(o.dtype, volume(o.at_opt()) * (o.is_slice() ? kPitch : 1))));
  for (const auto* list : {&problem.inputs, &problem.outputs})
    for (const backend::Operand& o : *list) dims_.push_back(o.at_opt());
  size_t k = 0;
  const auto refer = [&](const Blob& b, const backend::Operand& o) {
    return backend::TensorRef{const_cast<std::byte*>(b.data()), dims_[k++].data(), o.rank(), inputs.pitch(o),
                              o.slice_axis};
  };
  for (size_t i = 0; i < inputs_.size(); ++i) input_refs_.push_back(refer(inputs_[i], problem.inputs[i]));
  for (size_t i = 0; i < outputs_.size(); ++i) output_refs_.push_back(refer(outputs_[i], problem.outputs[i]));
  late_.resize(static_cast<size_t>(num_late(problem)));
  workspace_ = touched(tactic.workspace ? tactic.workspace(problem, target) : 0);
}

void Trial::find_inputs(const backend::Tactic& tactic, const backend::Target& target, TrialInputs& inputs,
                        Weights weights) {
  inputs_.resize(problem_.inputs.size());
  std::vector<std::span<const std::byte>> plain(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const bool packs = problem_.inputs[i].constant && tactic.pack && tactic.packed_bytes;
    const size_t packed = packs ? tactic.packed_bytes(problem_, target, static_cast<int>(i)) : 0;
    if (packed > 0 && weights == Weights::kMadeUp) {
      inputs_[i] = inputs.weights(packed);
      continue;
    }
    inputs_[i] = inputs.input(i);
    if (problem_.inputs[i].constant) plain[i] = inputs_[i].bytes();
  }
  if (!tactic.pack || weights == Weights::kMadeUp) return;
  for (backend::PackedWeight& w : backend::pack_constants(tactic, problem_, target, plain))
    inputs_[static_cast<size_t>(w.input)] = std::move(w.bytes);
}

Blob Trial::output(int i) const {
  const auto k = static_cast<size_t>(i);
  const backend::Operand& o = problem_.outputs[k];
  if (!o.is_slice()) return outputs_[k];
  const std::vector<int64_t> dims = o.at_opt();
  const size_t block = byte_size(o.dtype, block_elements(o, dims)), pitch = byte_size(o.dtype, output_refs_[k].pitch);
  std::byte* to = nullptr;
  Blob out = Blob::allocate(byte_size(o.dtype, volume(dims)), &to);
  for (int64_t b = 0; b < block_count(o, dims); ++b)
    std::copy_n(outputs_[k].data() + static_cast<size_t>(b) * pitch, block, to + static_cast<size_t>(b) * block);
  return out;
}

std::vector<int64_t> Trial::output_dims(int i) const {
  return late_.empty() ? problem_.outputs[static_cast<size_t>(i)].at_opt()
                       : backend::output_dims_at_opt(problem_, late_)[static_cast<size_t>(i)];
}

void Trial::run() {
  backend::LaunchArgs args;
  args.inputs = input_refs_.data();
  args.outputs = output_refs_.data();
  args.late = late_.data();
  args.workspace = const_cast<std::byte*>(workspace_.data());
  args.pool = &pool_;
  texts_.reset();
  args.texts = &texts_;
  kernel_->run(args);
}

Trial::Sample Trial::sample(int runs) {
  const double cpu_begin = thread_cpu_ms(), begin = now_ms();
  for (int i = 0; i < runs; ++i) run();
  const double elapsed = now_ms() - begin;
  return {elapsed, std::min(elapsed, thread_cpu_ms() - cpu_begin)};
}

Timing Trial::time(const Sampling& s) {
  // A cold run may take longer than the others, but hardly by such a factor; one sample may be disturbed, two are not
  // likely to be, unless all that was seen is no longer than a scheduler's tick. A sample in which this thread was kept
  // waiting for a core tells nothing, and the next one is taken in its place; where that happens again and again, all
  // there is must do.
  constexpr double kCold = 4, kColdMs = 0.3, kOneSample = 2, kShortSampleMs = 0.05, kLeastSeenMs = 1, kKept = 0.9;
  constexpr int kMaxReplaced = 5;
  const double limit = s.give_up > 0 ? s.give_up * s.limit_ms : std::numeric_limits<double>::infinity();
  const SharingRecord::Ignored shared_always;  // times with and without the workers cannot be compared
  const double cold = sample(1).on_cpu_ms;
  if (cold > kCold * limit + kColdMs) return {cold, true};
  double best = std::numeric_limits<double>::infinity(), spent = 0;
  int repeats = std::max(1, s.iterations), replaced = 0;
  for (int number = 1; number <= s.max_samples && (number <= s.min_samples || spent < s.budget_ms); ++number) {
    const auto [elapsed, on_cpu] = sample(repeats);
    best = std::min(best, elapsed / repeats);
    if (on_cpu < kKept * elapsed && replaced < kMaxReplaced) {
      ++replaced;
      --number;
      continue;
    }
    spent += elapsed;
    const bool enough = spent >= std::min(kLeastSeenMs, s.budget_ms);
    if (enough && best > (number == 1 ? kOneSample * limit : limit)) return {best, true};
    if (elapsed < kShortSampleMs) repeats *= 4;  // the clock and the hand-off must not dominate
  }
  return {best, false};
}

std::optional<std::string> disagreement(const backend::Problem& problem, const Trial& tried, const Trial& reference) {
  if (tried.late() != reference.late()) return "it reports other sizes than the reference";
  for (size_t i = 0; i < problem.outputs.size(); ++i) {
    const backend::Operand& o = problem.outputs[i];
    const std::vector<int64_t> dims = reference.output_dims(static_cast<int>(i));
    const Blob got = tried.output(static_cast<int>(i)), expected = reference.output(static_cast<int>(i));
    const ops::ReadView a(o.dtype, dims, got.data()), b(o.dtype, dims, expected.data());
    double diff = 0, norm = 0;
    for (int64_t k = 0; k < a.volume(); ++k) {
      if (o.dtype == DType::text) {
        if (a.text(k) == b.text(k)) continue;
        return concat("output ", i, ", element ", k, " is another text than the reference's");
      }
      const double x = a.get(k), y = b.get(k);
      if (std::isnan(x) != std::isnan(y))
        return concat("output ", i, ", element ", k, " is ", x, ", the reference gives ", y);
      if (!std::isfinite(x) || !std::isfinite(y)) continue;
      diff += (x - y) * (x - y);
      norm += y * y;
    }
    // Rounding errors add up like a random walk over the sum's depth: 1e-5 covers f32 sums of 10,000 terms.
    const double allowed = o.dtype == DType::f32 || o.dtype == DType::f64 ? 1e-5 : is_floating(o.dtype) ? 2e-2 : 0;
    if (std::sqrt(diff) > allowed * std::sqrt(norm) + 1e-30)
      return concat("output ", i, " differs from the reference by ", std::sqrt(diff / std::max(norm, 1e-300)),
                    " (relative norm), allowed ", allowed);
  }
  return std::nullopt;
}

}  // namespace dvt::builder
