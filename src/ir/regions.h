#pragma once
#include "ir/graph.h"

namespace dvt::ir {

/// How deep regions may lie in each other: plans and texts that go deeper are refused.
inline constexpr int kMaxRegionDepth = 16;

/// What follows from the regions of a node: types of its results, and the late-bound symbols in them with their bounds.
struct RegionTypes {
  std::vector<TensorType> types;
  std::vector<std::string> late;
  std::vector<ops::LateSize> sizes;  ///< Per late symbol.
};

/// Types of the results of a node with regions. Brings the types inside the regions up to date: an if's regions are
/// inferred once; a loop's body until its carried values are stable, where a dim that differs from one iteration to the
/// next becomes a late-bound symbol. Throws Error(kInvalidModel) naming the value whose type or rank changes.
RegionTypes infer_regions(Node& node);

/// The size along an axis of a carried value whose size changes from one iteration to the next, inside the body of a
/// loop of that scope; `input` names the body's input.
Dim carried_size(const std::string& scope, std::string_view input, int axis);

/// Checks that the inputs and results of a node agree with those of its regions. Throws Error(kInternal).
void check_regions(const Node& node);

/// Which input of a control operator is bound to input `inside` of its regions, or -1: a loop's iteration number.
int outer_input_of(const ops::Op& op, int inside);
/// Whether the bound value is the same in every iteration, so that what is known of its elements is known inside.
bool is_capture(const ops::Op& op, int input);
/// Which input of region `region` an input of the node is bound to, or -1: the condition of an if, a loop's limit,
/// condition and lengths.
int region_input_of(const Node& node, int input);

}  // namespace dvt::ir
