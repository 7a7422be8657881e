#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace dvt::backend {

enum class DeviceKind : uint8_t { cpu, cuda, null };

/// Instruction set abilities of a CPU target, each usable by the operating system too.
enum class Isa : uint32_t {
  kSse42 = 1u << 0,
  kAvx2 = 1u << 1,    ///< AVX2, FMA3, F16C, BMI2
  kAvx512 = 1u << 2,  ///< F, BW, DQ, VL, CD
  kAvx512Vnni = 1u << 3,
  kAvx512Bf16 = 1u << 4,
  kAvx512Fp16 = 1u << 5,
  kAvxVnni = 1u << 6,
  kAmxInt8 = 1u << 7,
  kAmxBf16 = 1u << 8,
};

/// A device with its abilities, present or not. Plain data: an AVX2 plan can be built on an AVX-512 machine.
struct Target {
  DeviceKind kind = DeviceKind::cpu;
  uint32_t isa = 0;                                                      ///< Set of Isa bits.
  int threads = 1;                                                       ///< Threads that a run will use.
  int64_t l1_bytes = 32 << 10, l2_bytes = 1 << 20, l3_bytes = 16 << 20;  ///< Data caches: per core, per core, shared.
  bool can_jit = true;                                                   ///< Executable memory can be had.
  std::string name;  ///< CPU brand string, for the timing cache and messages.

  bool has(Isa bit) const { return (isa & static_cast<uint32_t>(bit)) != 0; }
};

/// "cpu:avx512+vnni+bf16": the abilities, in a fixed order. Part of the plan and of timing-cache keys.
std::string isa_string(const Target& t);
/// Inverse of isa_string; throws Error(kInvalidArgument) on an unknown word.
uint32_t parse_isa(std::string_view text);
/// "cpu:avx512… threads=2 l2=1M 'AMD EPYC'": the key under which timings are valid.
std::string timing_key(const Target& t);

}  // namespace dvt::backend
