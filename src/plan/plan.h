#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/dtype.h"

namespace dvt {
class ThreadPool;
}

namespace dvt::plan {

/// Where a value's bytes are.
enum class Storage : uint8_t {
  kInput,     ///< The user's buffer; read only.
  kOutput,    ///< The user's buffer; written by one step, or in parts.
  kArena,     ///< The context's arena, at an offset that the memory planner gives when the plan is loaded.
  kConstant,  ///< A weight section of the plan.
  kShape,  ///< A small integer tensor whose elements are the Dim texts in `elements`: the context evaluates and writes
           ///< it.
  kAlias,  ///< Bytes of value `source`, from element `offset` on: a reshape, a slice, a part of a concatenation.
};

/// A tensor of the plan. Dims are texts of dvt::Dim over the plan's symbols.
struct Value {
  std::string name;
  DType dtype = DType::f32;
  uint8_t layout = 0;  ///< Number of backend::Layout.
  Storage storage = Storage::kArena;
  std::vector<std::string> dims;
  std::vector<std::string> elements;  ///< kShape: one per element, row-major.
  int32_t source = -1;                ///< kAlias: value index, lower than this one's. kConstant: section index.
  std::string offset;  ///< kAlias: Dim text, elements of this value's type from the source's first byte; "": none.
  /// kAlias: the logical axis from which on, in the order of memory, elements lie contiguous in blocks that begin
  /// `pitch` (a Dim text) elements apart; -1: all are contiguous.
  int32_t slice_axis = -1;
  std::string pitch;
  bool shape_io =
      false;  ///< kInput: its elements are symbols "name[i]" and must be readable by the host. kOutput: host-readable.
};

/// A number that a step reports when it has run: a symbol from then on.
struct LateSize {
  std::string symbol;  ///< Starts with dvt::kLate, or kSignedLate when it may be negative. Defined by one step only.
  std::string max;     ///< Dim text of the most it can be, over symbols defined before; "": not known.
};

struct Document;

/// What the host does with a step that has regions.
enum class Control : uint8_t {
  kNone,  ///< One kernel launch.
  kIf,    ///< Runs region 0 or region 1.
  kLoop,  ///< Runs region 0 once for each iteration.
};

/// The form of a kLoop step: which operands it has, in this order. What they mean is said at ops::Loop.
struct LoopForm {
  bool has_limit = false;      ///< An input: i64, one element.
  bool has_condition = false;  ///< An input: bool, one element; and the first output of region 0.
  bool while_form = false;     ///< Region 1 is run before each iteration.
  int32_t carried = 0;
  std::vector<int64_t> scan_axes, scan_reverse;                   ///< Per scanned input; reverse is 0 or 1.
  std::vector<int64_t> stack_axes, stack_reverse, stack_lengths;  ///< Per stacked output; lengths: 1 if it has one.
};

/// One kernel launch, or a piece of control flow with the programs that it runs, in order.
struct Step {
  std::string name;     ///< Unique; made of the source layers' names.
  std::string problem;  ///< Canonical problem string.
  std::string tactic;   ///< Name of the tactic chosen.
  uint32_t tactic_version = 1;
  std::vector<int32_t> inputs,
      outputs;                  ///< Value indices, in the problem's order. A packed constant has a value of its own.
  std::vector<uint8_t> packed;  ///< Per input: 1 when the section holds the tactic's packed form, not plain bytes.
  std::vector<LateSize> late;   ///< In the op's order.
  std::vector<std::string> origin;  ///< Layers of the source network that this step computes.
  double flops = 0, bytes = 0;      ///< At opt.
  float tuned_ms = 0;               ///< Time measured at build; 0 when not timed.
  std::string note;                 ///< Why this tactic: rejected ones with reasons and times, for the inspector.
  Control control = Control::kNone;
  LoopForm loop;  ///< kLoop.
  /// Programs with values, steps, inputs and outputs of their own; sections are the plan's, and so are symbols that it
  /// knows where the step stands. Other symbols come from the region's inputs.
  std::vector<Document> regions;
};

struct ProfileEntry {
  std::string tensor;
  std::vector<int64_t> min, opt, max;
  bool is_values = false;  ///< Ranges of a shape tensor's elements rather than of its dims.
};
struct Profile {
  std::vector<ProfileEntry> entries;  ///< One per input with any dynamic dim, in input order.
};

/// A range of weight bytes. When read, `bytes` points into the mapped plan. When writing, it is the data, or `make`
/// writes them when it is their turn: all `made_bytes` bytes, the same ones whenever it is called.
struct Section {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< Keeps `bytes` alive.
  size_t made_bytes = 0;
  std::function<void(std::span<std::byte>, ThreadPool&)> make;
};

/// Regions may lie so deep in each other.
inline constexpr int kMaxRegionDepth = 16;

/// Everything in a plan, decoded, or one region of a step: then only values, inputs, outputs and steps are used.
/// Indices and sizes of a document that came from read_plan() have been checked.
struct Document {
  std::string network_name;
  std::string builder_version;  ///< Library version that built it.
  std::string target_isa;       ///< isa_string of the target that tactics were chosen for.
  std::string target_name;      ///< For messages.
  uint32_t threads = 1;
  std::vector<Value> values;
  std::vector<int32_t> inputs, outputs;  ///< Value indices in the network's order.
  std::vector<Step> steps;
  std::vector<Profile> profiles;
  std::vector<Section> sections;
  std::string graph_text;  ///< Optional: the fused graph, for inspection (profiling verbosity detailed).
  uint32_t flags = 0;      ///< kRefittable …, reserved.
  /// What the public API keeps of a network beside what runs (shared memory of inputs and outputs, formats,
  /// assertions): words with tabs between. The runtime does not read them.
  std::vector<std::string> annotations;
};

}  // namespace dvt::plan
