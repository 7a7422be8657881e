#include "cli/serve.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/concat.h"
#include "base/file.h"
#include "cli/exit_codes.h"

namespace dovetail::cli {
namespace {

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double cpu_s() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

/// A line of /proc/self/status ("VmRSS", "VmHWM"), in bytes; 0 when there is none.
int64_t memory_bytes(const char* key) {
  const std::string status = dvt::read_text_file("/proc/self/status");
  const size_t at = status.find(dvt::concat(key, ":"));
  long kib = 0;
  if (at == std::string::npos || std::sscanf(status.c_str() + at + std::strlen(key) + 1, "%ld", &kib) != 1) return 0;
  return int64_t{1024} * kib;
}

void answer(const nlohmann::json& line) {
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

nlohmann::json round(Session& session, double seconds, long max_runs) {
  session.run();
  std::vector<double> times;
  const double cpu = cpu_s(), begin = now_s();
  double at = begin;
  do {
    session.run();
    const double end = now_s();
    times.push_back(end - at);
    at = end;
  } while (at - begin < seconds && static_cast<long>(times.size()) < max_runs);
  const double used = cpu_s() - cpu;
  std::sort(times.begin(), times.end());
  const auto quantile = [&](double q) { return times[static_cast<size_t>(q * static_cast<double>(times.size() - 1))]; };
  return {{"runs", times.size()},   {"median_s", quantile(0.5)}, {"min_s", times.front()},
          {"p90_s", quantile(0.9)}, {"wall_s", at - begin},      {"cpu_s", used}};
}

}  // namespace

void serve(Session& session) {
  const double begin = now_s();
  session.run();
  const double first = now_s() - begin;
  session.run();
  const int64_t resident = memory_bytes("VmRSS"), peak = memory_bytes("VmHWM");  // before what is asked next takes any
  const MemoryFacts memory = session.memory();
  answer({{"schema", "dovetail.serve.1"},
          {"build_s", session.built.build_seconds},
          {"load_s", session.load_seconds},
          {"first_s", first},
          {"memory_bytes", memory.arena},
          {"memory_bound_bytes", memory.arena_bound},
          {"weight_bytes", memory.weights},
          {"rss_bytes", resident},
          {"peak_rss_bytes", peak}});
  char line[256];
  while (std::fgets(line, sizeof line, stdin)) {
    double seconds = 0;
    long max_runs = 0;
    if (std::strncmp(line, "quit", 4) == 0) return;
    if (std::sscanf(line, "round %lf %ld", &seconds, &max_runs) != 2 || !(seconds >= 0) || max_runs < 1)
      throw Failure(kUsage,
                    dvt::concat("--serve takes the lines 'round SECONDS MAXRUNS' and 'quit', got '", line, "'"));
    answer(round(session, seconds, max_runs));
  }
}

}  // namespace dovetail::cli
