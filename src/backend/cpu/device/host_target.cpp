#include "backend/cpu/device/host_target.h"

#include <fstream>
#include <string>

#include "base/error.h"
#include "base/knobs.h"
#include "base/log.h"
#include "base/thread_count.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <xbyak/xbyak_util.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace dvt::cpu {

using backend::Isa;
using backend::Target;

namespace {

constexpr uint32_t bit(Isa isa) { return static_cast<uint32_t>(isa); }

#if defined(__x86_64__) || defined(_M_X64)
/// Abilities of the machine; Xbyak looks at XCR0 too, so that each is one the operating system saves registers for.
uint32_t detect_isa() {
  using Xbyak::util::Cpu;
  const Cpu cpu;
  uint32_t isa = 0;
  if (cpu.has(Cpu::tSSE42)) isa |= bit(Isa::kSse42);
  if (!(cpu.has(Cpu::tAVX2) && cpu.has(Cpu::tFMA) && cpu.has(Cpu::tF16C) && cpu.has(Cpu::tBMI2))) return isa;
  isa |= bit(Isa::kAvx2);
  if (cpu.has(Cpu::tAVX_VNNI)) isa |= bit(Isa::kAvxVnni);
  if (!(cpu.has(Cpu::tAVX512F) && cpu.has(Cpu::tAVX512BW) && cpu.has(Cpu::tAVX512DQ) && cpu.has(Cpu::tAVX512VL) &&
        cpu.has(Cpu::tAVX512CD)))
    return isa;
  isa |= bit(Isa::kAvx512);
  if (cpu.has(Cpu::tAVX512_VNNI)) isa |= bit(Isa::kAvx512Vnni);
  if (cpu.has(Cpu::tAVX512_BF16)) isa |= bit(Isa::kAvx512Bf16);
  if (cpu.has(Cpu::tAVX512_FP16)) isa |= bit(Isa::kAvx512Fp16);
  return isa;
}
#else
uint32_t detect_isa() { return 0; }
#endif

/// What DOVETAIL_ISA leaves of it.
uint32_t capped(uint32_t isa, std::string_view cap) {
  if (cap.empty() || cap == "avx512") return isa;
  if (cap == "avx2") return isa & (bit(Isa::kSse42) | bit(Isa::kAvx2) | bit(Isa::kAvxVnni));
  if (cap == "baseline") return 0;
  throw Error(ErrorCode::kInvalidArgument, "DOVETAIL_ISA: '", cap, "' is not one of baseline, avx2, avx512");
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

void read_caches(Target& t) {
  for (int i = 0; i < 8; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string level = first_line(folder + "level"), size = first_line(folder + "size");
    if (level.empty() || size.empty()) return;
    if (first_line(folder + "type") == "Instruction") continue;
    int64_t bytes = std::strtoll(size.c_str(), nullptr, 10);
    if (size.back() == 'K') bytes <<= 10;
    if (size.back() == 'M') bytes <<= 20;
    if (bytes <= 0) continue;
    if (level == "1") t.l1_bytes = bytes;
    if (level == "2") t.l2_bytes = bytes;
    if (level == "3") t.l3_bytes = bytes;
  }
}

std::string brand() {
#if defined(__linux__)
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const size_t colon = line.find(": ");
    if (colon != line.npos) return line.substr(colon + 2);
  }
#endif
  return "unknown CPU";
}

/// Whether memory can be made executable after it was written, as hardened systems may forbid.
bool probe_jit() {
#if defined(__linux__) && defined(__x86_64__)
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  const bool executable = mprotect(memory, page, PROT_READ | PROT_EXEC) == 0;
  munmap(memory, page);
  return executable;
#else
  return false;
#endif
}

Target detect() {
  Target t;
  t.kind = backend::DeviceKind::cpu;
  t.isa = capped(detect_isa(), knobs().DOVETAIL_ISA);
  t.can_jit = probe_jit();
  t.name = brand();
  read_caches(t);
  return t;
}

}  // namespace

Target host_target(int threads) {
  static const Target host = detect();
  Target t = host;
  t.threads = threads > 0 ? threads : default_thread_count();
  return t;
}

}  // namespace dvt::cpu
