#include "cli/machine.h"

#include <algorithm>
#include <cstdio>

#include "backend/cpu/cpu.h"

namespace dovetail::cli {

double Machine::roof_ms(double work_flops, double work_bytes) const {
  const double arithmetic = flops > 0 ? work_flops / flops : 0, traffic = bandwidth > 0 ? work_bytes / bandwidth : 0;
  return 1e3 * std::max(arithmetic, traffic);
}

bool Machine::bound_by_memory(double work_flops, double work_bytes) const {
  return work_bytes * flops > work_flops * bandwidth;
}

std::string Machine::text() const {
  char line[160];
  std::snprintf(line, sizeof line, "%d thread%s: at most %.1f GFLOP/s of f32 multiply-adds, %.1f GB/s read from memory",
                threads, threads == 1 ? "" : "s", flops / 1e9, bandwidth / 1e9);
  return flops > 0 ? line : "the peak of this machine cannot be measured";
}

Machine measure_machine(int threads) {
  const dvt::backend::Device& device = dvt::cpu::device();
  const dvt::backend::Target target = device.host_target(threads);
  return {target.threads, device.peak_flops(target), device.peak_bandwidth(target)};
}

}  // namespace dovetail::cli
