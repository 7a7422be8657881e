#pragma once
#include <span>
#include <utility>
#include <vector>

#include "runtime/context.h"
#include "runtime/control_run.h"
#include "runtime/shapes.h"
#include "runtime/side_pool.h"

namespace dvt::runtime {

/// What a launch keeps for runs whose shapes are known only in part when they begin.
struct LateRun {
  explicit LateRun(const Program& program);

  std::vector<int64_t> slots;     ///< Of all symbols; late ones are 0 until they are known.
  std::vector<size_t> begins;     ///< Per value: its first byte in its root.
  std::vector<int64_t> reported;  ///< Where a step writes its late sizes.
  /// Per late point: operands whose place is found there, and their values.
  std::vector<std::vector<std::pair<size_t, int32_t>>> operands;
  std::vector<CheckedShapes> before, after;  ///< Per late point: what was checked when.
  std::vector<OutputAllocator> allocators;   ///< Per input and output.
  std::vector<void*> addresses;              ///< Per input and output.
  const ProfileProgram* profile = nullptr;
  int profile_number = 0;
  SidePool* pool = nullptr;
  ControlStates* control = nullptr;
  std::vector<uint8_t> placed;  ///< Per output of a step with regions.
  Status status;                ///< Of the latest run.
  bool complete = false;        ///< The latest run has come to its end.
};

}  // namespace dvt::runtime
