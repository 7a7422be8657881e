#pragma once
#include <cstddef>
#include <vector>

#include "backend/cpu/pointwise/lanes.h"
#include "expr/expr.h"

namespace dvt::cpu {

/// An expression made ready for chunks: each instruction is a loop over up to kChunk lanes, values live in slots of
/// scratch memory. Immutable; scratch is the caller's.
class Program {
 public:
  Program(const expr::Expr& e, const backend::Target& t);

  static constexpr size_t kSlotBytes = kChunk * 8;
  size_t scratch_bytes() const { return static_cast<size_t>(num_slots_) * kSlotBytes; }
  int num_inputs() const { return static_cast<int>(input_types_.size()); }
  DType input_type(int i) const { return input_types_[static_cast<size_t>(i)]; }
  DType output_type() const { return output_type_; }
  /// Rough cost of one element, for the break-even.
  double ns_per_element() const { return ns_; }

  /// Slot in which operand i's lanes are expected when they are not read in place.
  void* input_slot(std::byte* scratch, int i) const { return scratch + static_cast<size_t>(i) * kSlotBytes; }
  /// Whether lanes have the form of the elements in memory, so that a contiguous operand is read in place.
  static bool reads_in_place(DType t);
  LaneLoad load(int i) const { return loads_[static_cast<size_t>(i)]; }

  /// Fills the slots of constants; once per scratch and run.
  void prepare(std::byte* scratch) const;
  /// Computes n <= kChunk elements. `inputs[i]` points at operand i's lanes; the result's elements go to `out`, which
  /// may be the memory of an operand that is read in place.
  void run(const void* const* inputs, void* out, int n, std::byte* scratch) const;

 private:
  struct Step {
    LaneOp op = nullptr;  // nullptr: the reference evaluates it, element by element
    LaneOp finish = nullptr;
    int a = 0, b = 0, c = 0, out = 0;  // instructions
    int extra = -1;                    // index into scalars_ when op is nullptr, else into limits_ for a cast
  };
  /// One instruction as a program of its own, where no loop has it.
  struct ScalarStep {
    expr::Expr program;
    Lane lanes[3];
    Lane result;
  };
  struct Constant {
    int slot;
    Lane lane;
    expr::Scalar value;
  };

  void add_step(const expr::Expr& e, int index, const backend::Target& t);
  void assign_slots(const expr::Expr& e);
  void run_scalar(const ScalarStep& s, const void* const* operands, void* out, int n) const;

  std::vector<DType> input_types_;
  DType output_type_ = DType::f32;
  std::vector<LaneLoad> loads_;
  LaneStore store_ = nullptr;
  std::vector<Step> steps_;
  std::vector<ScalarStep> scalars_;
  std::vector<Constant> constants_;
  std::vector<Saturation> limits_;
  std::vector<int> slot_of_;     // of each instruction; operands come first
  std::vector<int> operand_of_;  // operand that the instruction reads, or -1
  int num_slots_ = 0;
  double ns_ = 0.2;
};

/// Whether the interpreter loads and stores single elements of the type; others share bytes.
bool is_lane_type(DType t);

}  // namespace dvt::cpu
