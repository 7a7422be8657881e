#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "backend/tactic.h"
#include "base/blob.h"
#include "base/dim.h"
#include "plan/control.h"
#include "plan/plan.h"
#include "runtime/engine.h"

namespace dvt {
class DimTexts;
class ThreadPool;
}  // namespace dvt

namespace dvt::runtime {

/// A value with its indirections resolved.
struct ProgramValue {
  DType dtype = DType::f32;
  plan::Storage storage = plan::Storage::kArena;  ///< Of the root; never kAlias.
  int32_t root = 0;                               ///< The value whose bytes these are.
  int32_t source = -1;                            ///< An alias's.
  int32_t io = -1;                                ///< Index in Engine::io_tensors() when it is one.
  size_t first_dim = 0;                           ///< In Program::dims and in every array of evaluated dims.
  int rank = 0;
  int slice_axis = -1;                            ///< Of an alias that is a slice.
  std::vector<DimProgram> elements;               ///< kShape: what the context writes.
  std::optional<std::vector<int64_t>> constants;  ///< Elements of a small plain integer weight.
  size_t shape_offset = 0;  ///< kShape and input shape tensors: their place among a launch's shape bytes.
  int32_t known_after = 0;  ///< How many of Program::late must have passed before dims and elements are known.

  /// Where an alias's offset from its source and its pitch, in elements, follow its dims.
  size_t offset_dim() const { return first_dim + static_cast<size_t>(rank); }
  size_t pitch_dim() const { return offset_dim() + 1; }
};

/// A number that a step reports.
struct LateSlot {
  int32_t slot = 0;
  std::optional<DimProgram> max;  ///< Nothing: kMaxLate.
  bool is_signed = false;
};

/// A step that reports numbers, and what becomes known when it has run: from then on the run goes on with them.
struct LatePoint {
  int32_t step = 0;
  std::vector<LateSlot> sizes;
  std::vector<size_t> dims;     ///< In Program::dims.
  std::vector<int32_t> values;  ///< In order, so that sources come before aliases.
  std::vector<int32_t> steps;   ///< Whose shapes are known.
};

/// How one dim of an input, or one element of an input shape tensor, relates to the symbols.
struct Binding {
  int32_t io = 0;
  int32_t index = 0;      ///< Axis or element.
  bool is_value = false;  ///< An element.
  int32_t slot = -1;      ///< The symbol that it gives a value to, or -1: then it must equal `expected`.
  DimProgram expected;
  std::string text;      ///< Of the expression, for messages.
  int32_t same_as = -1;  ///< The binding that gave the symbol its value when `expected` is just that symbol.
};

/// Sizes that some dim takes to be broadcast together.
struct Meeting {
  std::vector<DimProgram> sizes;
  std::string text;         ///< For messages.
  int32_t value = 0;        ///< The first with such a dim or element.
  int32_t known_after = 0;  ///< As ProgramValue::known_after.
};

struct Program;

/// A step with regions: what the host carries out between kernels.
struct ControlProgram {
  explicit ControlProgram(const plan::Step& step);
  ~ControlProgram();
  plan::ControlForm form;
  std::vector<std::unique_ptr<const Program>> regions;
  /// Per late size of the step: the output and axis whose extent it is.
  std::vector<std::pair<size_t, size_t>> late_at;
};

struct StepProgram {
  backend::Problem problem;
  const backend::Tactic* tactic = nullptr;
  std::unique_ptr<const backend::Kernel> kernel;
  size_t workspace_bytes = 0;
  std::vector<int32_t> inputs, outputs;
  std::vector<uint8_t> packed;  ///< Per input.
  bool dynamic = false;         ///< Some shape or attribute depends on symbols: checked again for each new shape.
  bool symbolic_attributes = false;
  bool reports = false;                           ///< It has late sizes.
  int32_t known_after = 0;                        ///< As ProgramValue::known_after, of all operands and attributes.
  std::unique_ptr<const ControlProgram> control;  ///< Instead of a kernel.
};

/// What is fixed by the choice of a profile.
struct ProfileProgram {
  std::vector<ProfileRange> shapes, values;  ///< Per input; values only of shape tensors.
  SymbolRanges ranges;
  std::unordered_set<std::string> unbounded;  ///< Symbols whose range says nothing of what they will be.
  std::vector<DimRange> dim_ranges;           ///< Of Program::dims, while loading.
  std::vector<size_t> max_bytes;              ///< Per value.
  std::vector<size_t> offsets;                ///< Per value: place in the arena, of roots that are there.
  std::vector<int32_t> pool_slots;            ///< Per value: place in the side pool, of roots that are there, else -1.
  int32_t num_pool_slots = 0;
  std::vector<size_t> workspace_offsets;  ///< Per step.
  size_t arena_bytes = 0, arena_lower_bound = 0;
};

/// A plan, or a region of a step, made ready to run; immutable.
struct Program {
  Blob bytes;
  plan::Document document;
  std::shared_ptr<ThreadPool> pool;  ///< Before the kernels, so that it outlives them.

  std::vector<IoTensor> io;
  std::vector<int32_t> io_values;
  int num_inputs = 0;

  bool is_region = false;
  size_t outer_symbols = 0;          ///< Of a region: so many slots, in front, are those of the program around it.
  std::vector<std::string> symbols;  ///< Name of each slot.
  std::vector<Binding> bindings;     ///< Those with a slot first.
  std::vector<LatePoint> late;       ///< In the order of their steps.
  std::vector<ProgramValue> values;
  std::vector<DimProgram> dims;
  std::vector<Meeting> meetings;
  std::vector<Dim> expressions;     ///< What dims are made of, while loading.
  std::shared_ptr<DimTexts> texts;  ///< Of the whole plan, while loading.
  size_t shape_bytes = 0;           ///< Of one launch.

  std::vector<StepProgram> steps;
  std::vector<StepInfo> step_infos;
  std::vector<ProfileProgram> profiles;
  size_t weight_bytes = 0;

  int find_io(std::string_view name) const;
  const ProgramValue& value(int32_t i) const { return values[static_cast<size_t>(i)]; }
};

/// Region `number` of a step of `around`, whose symbols and profiles are bound. Throws like load_program.
std::unique_ptr<const Program> load_region(const Program& around, const plan::Step& step, size_t number,
                                           const backend::Device& device, const EngineOptions& options);
std::unique_ptr<const Program> load_program(const Blob& plan, const backend::Device& device,
                                            const EngineOptions& options);

}  // namespace dvt::runtime
