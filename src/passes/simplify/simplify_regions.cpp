// Narrows the border between a node with regions and what is around it: constants and known shapes that are read from
// outside move inside, values that no region reads and results that nobody reads go, what a loop carries unchanged is
// read from outside instead, and a loop's condition that is always true goes.
#include <algorithm>
#include <set>

#include "ir/regions.h"
#include "ops/control/if.h"
#include "ops/control/loop.h"
#include "passes/match.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

bool is_true(const ir::Value& v) { return v.is_constant() && v.dtype() == DType::b8 && v.view().get_int(0) != 0; }

/// A copy of a node with regions that is changed before it takes the node's place.
class Draft {
 public:
  explicit Draft(const ir::Node& n) : n_(n), inputs_(n.inputs()) {
    for (const auto& region : n.regions()) regions_.push_back(region->clone());
    for (ir::Value* v : n.outputs()) results_.push_back(v);
    if (const auto* loop = n.as<ops::Loop>()) loop_ = *loop;
  }

  std::optional<ir::Patch> run() {
    if (loop_) {
      carry_condition();
      for (int j = 0; j < loop_->carried; ++j) count_iterations(j);
      drop_true_condition();
      for (int j = loop_->carried; j-- > 0;) simplify_carried(j);
      for (int k = static_cast<int>(loop_->stack_axes.size()); k-- > 0;) drop_unread_stack(k);
    } else {
      for (size_t j = results_.size(); j-- > 0;)
        if (results_[j]->num_uses() == 0) drop_result(j);
    }
    for (int i = static_cast<int>(inputs_.size()); i-- > first_capture();) simplify_capture(i);
    if (!changed_) return std::nullopt;
    return patch();
  }

 private:
  ops::LoopLayout layout() const { return ops::LoopLayout(*loop_); }
  int first_capture() const { return loop_ ? layout().first_capture : 1; }
  int first_capture_inside() const { return loop_ ? layout().body_first_capture : 0; }
  ir::Value* inside(const ir::Graph& region, int i) const { return region.inputs()[static_cast<size_t>(i)]; }
  bool is_read(int input) const {
    return std::any_of(regions_.begin(), regions_.end(), [&](const auto& region) {
      return inside(*region, input)->num_uses() > 0 || inside(*region, input)->is_shape_input();
    });
  }
  /// Whether a carried value decides anything but its own next value.
  bool matters(int j, const ops::LoopLayout& at) const {
    if (inside(*regions_[0], 1 + j)->is_shape_input()) return true;
    for (size_t r = 1; r < regions_.size(); ++r)
      if (inside(*regions_[r], 1 + j)->num_uses() > 0) return true;
    std::set<const ir::Value*> reached{inside(*regions_[0], 1 + j)};
    for (const auto& n : regions_[0]->nodes())
      if (std::any_of(n->inputs().begin(), n->inputs().end(), [&](const ir::Value* v) { return reached.contains(v); }))
        reached.insert(n->outputs().begin(), n->outputs().end());
    const std::vector<ir::Output>& outputs = regions_[0]->outputs();
    for (const ir::Value* v : reached)
      if (v->producer() && !v->producer()->late().empty()) return true;  // sizes are read without an edge
    for (size_t k = 0; k < outputs.size(); ++k)
      if (k != static_cast<size_t>(at.body_first_carried_out + j) && reached.contains(outputs[k].value)) return true;
    return false;
  }
  void drop_input(int outside_index, int inside_index) {
    for (const auto& region : regions_) region->remove(inside(*region, inside_index));
    inputs_.erase(inputs_.begin() + outside_index);
    changed_ = true;
  }
  void drop_result(size_t j) {
    for (const auto& region : regions_) region->remove_output(j);
    results_.erase(results_.begin() + static_cast<std::ptrdiff_t>(j));
    changed_ = true;
  }

  void simplify_capture(int i) {
    const ir::Value& v = *inputs_[static_cast<size_t>(i)];
    const int in = first_capture_inside() + i - first_capture();
    const bool known = v.known() && is_integer(v.dtype()) && v.shape().is_constant();
    if (v.is_constant() || known) {
      for (const auto& region : regions_) {
        ir::Value* input = inside(*region, in);
        if (input->num_uses() == 0) continue;
        region->replace_all_uses(input, v.is_constant() ? region->add_constant(input->name(), v.type(), v.data())
                                                        : region->add_symbolic(input->name(), v.type(), *v.known()));
      }
    } else if (const auto twin = std::find(inputs_.begin() + first_capture(), inputs_.begin() + i, inputs_[size_t(i)]);
               twin != inputs_.begin() + i) {
      const int other = first_capture_inside() + static_cast<int>(twin - inputs_.begin()) - first_capture();
      for (const auto& region : regions_) region->replace_all_uses(inside(*region, in), inside(*region, other));
    }
    if (!is_read(in)) drop_input(i, in);
  }

  /// A region that only hands a carried value on as the condition goes: the body says it for the next iteration.
  void carry_condition() {
    if (!loop_->while_form || loop_->has_condition) return;
    const ops::LoopLayout at = layout();
    const ir::Value* condition = regions_[1]->outputs()[0].value;
    int j = 0;
    while (j < loop_->carried && inside(*regions_[1], 1 + j) != condition) ++j;
    if (j == loop_->carried) return;
    ir::Graph& body = *regions_[0];
    const std::vector<ir::Output> outputs = body.outputs();
    while (!body.outputs().empty()) body.remove_output(0);
    body.mark_output(outputs[static_cast<size_t>(j)].value, body.unique_name("another"));
    for (const ir::Output& o : outputs) body.mark_output(o.value, o.name);
    inputs_.insert(inputs_.begin() + (at.limit >= 0 ? 1 : 0), inputs_[static_cast<size_t>(at.first_carried + j)]);
    loop_->while_form = false;
    loop_->has_condition = true;
    regions_.pop_back();
    changed_ = true;
  }

  /// A carried number that starts at 0 and grows by 1 is the iteration's number.
  void count_iterations(int j) {
    const ops::LoopLayout at = layout();
    const ir::Value& initial = *inputs_[static_cast<size_t>(at.first_carried + j)];
    const ir::Value* now = inside(*regions_[0], 1 + j);
    const ir::Value* next = regions_[0]->outputs()[static_cast<size_t>(at.body_first_carried_out + j)].value;
    if (!initial.is_constant() || initial.dtype() != DType::i64 || initial.rank() != 0 ||
        initial.view().get_int(0) != 0)
      return;
    const ir::Node* add = producer_elementwise(next, expr::ExprOp::add);
    const auto with = add ? with_constant(*add) : std::nullopt;
    if (!with || with->value != now || with->constant != 1 || now->is_shape_input()) return;
    for (const auto& region : regions_) {
      if (inside(*region, 1 + j)->num_uses() == 0) continue;
      region->replace_all_uses(inside(*region, 1 + j), inside(*region, 0));
      changed_ = true;
    }
  }

  void drop_true_condition() {
    const ops::LoopLayout at = layout();
    if (at.condition < 0 || !is_true(*inputs_[static_cast<size_t>(at.condition)])) return;
    if (!is_true(*regions_[0]->outputs()[0].value)) return;
    if (!loop_->has_limit && !loop_->while_form && loop_->scan_axes.empty()) return;  // it never ends
    regions_[0]->remove_output(0);
    inputs_.erase(inputs_.begin() + at.condition);
    loop_->has_condition = false;
    changed_ = true;
  }

  void simplify_carried(int j) {
    const ops::LoopLayout at = layout();
    const ir::Graph& body = *regions_[0];
    const auto out = static_cast<size_t>(at.body_first_carried_out + j);
    ir::Value* result = results_[static_cast<size_t>(j)];
    ir::Value* initial = inputs_[static_cast<size_t>(at.first_carried + j)];
    const bool invariant = !inside(body, 1 + j)->is_shape_input() && body.outputs()[out].value == inside(body, 1 + j);
    if (!invariant && (result->num_uses() > 0 || matters(j, at))) return;
    if (invariant) {
      for (const auto& region : regions_) {
        const ir::Value* old = inside(*region, 1 + j);
        ir::Value* capture = region->add_input(region->unique_name(old->name()), initial->type());
        region->replace_all_uses(inside(*region, 1 + j), capture);
      }
      inputs_.push_back(initial);
      invariant_.emplace_back(result, initial);
    }
    regions_[0]->remove_output(out);
    regions_[0]->remove_dead();
    drop_input(at.first_carried + j, 1 + j);
    results_.erase(results_.begin() + j);
    --loop_->carried;
  }

  void drop_unread_stack(int k) {
    const ops::LoopLayout at = layout();
    const auto j = static_cast<size_t>(loop_->carried + k);
    if (results_[j]->num_uses() > 0) return;
    regions_[0]->remove_output(static_cast<size_t>(at.body_first_stacked + k));
    const int length = at.length_of[static_cast<size_t>(k)];
    if (length >= 0) inputs_.erase(inputs_.begin() + length);
    results_.erase(results_.begin() + static_cast<std::ptrdiff_t>(j));
    for (std::vector<int64_t>* list : {&loop_->stack_axes, &loop_->stack_reverse, &loop_->stack_lengths})
      list->erase(list->begin() + k);
    changed_ = true;
  }

  ir::Patch patch() {
    ir::Patch patch;
    for (const auto& region : regions_) region->remove_dead();
    for (const auto& [result, initial] : invariant_) patch.replace(result, initial);
    if (results_.empty()) return patch;
    ir::Value* first = patch.add_control(loop_ ? ops::Op(*loop_) : n_.op(), std::move(inputs_), std::move(regions_));
    for (size_t j = 0; j < results_.size(); ++j)
      patch.replace(results_[j], ir::Patch::sibling(first, static_cast<int>(j)));
    return patch;
  }

  const ir::Node& n_;
  std::vector<ir::Value*> inputs_;
  std::vector<std::unique_ptr<ir::Graph>> regions_;
  std::vector<ir::Value*> results_;  ///< What the remaining results take the place of.
  std::vector<std::pair<ir::Value*, ir::Value*>> invariant_;
  std::optional<ops::Loop> loop_;
  bool changed_ = false;
};

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (!n.has_regions()) return std::nullopt;
  return Draft(n).run();
}

}  // namespace

Pass simplify_regions() {
  const Pass simplify =
      rewrite_pass("simplify-regions", "constants move into regions; unread values leave their borders", &rewrite);
  return {simplify.name, simplify.description, [simplify](Editor& editor) {
            if (!simplify.run(editor)) return false;
            editor.graph().refresh();  // what a loop does not change any more has known sizes
            return true;
          }};
}

}  // namespace dvt::passes
