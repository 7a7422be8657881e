#pragma once
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/blob.h"
#include "base/shape.h"
#include "expr/expr.h"
#include "ops/op.h"

namespace dvt::ir {

class Graph;
class Node;
class Patch;

/// One reader of a value: input number `index` of `node`.
struct Use {
  Node* node = nullptr;
  int index = 0;
  friend bool operator==(const Use&, const Use&) = default;
};

/// Position of a value in memory; numbers agree with backend::Layout.
enum class Layout : uint8_t { plain, channels_last };

/// A tensor in the graph: a graph input, a constant, or a result of a node.
class Value {
 public:
  int id() const { return id_; }
  const std::string& name() const { return name_; }
  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  DType dtype() const { return type_.dtype; }
  int rank() const { return type_.rank(); }
  /// nullptr for graph inputs and constants.
  Node* producer() const { return producer_; }
  int output_index() const { return output_index_; }
  const std::vector<Use>& uses() const { return uses_; }
  /// Readers, with a graph output counted as one.
  int num_uses() const { return static_cast<int>(uses_.size()) + num_graph_outputs_; }
  bool is_graph_output() const { return num_graph_outputs_ > 0; }
  bool is_input() const { return is_input_; }
  bool is_shape_input() const { return shape_input_; }
  bool is_constant() const { return constant_.has_value(); }
  /// Row-major bytes of a constant. Precondition: is_constant().
  const Blob& data() const { return *constant_; }
  ops::ReadView view() const;  ///< Of a constant.
  /// A small integer tensor given by known(): evaluated when shapes are bound, by no kernel.
  bool is_symbolic() const { return symbolic_; }
  /// Elements when the tensor is shape arithmetic that is known symbolically, or a small integer constant.
  const std::optional<std::vector<Dim>>& known() const { return known_; }
  ops::ValueInfo info() const { return {type_, known_}; }
  Layout layout() const { return layout_; }

 private:
  friend class Graph;
  friend class Patch;
  int id_ = 0;
  std::string name_;
  TensorType type_;
  Node* producer_ = nullptr;
  int output_index_ = 0;
  std::vector<Use> uses_;
  int num_graph_outputs_ = 0;
  bool is_input_ = false;
  bool shape_input_ = false;
  bool symbolic_ = false;
  std::optional<Blob> constant_;
  std::optional<std::vector<Dim>> known_;
  Layout layout_ = Layout::plain;
};

/// One operation. `inputs()` are the op's own inputs, then the epilogue's extra operands.
///
/// With an epilogue e the first output is e(op result, extra operands…), each broadcast to the result's shape. Op
/// `pointwise` is the program itself: operand k of the epilogue is input k.
class Node {
 public:
  int id() const { return id_; }
  const std::string& name() const { return name_; }
  const ops::Op& op() const { return op_; }
  template <class T>
  const T* as() const {
    return op_.as<T>();
  }
  const std::vector<Value*>& inputs() const { return inputs_; }
  Value* input(int i) const { return inputs_[static_cast<size_t>(i)]; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_op_inputs() const { return num_op_inputs_; }
  std::span<Value* const> extra_inputs() const {
    return std::span(inputs_).subspan(static_cast<size_t>(num_op_inputs_));
  }
  const std::vector<Value*>& outputs() const { return outputs_; }
  Value* output(int i = 0) const { return outputs_[static_cast<size_t>(i)]; }
  const expr::Expr& epilogue() const { return epilogue_; }
  bool has_epilogue() const { return !epilogue_.is_identity(); }
  /// The symbols of the op's late sizes, in order: unique in the graph, and known only once the node has run.
  const std::vector<std::string>& late() const { return late_; }
  /// What the op says of them, with bounds over the graph's symbols.
  std::vector<ops::LateSize> late_sizes() const;
  /// Graphs that a control operator runs (if_else, loop), owned by the node. A region is closed: what it reads from
  /// outside is an input of the node and bound to an input of the region.
  const std::vector<std::unique_ptr<Graph>>& regions() const { return regions_; }
  Graph& region(int i) const { return *regions_[static_cast<size_t>(i)]; }
  bool has_regions() const { return !regions_.empty(); }
  /// Names of the layers of the source network that this node computes, in order.
  const std::vector<std::string>& origin() const { return origin_; }
  Graph& graph() const { return *graph_; }

 private:
  friend class Graph;
  friend class Patch;
  int id_ = 0;
  std::string name_;
  ops::Op op_;
  std::vector<Value*> inputs_;
  int num_op_inputs_ = 0;
  std::vector<Value*> outputs_;
  expr::Expr epilogue_;
  std::vector<std::string> late_;
  std::vector<std::string> late_uses_;  ///< Late symbols in attributes and results, others' and its own.
  std::vector<std::string> origin_;
  std::vector<std::unique_ptr<Graph>> regions_;
  std::vector<ops::LateSize> region_sizes_;  ///< With regions: of late_.
  Graph* graph_ = nullptr;
  std::list<std::unique_ptr<Node>>::iterator position_;
};

/// A named result of the graph. Several outputs may name one value, and an output may be an input or a constant.
struct Output {
  std::string name;
  Value* value = nullptr;
};

/// The one intermediate representation: nodes in an order in which every value is defined before it is read.
///
/// Owns its nodes and values; pointers stay valid until the node or value is removed. Not copyable, but clone().
/// \threadsafety One thread at a time.
class Graph {
 public:
  Graph();
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  std::unique_ptr<Graph> clone() const;

  std::string name;

  // Building. Types are inferred at once; a bad op throws Error(kInvalidModel) with the node and its inputs named.
  /// A tensor given at run time. Names must be unique among values.
  Value* add_input(std::string_view name, TensorType type);
  /// Marks an input as a shape tensor: its elements become symbols "name[i]", read from host memory before a run.
  void make_shape_input(Value* input);
  Value* add_constant(std::string_view name, TensorType type, Blob data);
  /// An integer tensor of rank 0 or 1 whose elements are expressions over the graph's symbols.
  Value* add_symbolic(std::string_view name, TensorType type, std::vector<Dim> elements);
  Node* add_node(std::string_view name, ops::Op op, std::vector<Value*> inputs, expr::Expr epilogue = {},
                 int num_op_inputs = -1);
  /// The same in front of `before` (nullptr: at the end), whose inputs must be defined above it.
  Node* insert_node(Node* before, std::string_view name, ops::Op op, std::vector<Value*> inputs);
  /// A stem for the late-bound symbols of a node with regions and of what its regions hold: starts with '?' and with
  /// this graph's own scope; none that was given out before begins with it.
  std::string new_scope(std::string_view stem);
  /// An empty region for a node of that scope.
  static std::unique_ptr<Graph> new_region(std::string_view scope);
  /// A node that owns regions. Their inputs get their types from the node's inputs, a loop's until they are stable.
  Node* add_control(std::string_view name, ops::Op op, std::vector<Value*> inputs,
                    std::vector<std::unique_ptr<Graph>> regions);
  void mark_output(Value* value, std::string_view name);
  void unmark_output(Value* value);
  void remove_output(size_t index);  ///< Of outputs(); the value stays.

  // Editing, used by the network façade. Dependent types are stale until refresh().
  void set_op(Node* node, ops::Op op);
  void set_input(Node* node, int index, Value* value);  ///< index == num_inputs() appends.
  void set_name(Node* node, std::string_view name);
  void set_name(Value* value, std::string_view name);
  /// Gives a node's late sizes other symbols, everywhere. Throws Error(kInvalidArgument) when they are not as many, not
  /// of the same sign, or taken.
  void set_late(Node* node, const std::vector<std::string>& symbols);
  void set_input_type(Value* input, TensorType type);
  void replace_all_uses(Value* old, Value* with);  ///< Graph outputs too; they keep their names.
  void remove(Node* node);                         ///< Precondition: no output is used.
  void remove(Value* input_or_constant);           ///< Precondition: not used.
  void set_layout(Value* value, Layout layout) { value->layout_ = layout; }
  /// Replaces symbols in attributes and symbolic tensors, in regions too. Types are stale until refresh().
  void replace_symbols(const ops::SymbolReplacements& replacements);
  /// Infers all types again in order after edits. Throws naming the first node that makes no sense.
  void refresh();

  // Reading.
  const std::list<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  int num_nodes() const { return static_cast<int>(nodes_.size()); }
  const std::vector<Value*>& inputs() const { return inputs_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  /// Of a region: what its symbols begin with. "" for the outermost graph.
  const std::string& scope() const { return scope_; }
  const std::vector<std::unique_ptr<Value>>& values() const { return values_; }
  Value* find_value(std::string_view name) const;  ///< nullptr when there is none.
  std::string unique_name(std::string_view stem);

  /// Applies a rewrite: inserts its nodes before `anchor`, replaces values, removes what died, and hands provenance on.
  /// Checks that each replacement has the type of what it replaces. Returns false when the patch changes nothing.
  /// Where a replaced value's late sizes are known otherwise by its replacement, their symbols are replaced too.
  bool apply(Patch&& patch, Node* anchor);
  /// Puts the inputs from number `first` on, which `order` lists, into that order.
  void order_inputs(size_t first, std::span<Value* const> order);
  /// Gives an input what is known of the value that is bound to it.
  void bind_input(Value* input, const ops::ValueInfo& info);
  /// Removes nodes without readers and constants nobody reads; inputs stay, and so do nodes whose late sizes are in
  /// use. Returns how many nodes went, and adds the layers they came from to `origins` when given.
  int remove_dead(std::vector<std::string>* origins = nullptr);

 private:
  friend class Patch;
  Value* new_value(std::string_view name, TensorType type);
  void name_late(Node* node, std::string_view stem);
  static void note_late_uses(Node* node);
  void substitute(const ops::SymbolReplacements& replacements);
  void infer(Node* node);
  void connect(Node* node);
  void disconnect(Node* node);
  void erase(Value* value);
  std::list<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Value>> values_;
  std::vector<Value*> inputs_;
  std::vector<Output> outputs_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> late_names_;  ///< Ever given: a symbol never changes its meaning.
  std::string scope_;
  int next_node_id_ = 0, next_value_id_ = 0;
};

/// A rewrite proposed by a pass: new nodes and constants, and which values they replace. Nothing changes until applied.
class Patch {
 public:
  Patch() = default;
  Patch(Patch&&) = default;
  Patch& operator=(Patch&&) = default;
  /// A new node; returns its first output, typed, to be used as an input of further nodes of this patch.
  /// `num_op_inputs` < 0: all inputs belong to the op.
  Value* add(ops::Op op, std::vector<Value*> inputs, expr::Expr epilogue = {}, int num_op_inputs = -1);
  /// A node with regions, which the patch takes over.
  Value* add_control(ops::Op op, std::vector<Value*> inputs, std::vector<std::unique_ptr<Graph>> regions);
  /// Layers that the node of `v` computes, beside those of what the patch replaces.
  static void add_origin(Value* v, const std::vector<std::string>& layers);
  /// Output `index` of the node that produces `first` (for ops with several).
  static Value* sibling(Value* first, int index);
  Value* constant(TensorType type, Blob data);
  Value* symbolic(TensorType type, std::vector<Dim> elements);
  /// A constant of integers, i64[n].
  Value* constant_i64(std::span<const int64_t> values);
  /// After applying, readers of `old` read `with`, which takes over its name when it is new.
  void replace(Value* old, Value* with) { replacements_.emplace_back(old, with); }
  bool empty() const { return replacements_.empty(); }

 private:
  friend class Graph;
  Value* take(std::unique_ptr<Node> node, const std::vector<TensorType>& types);
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Value>> values_;
  std::vector<std::pair<Value*, Value*>> replacements_;
  int num_late_ = 0;
};

/// Types of a node's outputs given its inputs, epilogue included, with late sizes as ops::late_symbol() names them.
/// Throws Error(kInvalidModel).
std::vector<TensorType> infer_types(const ops::Op& op, std::span<Value* const> inputs, int num_op_inputs,
                                    const expr::Expr& epilogue);
/// The same of a node, with its own symbols; and the elements of its first output when it is shape arithmetic.
std::vector<TensorType> infer_types(const Node& node);
std::optional<std::vector<Dim>> known_result(const Node& node);

}  // namespace dvt::ir
