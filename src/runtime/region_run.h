#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "runtime/arena.h"
#include "runtime/control_run.h"
#include "runtime/launch.h"
#include "runtime/program.h"
#include "runtime/shapes.h"
#include "runtime/side_pool.h"

namespace dvt::runtime {

/// Memory that grows to what is asked of it and is kept.
class GrowingBuffer {
 public:
  /// At least `bytes`; the contents stay when `keep` of them are to be kept. Throws std::bad_alloc.
  std::byte* reserve(size_t bytes, size_t keep = 0);
  std::byte* data() const { return buffer_.data(); }

 private:
  AlignedBuffer buffer_;
};

/// One region of a step: its shapes, launches and memory inside the context of the program around it.
///
/// Per run: set_outer, set_input of every input, resolve, set_output of every output, run. Throws Error where the
/// shapes do not fit; for shapes seen before nothing allocates.
class RegionRun {
 public:
  explicit RegionRun(const Program& program);
  RegionRun(RegionRun&&) = delete;

  const Program& program() const { return program_; }
  /// Profile, symbols and texts of the program around it.
  void set_outer(int profile, std::span<const int64_t> slots, TextArena* texts);
  void set_input(size_t i, const void* data, std::span<const int64_t> dims);
  void resolve();
  /// Whether the dims of an output are known before the run.
  bool knows(size_t k) const { return value_of(k).known_after == 0; }
  /// Where the result goes: to a place of the right size, or into a buffer that grows.
  void set_output(size_t k, std::byte* place);
  void set_output(size_t k, GrowingBuffer& buffer);
  /// `turn` tells runs with other addresses apart that alternate: what was made ready for one is not made anew.
  void run(int turn);

  size_t num_outputs() const { return program_.io.size() - static_cast<size_t>(program_.num_inputs); }
  /// After resolve() when it is known then, else after run().
  std::span<const int64_t> dims(size_t k) const;
  DType dtype(size_t k) const { return value_of(k).dtype; }
  const std::byte* data(size_t k) const;

 private:
  struct Turn {
    std::unique_ptr<Launch> launch;
    std::vector<void*> addresses;
    uint64_t shapes = 0;
    bool ready = false;
  };
  const ProgramValue& value_of(size_t k) const {
    return program_.value(program_.io_values[static_cast<size_t>(program_.num_inputs) + k]);
  }
  static void* grow(void* buffer, void* current, size_t bytes) noexcept;

  const Program& program_;
  ShapeState shapes_;
  Arena arena_;
  SidePool pool_;
  ControlStates control_;
  TextArena* texts_ = nullptr;
  std::vector<void*> addresses_;
  std::vector<OutputAllocator> allocators_;
  std::vector<GrowingBuffer*> buffers_;  ///< Per output; nullptr: a place.
  std::array<Turn, 2> turns_;
  const Launch* latest_ = nullptr;
};

}  // namespace dvt::runtime
