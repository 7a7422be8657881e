#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/kernel.h"
#include "backend/problem.h"
#include "backend/target.h"
#include "base/blob.h"

namespace dvt::backend {

/// Whether a tactic can compute a problem, for the whole range of its dims; a refusal has a reason.
class Support {
 public:
  static Support yes() { return Support(); }
  static Support no(std::string reason) {
    Support s;
    s.reason_ = std::move(reason);
    s.ok_ = false;
    return s;
  }
  explicit operator bool() const { return ok_; }
  const std::string& reason() const { return reason_; }

 private:
  bool ok_ = true;
  std::string reason_;
};

/// One constant operand that is rearranged for a tactic.
struct PackArgs {
  int input = 0;                    ///< Which of problem.inputs it is.
  std::span<const std::byte> data;  ///< Its plain bytes, row-major.
  std::span<std::byte> packed;      ///< Where the packed form goes: 64-byte aligned, holds anything before.
  ThreadPool& pool;
};

/// One way to compute a problem on a device. Plain function pointers; rows come from ordered tactics.inc lists.
struct Tactic {
  std::string_view name;  ///< "cpu.softmax.row": device.op-family.variant
  int version =
      1;  ///< Bump when behaviour, packing or speed changes: timings and plans of older versions are forgotten.

  /// Safe to ask on a machine (or for a target) that lacks the ISA.
  Support (*supports)(const Problem& p, const Target& t);
  /// Scratch bytes that one run needs at most (at the largest shapes). nullptr: none.
  size_t (*workspace)(const Problem& p, const Target& t) = nullptr;
  /// Writes the packed form of a constant input of which packed_bytes() is not 0, all of its bytes: a pure function of
  /// problem, target's ISA and data. nullptr: constants are passed as they are.
  void (*pack)(const Problem& p, const Target& t, const PackArgs& args) = nullptr;
  /// The kernel; may generate code. Throws Error(kUnsupported) only where supports() said no.
  std::unique_ptr<Kernel> (*create)(const Problem& p, const Target& t);
  /// Size of the packed form of constant input `input`; 0 when the kernel takes that input as it is. Set wherever pack
  /// is: plans are untrusted, so a packed section must have exactly this size before a kernel may read it, and the
  /// kernel takes any bytes there as numbers, never as an index or a size. Tuning hands it made-up ones.
  size_t (*packed_bytes)(const Problem& p, const Target& t, int input) = nullptr;
  /// Whether supports() has an eye on operands that are slices. Lists of tactics refuse such problems for the others.
  bool slices = false;
  /// Whether it takes text. Lists of tactics refuse such problems for the others.
  bool text = false;
  /// The share of the op's arithmetic (ops::Cost::flops) that a run cannot do without: 1 for the direct way, less for
  /// Winograd's. With `isa`, the abilities that do it, it bounds the time from below. 0: not said.
  double work = 0;
  uint32_t isa = ~0u;
};

/// Bytes of a constant operand in the form that a tactic wants.
struct PackedWeight {
  int input = 0;  ///< Which of problem.inputs it replaces.
  Blob bytes;
};
/// Every constant input that the tactic packs; `data[i]` is the plain row-major bytes of constant input i, else empty.
std::vector<PackedWeight> pack_constants(const Tactic& tactic, const Problem& p, const Target& t,
                                         std::span<const std::span<const std::byte>> data);

/// A kind of device as the rest sees it. Rooms above get one handed in (cpu::device(), null::device()); nobody
/// registers.
struct Device {
  DeviceKind kind = DeviceKind::cpu;
  std::string_view name;
  /// All tactics, in order of priority inside each family; the device's reference, which takes any problem, is last.
  std::span<const Tactic> (*tactics)() = nullptr;
  /// What this machine offers (ISA capped by DOVETAIL_ISA), with `threads` threads (0: all that the process may use).
  Target (*host_target)(int threads) = nullptr;
  /// What the target's threads can do at most, measured on this machine at first use: f32 multiply-adds in registers
  /// (FLOP/s, two each), and reading memory that no cache holds (bytes/s). 0 where it cannot be measured; nullptr:
  /// never.
  double (*peak_flops)(const Target& t) = nullptr;
  double (*peak_bandwidth)(const Target& t) = nullptr;

  /// nullptr when there is none of that name.
  const Tactic* find(std::string_view tactic) const;
};

}  // namespace dvt::backend
