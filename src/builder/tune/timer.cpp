#include "builder/tune/timer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/thread_pool.h"

namespace dvt::builder {
namespace {

constexpr double kSampleBudgetMs = 4;  ///< Enough for a small kernel to be seen past the clock and a scheduler tick.
constexpr int kMinSamples = 3, kMaxSamples = 20;
constexpr int64_t kPitch = 2;  ///< A slice is timed as half of what it is cut from.

int64_t volume(const std::vector<int64_t>& dims) {
  int64_t v = 1;
  for (int64_t d : dims) v *= d;
  return v;
}

// Small numbers of both signs; integers stay small and not negative, since they may be indices.
void draw(const ops::WriteView& view, uint64_t seed) {
  const int64_t count = view.volume();
  for (int64_t i = 0; i < count; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const auto r = static_cast<double>(seed >> 40) / static_cast<double>(1u << 24);
    if (is_floating(view.dtype()))
      view.set(i, 2 * r - 1);
    else
      view.set_int(i, r > 0.5 ? 1 : 0);
  }
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Trial::Trial(const backend::Problem& problem, const backend::Tactic& tactic, const backend::Target& target,
             ThreadPool& pool, std::span<const std::span<const std::byte>> constants)
    : outputs_of_(problem.outputs), kernel_(tactic.create(problem, target)), pool_(pool), problem_(problem) {
  const auto make = [&](const backend::Operand& o, size_t i, std::vector<Blob>& list, bool fill) {
    std::vector<int64_t> dims = o.at_opt();
    if (o.is_slice()) dims = {kPitch * volume(dims)};
    std::byte* data = nullptr;
    list.push_back(Blob::allocate(byte_size(o.dtype, volume(dims)), &data));
    if (!fill) return;
    if (i < constants.size() && !constants[i].empty())
      std::copy(constants[i].begin(), constants[i].end(), data);
    else
      draw(ops::WriteView(o.dtype, dims, data), i + 1);
  };
  for (size_t i = 0; i < problem.inputs.size(); ++i) make(problem.inputs[i], i, inputs_, true);
  for (size_t i = 0; i < problem.outputs.size(); ++i) make(problem.outputs[i], i, outputs_, false);
  for (const auto* list : {&problem.inputs, &problem.outputs})
    for (const backend::Operand& o : *list) dims_.push_back(o.at_opt());
  size_t k = 0;
  const auto refer = [&](const Blob& b, const backend::Operand& o) {
    const std::vector<int64_t>& d = dims_[k++];
    const int64_t pitch = o.is_slice() ? kPitch * block_elements(o, d) : 0;
    return backend::TensorRef{const_cast<std::byte*>(b.data()), d.data(), o.rank(), pitch, o.slice_axis};
  };
  for (size_t i = 0; i < inputs_.size(); ++i) input_refs_.push_back(refer(inputs_[i], problem.inputs[i]));
  for (size_t i = 0; i < outputs_.size(); ++i) output_refs_.push_back(refer(outputs_[i], problem.outputs[i]));
  if (tactic.pack) {
    std::vector<std::span<const std::byte>> data(problem.inputs.size());
    for (size_t i = 0; i < data.size(); ++i)
      if (problem.inputs[i].constant) data[i] = inputs_[i].bytes();
    for (backend::PackedWeight& w : tactic.pack(problem, target, data)) {
      inputs_[static_cast<size_t>(w.input)] = Blob::copy(w.bytes);
      input_refs_[static_cast<size_t>(w.input)].data =
          const_cast<std::byte*>(inputs_[static_cast<size_t>(w.input)].data());
    }
  }
  std::byte* scratch = nullptr;
  late_.resize(static_cast<size_t>(num_late(problem)));
  workspace_ = Blob::allocate(tactic.workspace ? tactic.workspace(problem, target) : 0, &scratch);
}

Blob Trial::output(int i) const {
  const auto k = static_cast<size_t>(i);
  const backend::Operand& o = outputs_of_[k];
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
  return late_.empty() ? outputs_of_[static_cast<size_t>(i)].at_opt()
                       : backend::output_dims_at_opt(problem_, late_)[static_cast<size_t>(i)];
}

void Trial::run() {
  backend::LaunchArgs args;
  args.inputs = input_refs_.data();
  args.outputs = output_refs_.data();
  args.late = late_.data();
  args.workspace = const_cast<std::byte*>(workspace_.data());
  args.pool = &pool_;
  kernel_->run(args);
}

double Trial::time(int iterations) {
  run();
  double best = 1e30, spent = 0;
  int repeats = std::max(1, iterations);
  for (int sample = 0; sample < kMaxSamples && (sample < kMinSamples || spent < kSampleBudgetMs); ++sample) {
    const double begin = now_ms();
    for (int i = 0; i < repeats; ++i) run();
    const double elapsed = now_ms() - begin;
    best = std::min(best, elapsed / repeats);
    spent += elapsed;
    if (elapsed < 0.05) repeats *= 4;  // the clock and the hand-off must not dominate
  }
  return best;
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
