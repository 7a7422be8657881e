#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/program.h"

namespace dvt::runtime {

/// For sets of shapes: the values of all symbols.
struct SlotsHash {
  size_t operator()(const std::vector<int64_t>& slots) const;
};
using CheckedShapes = std::unordered_set<std::vector<int64_t>, SlotsHash>;
/// Adds to the set, which starts anew when it has grown large.
void remember(CheckedShapes& checked, const std::vector<int64_t>& slots);

/// A value fits into what was planned for it, and an alias into its root; `begins` gets its first byte there, and has
/// those of the values before it. Throws Error(kInvalidArgument).
void check_value(const Program& program, const ProfileProgram& profile, int number, int32_t value,
                 std::span<const int64_t> dims, std::span<size_t> begins);

/// The shapes of one context: what is known of the inputs, and what follows for every value.
class ShapeState {
 public:
  explicit ShapeState(const Program& program);

  /// Forgets shapes and values of dynamic inputs.
  void set_profile(int profile);
  int profile() const { return profile_; }
  const ProfileProgram& ranges() const { return program_.profiles[static_cast<size_t>(profile_)]; }

  /// Throw Error(kInvalidArgument) naming tensor, axis, got and allowed.
  void set_shape(int io, std::span<const int64_t> dims);
  void set_values(int io, std::span<const int64_t> values);
  /// Elements of an input shape tensor from the user's memory.
  void read_values(int io, const void* address);
  void set_to_opt();
  /// Of a region: values of the symbols of the program around it.
  void set_outer(std::span<const int64_t> slots);

  /// Dims of an input as set, -1 where not.
  std::span<const int64_t> input_dims(int io) const { return inputs_[static_cast<size_t>(io)].dims; }
  std::span<const int64_t> input_values(int io) const { return inputs_[static_cast<size_t>(io)].values; }
  bool known(int io) const {
    return inputs_[static_cast<size_t>(io)].shape_known && inputs_[static_cast<size_t>(io)].values_known;
  }
  bool complete() const;

  /// Binds the symbols, evaluates all dims and, for a shape not seen before, checks the steps. Does nothing when
  /// nothing changed; allocates nothing for a shape seen before. Throws Error(kInvalidState) when an input is missing,
  /// Error(kInvalidArgument) when inputs contradict each other.
  void resolve();
  /// Of all values (ProgramValue::first_dim). Valid after resolve(), except what is known only late in a run; the slots
  /// of late symbols are 0.
  std::span<const int64_t> dims() const { return dims_; }
  std::span<const int64_t> slots() const { return slots_; }
  std::span<const size_t> begins() const { return begins_; }
  /// Changes whenever resolve() found other shapes.
  uint64_t version() const { return version_; }

 private:
  struct Input {
    std::vector<int64_t> dims, values;
    bool shape_known = false, values_known = true;
  };
  void bind();
  void evaluate();

  const Program& program_;
  int profile_ = 0;
  std::vector<Input> inputs_;
  std::vector<int64_t> slots_, dims_;
  std::vector<size_t> begins_;  ///< Per value: its first byte in its root.
  CheckedShapes checked_;       ///< Shapes whose steps were checked.
  bool changed_ = true;
  uint64_t version_ = 0;
};

}  // namespace dvt::runtime
