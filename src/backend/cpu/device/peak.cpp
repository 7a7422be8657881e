#include "backend/cpu/device/peak.h"

#include <time.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "backend/cpu/jit/assembler.h"
#include "base/aligned_buffer.h"
#include "base/thread_pool.h"

namespace dvt::cpu {
namespace {

using namespace Xbyak::util;
using jit::VectorIsa;

/// Loops that do one thing as fast as the machine can.
class PeakCode {
 public:
  /// Multiply-adds per round: as many chains as there are registers for hide the latency.
  static int64_t multiply_adds(VectorIsa isa) { return kUnroll * chains(isa) * jit::lanes(isa); }
  static constexpr int64_t kReadBytes = 512;  ///< Of one round.

  explicit PeakCode(VectorIsa isa) : as_(isa) {
    multiply_ = as_.here();
    emit_multiply();
    read_ = as_.here();
    emit_read();
    as_.finish();
  }
  void multiply(int64_t rounds) const { as_.entry<void (*)(int64_t)>(multiply_)(rounds); }
  void read(const std::byte* data, int64_t rounds) const {
    as_.entry<void (*)(const std::byte*, int64_t)>(read_)(data, rounds);
  }

 private:
  static constexpr int kUnroll = 4;
  static int chains(VectorIsa isa) { return jit::vector_registers(isa) - 4; }

  void emit_multiply() {
    as_.enter(0);
    const int n = chains(as_.isa());
    const jit::Vec factor = as_.vec(n);
    as_.load_constant(factor, 0.5f);
    for (int i = 0; i < n; ++i) as_.zero(as_.vec(i));
    Xbyak::Label round;
    as_.L(round);
    for (int i = 0; i < kUnroll * n; ++i) as_.vfmadd231ps(as_.vec(i % n), factor, factor);
    as_.dec(rdi);
    as_.jnz(round, Xbyak::CodeGenerator::T_NEAR);
    as_.leave();
  }

  void emit_read() {
    constexpr int kSums = 8;
    as_.enter(0);
    for (int i = 0; i < kSums; ++i) as_.zero(as_.vec(i));
    Xbyak::Label round;
    as_.L(round);
    for (int at = 0; at < kReadBytes; at += as_.vector_bytes()) {
      const jit::Vec sum = as_.vec(at / as_.vector_bytes() % kSums);
      as_.vaddps(sum, sum, ptr[rdi + at]);
    }
    as_.add(rdi, static_cast<int>(kReadBytes));
    as_.dec(rsi);
    as_.jnz(round, Xbyak::CodeGenerator::T_NEAR);
    as_.leave();
  }

  jit::Assembler as_;
  size_t multiply_ = 0, read_ = 0;
};

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// The most that all workers together did in a second of their CPU time, over some jobs of `pieces` pieces of `amount`.
/// A worker that got no piece of a job counts as the others on average.
template <class F>
double best_rate(ThreadPool& pool, int64_t pieces, double amount, F&& piece) {
  constexpr int kJobs = 6;
  double best = 0;
  for (int job = 0; job < kJobs; ++job) {
    std::vector<std::pair<double, double>> done(static_cast<size_t>(pool.threads()));  // amount, seconds
    pool.parallel_for(pieces, [&](int64_t index, int worker) {
      const double begin = cpu_seconds();
      piece(index);
      auto& [did, seconds] = done[static_cast<size_t>(worker)];
      did += amount;
      seconds += cpu_seconds() - begin;
    });
    double sum = 0;
    int workers = 0;
    for (const auto& [did, seconds] : done)
      if (seconds > 0) sum += did / seconds, ++workers;
    if (workers > 0) best = std::max(best, sum * pool.threads() / workers);
  }
  return best;
}

double measure_flops(VectorIsa isa, int threads) {
  constexpr int64_t kRounds = 2000, kPieces = 16;  // a piece takes a tenth of a millisecond or two
  const PeakCode code(isa);
  const double flops = 2.0 * static_cast<double>(kRounds * PeakCode::multiply_adds(isa));
  return best_rate(*shared_pool(threads), kPieces * threads, flops, [&](int64_t) { code.multiply(kRounds); });
}

double measure_bandwidth(VectorIsa isa, const backend::Target& t) {
  // Four times the last cache, so that each pass finds next to nothing of itself there.
  constexpr int64_t kPieceBytes = int64_t{1} << 20, kLeast = int64_t{64} << 20, kMost = int64_t{512} << 20;
  const int64_t bytes = std::clamp(4 * t.l3_bytes, kLeast, kMost) / kPieceBytes * kPieceBytes;
  const AlignedBuffer memory(static_cast<size_t>(bytes));
  std::fill_n(memory.as<float>(), bytes / 4, 1.0f);
  const PeakCode code(isa);
  return best_rate(*shared_pool(t.threads), bytes / kPieceBytes, static_cast<double>(kPieceBytes), [&](int64_t index) {
    code.read(memory.data() + index * kPieceBytes, kPieceBytes / PeakCode::kReadBytes);
  });
}

/// measure(isa) for the target's widest vectors. Each `measure` has a table of its own, since it is a type of its own.
template <class F>
double once(const backend::Target& t, F&& measure) {
  static std::mutex mutex;
  static std::map<std::pair<VectorIsa, int>, double> known;
  if (!t.can_jit || !t.has(backend::Isa::kAvx2)) return 0;
  const VectorIsa isa = t.has(backend::Isa::kAvx512) ? VectorIsa::kAvx512 : VectorIsa::kAvx2;
  const std::lock_guard lock(mutex);
  const auto [it, fresh] = known.try_emplace({isa, t.threads}, 0);
  if (fresh) it->second = measure(isa);
  return it->second;
}

}  // namespace

double peak_flops(const backend::Target& t) {
  return once(t, [&](VectorIsa isa) { return measure_flops(isa, t.threads); });
}

double peak_bandwidth(const backend::Target& t) {
  return once(t, [&](VectorIsa isa) { return measure_bandwidth(isa, t); });
}

}  // namespace dvt::cpu
