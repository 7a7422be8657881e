#include "trtexec/inference.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>

#include "base/concat.h"
#include "trtexec/names.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void pause_ms(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

/// A run in flight: the stream's thread writes when its computation began and ended.
struct Query {
  Clock::time_point start;
  Trace trace;
  std::atomic<bool> done{false};
};

void mark_compute_start(void* query) {
  auto* q = static_cast<Query*>(query);
  q->trace.compute_start = ms_since(q->start);
}

void mark_compute_end(void* query) {
  auto* q = static_cast<Query*>(query);
  q->trace.compute_end = ms_since(q->start);
  q->done.store(true, std::memory_order_release);
  q->done.notify_one();
}

/// Runs of one lane; the next is enqueued while one computes, as a program that keeps its device busy does.
class Runner {
 public:
  Runner(Lane& lane, Clock::time_point start) : lane_(lane), start_(start) {}
  ~Runner() {
    while (!queries_.empty()) take();
  }

  void enqueue() {
    Query& q = *queries_.emplace_back(std::make_unique<Query>());
    q.start = start_;
    q.trace.enqueue_start = ms_since(start_);
    const bool taken =
        dovetailStreamAddCallback(lane_.stream, &mark_compute_start, &q) && lane_.context->enqueueV3(lane_.stream);
    q.trace.enqueue_end = ms_since(start_);
    if (!dovetailStreamAddCallback(lane_.stream, &mark_compute_end, &q) || !taken) {
      dovetailStreamSynchronize(lane_.stream);
      queries_.clear();
      throw Failure("Inference failed");
    }
  }
  size_t in_flight() const { return queries_.size(); }
  /// Waits for the oldest.
  Trace take() {
    queries_.front()->done.wait(false, std::memory_order_acquire);
    const Trace t = queries_.front()->trace;
    queries_.pop_front();
    return t;
  }

 private:
  Lane& lane_;
  Clock::time_point start_;
  std::deque<std::unique_ptr<Query>> queries_;
};

struct Limits {
  double warm_up_ms, duration_ms;  ///< duration_ms < 0: until the program is stopped.
  int iterations;
};

struct Runs {
  std::vector<Trace> traces;
  int warm_up = 0;
  double warm_up_ms = 0, wall_ms = 0;
};

/// The loop of one thread over its lanes.
Runs run_lanes(const std::vector<Lane*>& lanes, const Limits& limits, const Options& o) {
  constexpr size_t kInFlight = 2;
  Runs out;
  const Clock::time_point start = Clock::now();
  std::vector<std::unique_ptr<Runner>> runners;
  for (Lane* lane : lanes) runners.push_back(std::make_unique<Runner>(*lane, start));
  const auto take = [&](Runner& r) {
    const Trace t = r.take();
    if (t.compute_start < limits.warm_up_ms) {
      ++out.warm_up;
      out.warm_up_ms = t.compute_end;
    } else {
      out.traces.push_back(t);
    }
  };
  const auto enough = [&] {
    return limits.duration_ms >= 0 && ms_since(start) >= limits.warm_up_ms + limits.duration_ms &&
           static_cast<int>(out.traces.size()) >= limits.iterations;
  };
  do {
    for (auto& r : runners) {
      while (r->in_flight() >= (o.idle_ms > 0 ? 1 : kInFlight)) take(*r);
      pause_ms(o.idle_ms);
      r->enqueue();
    }
  } while (!enough());
  for (auto& r : runners)
    while (r->in_flight() > 0) take(*r);
  out.wall_ms = ms_since(start) - out.warm_up_ms;
  return out;
}

}  // namespace

Lane::~Lane() {
  if (stream != nullptr) {
    dovetailStreamSynchronize(stream);
    dovetailStreamDestroy(stream);
  }
}

std::vector<std::unique_ptr<Lane>> make_lanes(const Options& o, ICudaEngine& engine, Log& log) {
  const auto strategy = choose("allocationStrategy", o.text("allocationStrategy", "static"), kAllocationStrategies);
  // "runtime" lets the runtime allocate for the shapes of a run; a context of ours always does.
  const auto taken = strategy == ExecutionContextAllocationStrategy::kUSER_MANAGED
                         ? ExecutionContextAllocationStrategy::kSTATIC
                         : strategy;
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < o.streams; ++i) {
    auto lane = std::make_unique<Lane>();
    lane->context.reset(engine.createExecutionContext(taken));
    if (!lane->context) throw Failure("Unable to create execution context");
    lane->stream = dovetailStreamCreate();
    if (lane->stream == nullptr) throw Failure("no stream could be made");
    if (o.profile >= engine.getNbOptimizationProfiles())
      throw Failure(
          concat("--useProfile=", o.profile, ": the plan has ", engine.getNbOptimizationProfiles(), " profiles"));
    if (!lane->context->setOptimizationProfileAsync(o.profile, lane->stream)) throw Failure("the profile was refused");
    lane->bindings = std::make_unique<Bindings>(o, engine, *lane->context, log, i == 0);
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

Measurement measure(const Options& o, std::vector<std::unique_ptr<Lane>>& lanes, Log& log) {
  pause_ms(o.sleep_ms);
  std::vector<std::vector<Lane*>> groups(o.has("threads") ? lanes.size() : 1);
  for (size_t i = 0; i < lanes.size(); ++i) groups[i % groups.size()].push_back(lanes[i].get());
  const int share = static_cast<int>((static_cast<size_t>(o.iterations) + groups.size() - 1) / groups.size());
  const Limits limits{o.warm_up_ms, o.duration_s < 0 ? -1 : o.duration_s * 1000, share};

  std::vector<Runs> runs(groups.size());
  std::vector<std::string> failures(groups.size());
  std::vector<std::thread> threads;
  const auto work = [&](size_t g) {
    try {
      runs[g] = run_lanes(groups[g], limits, o);
    } catch (const std::exception& e) {
      failures[g] = e.what();
    }
  };
  for (size_t g = 1; g < groups.size(); ++g) threads.emplace_back(work, g);
  work(0);
  for (std::thread& t : threads) t.join();

  Measurement m;
  int warm_up = 0;
  double warm_up_ms = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!failures[g].empty()) throw Failure(failures[g]);
    m.traces.insert(m.traces.end(), runs[g].traces.begin(), runs[g].traces.end());
    m.wall_ms = std::max(m.wall_ms, runs[g].wall_ms);
    warm_up += runs[g].warm_up;
    warm_up_ms = std::max(warm_up_ms, runs[g].warm_up_ms);
  }
  std::stable_sort(m.traces.begin(), m.traces.end(),
                   [](const Trace& a, const Trace& b) { return a.compute_end < b.compute_end; });
  log.info(concat("Warmup completed ", warm_up, " queries over ", number(warm_up_ms), " ms"));
  log.info(concat("Timing trace has ", m.traces.size(), " queries over ", number(m.wall_ms / 1000), " s"));
  return m;
}

}  // namespace dovetail::trtexec
