#include "problem_bench.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <random>

#include "backend/cpu/cpu.h"
#include "base/aligned_buffer.h"
#include "base/concat.h"
#include "base/thread_pool.h"

namespace dvt::bench {
namespace {

using backend::Operand;
using backend::Problem;

int64_t volume(const std::vector<int64_t>& dims) {
  int64_t v = 1;
  for (int64_t d : dims) v *= d;
  return v;
}

// A kernel with its operands, ready to launch.
struct Launch {
  Launch(const backend::Tactic& tactic, const Problem& p, const backend::Target& target) : pool(target.threads) {
    std::mt19937 rng(1);
    std::uniform_real_distribution<float> real(-1, 1);
    std::vector<std::span<const std::byte>> constants;
    for (const auto* list : {&p.inputs, &p.outputs})
      for (const Operand& o : *list) {
        dims.push_back(o.at_opt());
        memory.emplace_back(byte_size(o.dtype, volume(dims.back())) + 64);
        float* data = memory.back().as<float>();
        for (int64_t i = 0; i < volume(dims.back()); ++i) data[i] = real(rng);
        constants.push_back(o.constant ? memory.back().bytes() : std::span<std::byte>());
      }
    constants.resize(p.inputs.size());
    if (tactic.pack)
      for (const backend::PackedWeight& w : tactic.pack(p, target, constants)) {
        memory[static_cast<size_t>(w.input)] = AlignedBuffer(w.bytes.size());
        std::copy(w.bytes.begin(), w.bytes.end(), memory[static_cast<size_t>(w.input)].data());
      }
    for (size_t i = 0; i < dims.size(); ++i)
      refs.push_back({memory[i].data(), dims[i].data(), static_cast<int>(dims[i].size())});
    workspace = AlignedBuffer(tactic.workspace ? tactic.workspace(p, target) : 0);
    kernel = tactic.create(p, target);
    args = {refs.data(), refs.data() + p.inputs.size(), workspace.data(), &pool};
  }

  std::vector<std::vector<int64_t>> dims;
  std::vector<AlignedBuffer> memory;
  std::vector<backend::TensorRef> refs;
  AlignedBuffer workspace;
  ThreadPool pool;
  std::unique_ptr<backend::Kernel> kernel;
  backend::LaunchArgs args;
};

ops::Cost cost_of(const Problem& p) {
  const auto types = [](std::span<const Operand> list) {
    std::vector<TensorType> t;
    for (const Operand& o : list) {
      t.push_back({o.dtype, {}});
      for (int64_t d : o.at_opt()) t.back().shape.push_back(d);
    }
    return t;
  };
  return ops::cost(p.op, types(p.op_inputs()), types(p.outputs), {});
}

}  // namespace

void register_problem(const std::string& label, const std::string& text, std::string_view family) {
  const auto problem = std::make_shared<const Problem>(backend::parse_problem(text));
  const int all = cpu::device().host_target(0).threads;
  for (const backend::Tactic& tactic : cpu::device().tactics()) {
    if (!tactic.name.starts_with(family)) continue;
    for (int threads : {1, all}) {
      const backend::Target target = cpu::device().host_target(threads);
      if ((threads == 1 && &threads != &all && all == 1) || !tactic.supports(*problem, target)) continue;
      auto* bench = benchmark::RegisterBenchmark(
          concat(label, "/", tactic.name, "/t", threads).c_str(), [problem, &tactic, target](benchmark::State& state) {
            Launch launch(tactic, *problem, target);
            for (auto _ : state) launch.kernel->run(launch.args);
            const ops::Cost cost = cost_of(*problem);
            using benchmark::Counter;
            state.counters["FLOP/s"] = Counter(cost.flops, Counter::kIsIterationInvariantRate);
            state.counters["B/s"] = Counter(cost.bytes, Counter::kIsIterationInvariantRate);
          });
      if (threads > 1) bench->UseRealTime();  // one thread: its own time, whatever else the machine does
    }
  }
}

int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace dvt::bench
