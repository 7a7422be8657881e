#include "backend/cpu/cpu.h"
#include "backend/cpu/device/host_target.h"
#include "backend/cpu/device/tactics.h"

namespace dvt::cpu {

const backend::Device& device() {
  static const backend::Device cpu{backend::DeviceKind::cpu, "cpu", &tactics, &host_target};
  return cpu;
}

}  // namespace dvt::cpu
