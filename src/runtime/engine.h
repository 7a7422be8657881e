#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/tactic.h"
#include "base/blob.h"
#include "base/dtype.h"
#include "plan/plan.h"

namespace dvt::runtime {

class Context;
struct Program;  // what load() makes of the plan; program.h

struct EngineOptions {
  int threads = 0;      ///< 0: as many as the plan was tuned for, or what the process may use if that is less.
  bool strict = false;  ///< Refuse a step whose tactic is missing or unsupported here instead of choosing another one.
};

/// An input or output as users see it.
struct IoTensor {
  std::string name;
  DType dtype = DType::f32;
  bool is_input = true;
  bool shape_io = false;      ///< Its elements are shapes: read or written in host memory.
  std::vector<int64_t> dims;  ///< -1 where the size depends on the inputs.
  std::vector<std::string>
      dim_names;  ///< Per dim the text of its expression where dynamic ("batch", "2*seq"), else "".
};

/// Sizes of an input (or elements of a shape tensor) that a profile allows, and what it is tuned for.
struct ProfileRange {
  std::vector<int64_t> min, opt, max;
};

/// A kernel launch, as the inspector shows it. Points into the engine.
struct StepInfo {
  const plan::Step* step = nullptr;
  std::string_view tactic;     ///< The one in use; differs from step->tactic when that one is not supported here.
  std::string reselected;      ///< Why it differs; empty when it does not.
  size_t workspace_bytes = 0;  ///< At the largest shapes.
};

struct MemoryReport {
  size_t arena_bytes = 0;              ///< One context's memory for values and workspace at the largest shapes.
  size_t arena_lower_bound = 0;        ///< What must be live at once at least.
  size_t weight_bytes = 0;             ///< Sections of the plan, equal ones counted once.
  std::vector<std::string> unbounded;  ///< Values without a largest size: a context finds memory for them in the run.
};

struct ContextOptions {
  bool own_memory = true;  ///< False: the caller hands in arena memory with Context::set_device_memory before running.
};

/// A loaded plan: checked, with kernels made and memory planned. Immutable; contexts share it and its weights and
/// threads. It keeps the plan's bytes alive, and contexts keep it alive. \threadsafety Every method, from any threads
/// at once.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  /// Loads a plan for a device. The plan is untrusted: each step's problem is checked against the values that it is
  /// given. Throws Error(kInvalidPlan) when it is damaged or inconsistent, Error(kUnsupported) when this machine lacks
  /// something.
  static std::shared_ptr<const Engine> load(const Blob& plan, const backend::Device& device,
                                            const EngineOptions& options = {});
  ~Engine();

  const std::string& name() const;
  /// Inputs, then outputs, in the network's order.
  std::span<const IoTensor> io_tensors() const;
  /// Index in io_tensors(), or -1.
  int find_io(std::string_view name) const;
  /// Whether an input's or output's shape is known only in a run. Throws Error(kInvalidArgument) when there is none.
  bool is_late(std::string_view io) const;

  int num_profiles() const;  ///< At least 1: a network without dynamic inputs has one that allows its shapes.
  /// Dims of an input. Throws Error(kInvalidArgument) when there is no such profile or input.
  const ProfileRange& profile_shape(int profile, std::string_view input) const;
  /// Elements of an input shape tensor. Throws Error(kInvalidArgument) when it is not one.
  const ProfileRange& profile_values(int profile, std::string_view input) const;

  MemoryReport memory() const;             ///< The largest of all profiles.
  MemoryReport memory(int profile) const;  ///< Throws Error(kInvalidArgument) when there is no such profile.
  int threads() const;

  std::span<const StepInfo> steps() const;
  const plan::Document& document() const;
  /// The bytes it was loaded from.
  const Blob& serialize() const;

  std::unique_ptr<Context> create_context(const ContextOptions& options = {}) const;
  const Program& program() const { return *program_; }

 private:
  Engine() = default;
  std::unique_ptr<const Program> program_;
};

}  // namespace dvt::runtime
