#include "backend/cpu/cpu.h"
#include "backend/cpu/device/host_target.h"
#include "backend/cpu/device/peak.h"
#include "backend/cpu/device/tactics.h"

namespace dvt::cpu {

const backend::Device& device() {
  static const backend::Device cpu{backend::DeviceKind::cpu, "cpu", &tactics, &host_target, &peak_flops,
                                   &peak_bandwidth};
  return cpu;
}

}  // namespace dvt::cpu
