#pragma once
#include <string>

namespace dovetail::cli {

/// What this machine can do at most with some threads, measured once a process; 0 where that is not known.
struct Machine {
  int threads = 1;
  double flops = 0;      ///< f32 multiply-adds in registers, FLOP/s.
  double bandwidth = 0;  ///< Reading memory, bytes/s.

  /// Milliseconds that work of this size takes at least: the longer of arithmetic and traffic. 0: not known.
  double roof_ms(double work_flops, double work_bytes) const;
  bool bound_by_memory(double work_flops, double work_bytes) const;
  std::string text() const;
};
Machine measure_machine(int threads);

}  // namespace dovetail::cli
