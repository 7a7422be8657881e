#pragma once
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/build/control.h"
#include "api/build/network.h"
#include "ops/control/loop.h"

namespace dvt::api {

/// Which layers of a network lie in which loop or branch. Only layers that an output needs count.
class Membership {
 public:
  explicit Membership(const Network& network, const std::vector<Tensor*>& outputs);

  using Layers = std::unordered_set<const Layer*>;
  /// Layers of the network that an output needs; of a construct all layers on its border, when one is.
  const Layers& live() const { return live_; }
  const std::vector<Layer*>& border(const Construct& c) const { return borders_.at(&c); }
  /// Layers between a loop's recurrences and iterators and what it computes with them.
  Layers body(const Construct& loop) const;
  /// Layers that only the branch of that number reads, of those in `around` (nullptr: of all).
  Layers branch(const Construct& conditional, int number, const Layers* around) const;

 private:
  void find_live(const std::vector<Tensor*>& outputs);
  /// Everything that the tensors need, as far as `stop` does not hold; constructs as wholes.
  Layers needed_for(const std::vector<const Tensor*>& tensors, const Construct* stop) const;

  std::unordered_map<const Construct*, std::vector<Layer*>> borders_;
  std::unordered_map<const Layer*, std::vector<std::pair<const Layer*, int>>> readers_;  ///< Live ones.
  Layers live_;
  std::unordered_set<const Layer*> outputs_;  ///< That give an output of the network.
};

/// Turns layers into nodes and constructs into nodes with regions.
class StructuredLowering {
 public:
  StructuredLowering(Network& network, ir::Graph& graph);
  void run();

 private:
  using Values = std::unordered_map<const Tensor*, ir::Value*>;
  /// The network, or a region that is being filled.
  struct Scope {
    ir::Graph* graph = nullptr;
    Scope* outer = nullptr;
    const Construct* construct = nullptr;
    Membership::Layers members;
    Values values;
    std::vector<const Tensor*> captured;  ///< From outside, in the order of its inputs for them.
  };

  ir::Value* value(const Tensor& tensor, Scope& scope);
  bool is_inside(const Layer& layer, const Scope& scope) const;
  void lower_for(const Tensor& tensor, Scope& scope);
  void lower(Layer& layer, Scope& scope);
  void lower_loop(const Construct& loop, Scope& scope);
  void lower_conditional(const Construct& conditional, Scope& scope);
  std::vector<const Tensor*> read_by(const Layer& layer, Scope& scope);
  ir::Value* capture(const Tensor& tensor, Scope& scope);
  void share_captures(std::vector<Scope>& regions);
  ir::Value* add_input(Scope& region, const Tensor& tensor, const ops::ValueInfo& info);
  static void mark(Scope& region, ir::Value* v, const std::string& wanted);
  void give(Layer& border, ir::Value* result, Scope& scope);
  ir::Value* scalar(ir::Value* v, DType type, Scope& scope, const Layer& layer, std::string_view what);
  const Membership::Layers& body_of(const Construct& loop);
  const Membership::Layers& branch_of(const Construct& conditional, int number, const Scope& scope);

  Network& network_;
  Membership membership_;
  Scope root_;
  std::map<const Construct*, Membership::Layers> bodies_;
  std::map<std::pair<const Construct*, int>, Membership::Layers> branches_;
  std::set<const Construct*> open_;
};

}  // namespace dvt::api
