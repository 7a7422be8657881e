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

/// Bytes of a constant operand rearranged for a tactic. Pure function of (problem, target ISA, bytes).
struct PackedWeight {
  int input = 0;                 ///< Which of problem.inputs it replaces.
  std::vector<std::byte> bytes;  ///< Stored 64-byte aligned in the plan.
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
  /// Packed forms of constant inputs; `data[i]` is the plain row-major bytes of constant input i, else empty.
  /// nullptr: constants are passed as they are.
  std::vector<PackedWeight> (*pack)(const Problem& p, const Target& t,
                                    std::span<const std::span<const std::byte>> data) = nullptr;
  /// The kernel; may generate code. Throws Error(kUnsupported) only where supports() said no.
  std::unique_ptr<Kernel> (*create)(const Problem& p, const Target& t);
  /// Size that pack() gives constant input `input`, without packing; 0 when it leaves that input as it is. Set wherever
  /// pack is: plans are untrusted, so a packed section must have exactly this size before a kernel may read it, and the
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
