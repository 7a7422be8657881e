#include "builder/profiles.h"

#include <algorithm>

#include "base/error.h"

namespace dvt::builder {
namespace {

constexpr const char* kTry =
    "; give setDimensions(name, kMIN/kOPT/kMAX, …) on an optimization profile (command line: --shapes)";

std::string list(const std::vector<int64_t>& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += concat(i ? "," : "", dims[i]);
  return text + "]";
}

const plan::ProfileEntry* find(const plan::Profile& p, const std::string& tensor, bool is_values) {
  for (const plan::ProfileEntry& e : p.entries)
    if (e.tensor == tensor && e.is_values == is_values) return &e;
  return nullptr;
}

void check_entry(const plan::ProfileEntry& e, size_t expected, size_t profile) {
  const std::string where = concat("profile ", profile, ", input '", e.tensor, "': ");
  if (e.min.size() != expected || e.opt.size() != expected || e.max.size() != expected)
    throw Error(ErrorCode::kInvalidArgument, where, "min, opt and max need ", expected, " elements, got ", e.min.size(),
                ", ", e.opt.size(), " and ", e.max.size());
  for (size_t i = 0; i < expected; ++i)
    if (e.min[i] > e.opt[i] || e.opt[i] > e.max[i] || (!e.is_values && e.min[i] < 0))
      throw Error(ErrorCode::kInvalidArgument, where, "element ", i, " must satisfy 0 <= min <= opt <= max, got min ",
                  list(e.min), ", opt ", list(e.opt), ", max ", list(e.max));
}

/// Collects the range of every symbol of one profile.
class ProfileReader {
 public:
  ProfileReader(const plan::Profile& profile, size_t index) : profile_(profile), index_(index) {}

  void read_dims(const ir::Value& input) {
    const Shape& shape = input.shape();
    if (shape.is_constant()) return;
    const plan::ProfileEntry* e = find(profile_, input.name(), false);
    if (!e)
      throw Error(ErrorCode::kInvalidArgument, "input '", input.name(), "' ", input.type(),
                  " has dynamic dims, but profile ", index_, " gives no range for it", kTry);
    check_entry(*e, static_cast<size_t>(shape.rank()), index_);
    for (int i = 0; i < shape.rank(); ++i) {
      const auto k = static_cast<size_t>(i);
      bind(input, i, shape[i], {e->min[k], e->opt[k], e->max[k]});
    }
  }
  void read_elements(const ir::Value& input) {
    const plan::ProfileEntry* e = find(profile_, input.name(), true);
    if (!e)
      throw Error(ErrorCode::kInvalidArgument, "shape tensor '", input.name(), "' has no range of values in profile ",
                  index_, "; give setShapeValues(name, kMIN/kOPT/kMAX, …)");
    check_entry(*e, input.known()->size(), index_);
    for (size_t k = 0; k < e->min.size(); ++k)
      bind(input, static_cast<int>(k), (*input.known())[k], {e->min[k], e->opt[k], e->max[k]});
  }
  const SymbolRanges& ranges() const { return ranges_; }

 private:
  void bind(const ir::Value& input, int axis, const Dim& dim, DimRange range) {
    if (dim.is_constant()) {
      if (!range.is_constant() || range.min != dim.constant())
        throw Error(ErrorCode::kInvalidArgument, "profile ", index_, ", input '", input.name(), "': dim ", axis, " is ",
                    dim.constant(), ", the profile says ", range);
      return;
    }
    const auto symbol = dim.as_symbol();
    if (!symbol) return;
    const auto [it, fresh] = ranges_.try_emplace(*symbol, range);
    if (!fresh && !(it->second == range))
      throw Error(ErrorCode::kInvalidArgument, "profile ", index_, ", input '", input.name(), "': dim ", axis, " ('",
                  *symbol, "') is ", range, ", but another input says ", it->second,
                  "; inputs that share a named dimension need equal ranges");
  }
  const plan::Profile& profile_;
  size_t index_;
  SymbolRanges ranges_;
};

bool is_dynamic(const ir::Graph& g) {
  return std::any_of(g.inputs().begin(), g.inputs().end(),
                     [](const ir::Value* v) { return !v->shape().is_constant() || v->is_shape_input(); });
}

}  // namespace

SymbolRanges symbol_ranges(const ir::Graph& graph, const std::vector<plan::Profile>& profiles) {
  SymbolRanges all;
  static const plan::Profile kEmpty;
  const size_t count = std::max<size_t>(profiles.size(), is_dynamic(graph) ? 1 : 0);
  for (size_t i = 0; i < count; ++i) {
    ProfileReader reader(i < profiles.size() ? profiles[i] : kEmpty, i);
    for (const ir::Value* v : graph.inputs()) {
      reader.read_dims(*v);
      if (v->is_shape_input()) reader.read_elements(*v);
    }
    for (const auto& [symbol, range] : reader.ranges()) {
      const auto [it, fresh] = all.try_emplace(symbol, range);
      if (fresh) continue;
      it->second.min = std::min(it->second.min, range.min);
      it->second.max = std::max(it->second.max, range.max);
    }
  }
  return all;
}

SymbolRanges with_late_ranges(const ir::Graph& graph, SymbolRanges ranges) {
  for (const auto& n : graph.nodes()) {
    if (n->late().empty()) continue;
    const std::vector<ops::LateSize> sizes = n->late_sizes();
    for (size_t i = 0; i < sizes.size(); ++i) {
      DimRange r{0, 1, kMaxLate};
      if (sizes[i].max) r = sizes[i].max->range(ranges);
      // Tactics are timed at the largest: what a bound says is often what comes, and sizes that must be equal then are.
      r = {0, std::clamp<int64_t>(r.opt, 0, kMaxLate), std::clamp<int64_t>(r.max, 0, kMaxLate)};
      if (sizes[i].is_signed) r.min = -r.max;
      ranges[n->late()[i]] = r;
    }
  }
  for (const auto& n : graph.nodes())
    for (const auto& region : n->regions()) ranges = with_late_ranges(*region, std::move(ranges));
  return ranges;
}

std::vector<plan::Profile> canonical_profiles(const ir::Graph& graph, const std::vector<plan::Profile>& profiles) {
  std::vector<plan::Profile> out;
  for (const plan::Profile& p : profiles) {
    plan::Profile canonical;
    for (const ir::Value* v : graph.inputs()) {
      const plan::ProfileEntry* dims = v->shape().is_constant() ? nullptr : find(p, v->name(), false);
      const plan::ProfileEntry* values = v->is_shape_input() ? find(p, v->name(), true) : nullptr;
      if (dims) canonical.entries.push_back(*dims);
      if (values) canonical.entries.push_back(*values);
    }
    out.push_back(std::move(canonical));
  }
  return out;
}

}  // namespace dvt::builder
