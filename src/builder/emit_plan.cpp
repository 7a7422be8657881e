#include "builder/emit_plan.h"

#include <set>
#include <tuple>

#include "base/error.h"
#include "builder/lower.h"
#include "builder/profiles.h"
#include "builder/version.h"
#include "ops/control/loop.h"

namespace dvt::builder {
namespace {

/// The plan's weight sections, which its regions share.
struct Sections {
  std::vector<plan::Section> list;
  std::map<std::pair<const std::byte*, size_t>, int32_t> index;
  std::map<std::tuple<const std::byte*, const backend::Tactic*, int, std::string>, int32_t> packed;

  int32_t add(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    const auto [it, fresh] = index.try_emplace({bytes.data(), bytes.size()}, static_cast<int32_t>(list.size()));
    if (fresh) list.push_back({.bytes = bytes, .owner = std::move(owner)});
    return it->second;
  }

  /// The packed form of a constant, which is made when it is written: `size` bytes. Made alike it is one section.
  int32_t add_packed(const NodePlan& plan, const backend::Target& target, int input, const Blob& data, size_t size) {
    const auto [it, fresh] = packed.try_emplace({data.data(), plan.choice->tactic, input, to_string(plan.problem)},
                                                static_cast<int32_t>(list.size()));
    if (!fresh) return it->second;
    auto make = [tactic = plan.choice->tactic, problem = plan.problem, target, input, data](std::span<std::byte> bytes,
                                                                                            ThreadPool& pool) {
      tactic->pack(problem, target, {input, data.bytes(), bytes, pool});
    };
    list.push_back({.made_bytes = size, .make = std::move(make)});
    return it->second;
  }
};

class Emitter {
 public:
  Emitter(const ir::Graph& graph, const NodePlans& plans, const Places& places, const SymbolRanges& ranges,
          const BuildOptions& options, const Decisions& decisions, Sections& sections, int depth = 0)
      : graph_(graph),
        plans_(plans),
        places_(places),
        ranges_(ranges),
        options_(options),
        decisions_(decisions),
        sections_(sections),
        depth_(depth) {}

  plan::Document run() {
    doc_.network_name = graph_.name;
    doc_.builder_version = kLibraryVersion;
    doc_.target_isa = backend::isa_string(options_.target);
    doc_.target_name = options_.target.name;
    doc_.threads = static_cast<uint32_t>(options_.target.threads);
    doc_.profiles = canonical_profiles(graph_, options_.profiles);
    program();
    doc_.sections = std::move(sections_.list);
    return std::move(doc_);
  }

  /// A region: its values and steps alone.
  plan::Document run_region() {
    program();
    return std::move(doc_);
  }

 private:
  void program() {
    for (const ir::Value* v : graph_.inputs()) io_names_.insert(v->name());
    for (const ir::Output& o : graph_.outputs()) {
      std::string name = o.name;
      if (!graph_.scope().empty())  // of a region nobody asks for the names: they only have to differ
        while (io_names_.contains(name)) name += "'";
      output_names_[o.value] = name;
      io_names_.insert(name);
    }
    for (const ir::Value* v : graph_.inputs()) doc_.inputs.push_back(value(*v));
    for (const auto& n : graph_.nodes()) {
      if (is_view(*n) && !places_.contains(n->output()))
        view(*n);
      else if (n->has_regions())
        control(*n);
      else if (plans_.contains(n.get()))  // what has no plan is done by the places of its values
        step(*n);
    }
    for (const ir::Output& o : graph_.outputs()) doc_.outputs.push_back(values_.at(o.value));
  }

  // Inputs and outputs keep their names, the keys of users' calls; whatever else bears one of them is renamed.
  int32_t add(plan::Value v) {
    const bool is_io = v.storage == plan::Storage::kInput || v.storage == plan::Storage::kOutput;
    if (!is_io)
      while (io_names_.contains(v.name) || !names_.insert(v.name).second) v.name += "'";
    doc_.values.push_back(std::move(v));
    return static_cast<int32_t>(doc_.values.size()) - 1;
  }

  plan::Value describe(const ir::Value& v) const {
    plan::Value out;
    out.name = v.name();
    out.dtype = v.dtype();
    out.layout = static_cast<uint8_t>(v.layout());
    for (const Dim& d : v.shape()) out.dims.push_back(to_string(d));
    return out;
  }

  int32_t value(const ir::Value& v) {
    const auto it = values_.find(&v);
    if (it != values_.end()) return it->second;
    plan::Value out = describe(v);
    if (const auto place = places_.find(&v); place != places_.end()) {
      alias(place->second, out);
    } else if (v.is_input()) {
      out.storage = plan::Storage::kInput;
      out.shape_io = v.is_shape_input();
    } else if (v.is_constant()) {
      out.storage = plan::Storage::kConstant;
      out.source =
          sections_.add(v.data().bytes().first(byte_size(v.dtype(), v.shape().volume().constant())), v.data().owner());
    } else if (v.is_symbolic()) {
      out.storage = plan::Storage::kShape;
      for (const Dim& d : *v.known()) out.elements.push_back(to_string(d));
    } else if (const auto name = output_names_.find(&v); name != output_names_.end()) {
      out.storage = plan::Storage::kOutput;
      out.name = name->second;
    }
    return values_[&v] = add(std::move(out));
  }

  void alias(const Place& place, plan::Value& out) {
    out.storage = plan::Storage::kAlias;
    out.source = value(*place.root);
    if (!(place.offset == Dim(0))) out.offset = to_string(place.offset);
    out.slice_axis = place.slice_axis;
    if (place.is_slice()) out.pitch = to_string(place.pitch);
  }

  void view(const ir::Node& n) {
    plan::Value out = describe(*n.output());
    out.storage = plan::Storage::kAlias;
    out.source = value(*n.input(0));
    values_[n.output()] = add(std::move(out));
  }

  // Packed bytes are a value of their own: another step may want the same constant packed otherwise.
  std::map<int, int32_t> packed_values(const ir::Node& n, const NodePlan& p) {
    std::map<int, int32_t> out;
    const backend::Tactic& tactic = *p.choice->tactic;
    for (int i = 0; tactic.pack && i < n.num_inputs(); ++i) {
      const ir::Value& original = *n.input(i);
      const size_t size = original.is_constant() ? tactic.packed_bytes(p.problem, options_.target, i) : 0;
      if (size == 0) continue;  // taken as it is, or nothing to pack: the plain constant is as empty
      plan::Value packed = describe(original);
      packed.name = concat(original.name(), "|", tactic.name);
      packed.storage = plan::Storage::kConstant;
      packed.source = sections_.add_packed(p, options_.target, i, original.data(), size);
      out[i] = add(std::move(packed));
    }
    return out;
  }

  void step(const ir::Node& n) {
    const NodePlan& p = plans_.at(&n);
    const std::map<int, int32_t> packed = packed_values(n, p);
    plan::Step s;
    s.name = unique_step_name(n);
    s.problem = to_string(p.problem);
    s.tactic = std::string(p.choice->tactic->name);
    s.tactic_version = static_cast<uint32_t>(p.choice->tactic->version);
    for (int i = 0; i < n.num_inputs(); ++i) {
      const auto it = packed.find(i);
      s.inputs.push_back(it != packed.end() ? it->second : value(*n.input(i)));
      s.packed.push_back(it != packed.end());
    }
    for (const ir::Value* v : n.outputs()) s.outputs.push_back(value(*v));
    s.late = late_sizes(n);
    s.origin = n.origin();
    const ops::Cost cost = cost_at_opt(n);
    s.flops = cost.flops;
    s.bytes = cost.bytes;
    s.tuned_ms = p.choice->timed ? static_cast<float>(p.choice->milliseconds) : 0;
    if (options_.detailed) s.note = p.choice->note + decided(n);
    doc_.steps.push_back(std::move(s));
  }

  std::string decided(const ir::Node& n) const {
    const auto it = decisions_.find(n.output()->name());
    return it == decisions_.end() ? std::string() : it->second;
  }

  static std::vector<plan::LateSize> late_sizes(const ir::Node& n) {
    std::vector<plan::LateSize> out;
    const std::vector<ops::LateSize> sizes = n.late_sizes();
    for (size_t i = 0; i < sizes.size(); ++i)
      out.push_back({n.late()[i], sizes[i].max ? to_string(*sizes[i].max) : ""});
    return out;
  }

  void control(const ir::Node& n) {
    if (depth_ == plan::kMaxRegionDepth)
      throw Error(ErrorCode::kUnsupported, "node '", n.name(), "': branches and bodies lie more than ",
                  plan::kMaxRegionDepth, " deep in each other, which no plan holds; choose by halves, or with select");
    plan::Step s;
    s.name = unique_step_name(n);
    s.problem = to_string(n.op());
    s.tactic = "host";
    for (const ir::Value* v : n.inputs()) s.inputs.push_back(value(*v));
    s.packed.resize(s.inputs.size());
    for (const ir::Value* v : n.outputs()) s.outputs.push_back(value(*v));
    s.late = late_sizes(n);
    s.origin = n.origin();
    s.control = plan::Control::kIf;
    if (const auto* loop = n.as<ops::Loop>()) {
      s.control = plan::Control::kLoop;
      s.loop = loop_form(n, *loop);
    }
    for (const auto& region : n.regions())
      s.regions.push_back(
          Emitter(*region, plans_, places_, ranges_, options_, decisions_, sections_, depth_ + 1).run_region());
    doc_.steps.push_back(std::move(s));
  }

  static plan::LoopForm loop_form(const ir::Node& n, const ops::Loop& op) {
    plan::LoopForm f;
    f.has_limit = op.has_limit;
    f.has_condition = op.has_condition;
    f.while_form = op.while_form;
    f.carried = op.carried;
    const ops::LoopLayout at(op);
    for (int k = 0; k < at.scanned; ++k)
      f.scan_axes.push_back(
          *normalize_axis(op.scan_axes[static_cast<size_t>(k)], n.input(at.first_scanned + k)->rank()));
    for (int k = 0; k < at.stacked; ++k)
      f.stack_axes.push_back(*normalize_axis(op.stack_axes[static_cast<size_t>(k)], n.output(op.carried + k)->rank()));
    f.scan_reverse = op.scan_reverse;
    f.stack_reverse = op.stack_reverse;
    f.stack_lengths = op.stack_lengths;
    return f;
  }

  ops::Cost cost_at_opt(const ir::Node& n) const {
    std::vector<TensorType> in, out;
    SymbolValues at;
    for (const auto& [symbol, range] : ranges_) at[symbol] = range.opt;
    const auto fixed = [&](const ir::Value* v) {
      Shape s;
      for (const Dim& d : v->shape()) s.push_back(d.range(ranges_).opt);
      return TensorType{v->dtype(), s};
    };
    for (int i = 0; i < n.num_op_inputs(); ++i) in.push_back(fixed(n.input(i)));
    for (const ir::Value* v : n.outputs()) out.push_back(fixed(v));
    ops::Cost cost = ops::cost(n.op(), in, out, at);
    for (int i = n.num_op_inputs(); i < n.num_inputs(); ++i) {  // what the epilogue reads
      const TensorType type = fixed(n.input(i));
      cost.bytes += static_cast<double>(byte_size(type.dtype, type.shape.volume().constant()));
    }
    return cost;
  }

  std::string unique_step_name(const ir::Node& n) {
    std::string stem = n.origin().empty() ? n.name() : n.origin()[0];
    for (size_t i = 1; i < n.origin().size() && i < 4; ++i) stem += " + " + n.origin()[i];
    if (n.origin().size() > 4) stem += concat(" + ", n.origin().size() - 4, " more");
    if (stem.empty()) stem = std::string(n.op().name());
    std::string name = stem;
    for (int k = 2; !step_names_.insert(name).second; ++k) name = concat(stem, " #", k);
    return name;
  }

  const ir::Graph& graph_;
  const NodePlans& plans_;
  const Places& places_;
  const SymbolRanges& ranges_;
  const BuildOptions& options_;
  const Decisions& decisions_;
  Sections& sections_;
  int depth_;  // how many regions are around
  plan::Document doc_;
  std::map<const ir::Value*, int32_t> values_;
  std::map<const ir::Value*, std::string> output_names_;
  std::set<std::string> io_names_, names_, step_names_;
};

}  // namespace

plan::Document emit_plan(const ir::Graph& graph, const NodePlans& plans, const Places& places,
                         const SymbolRanges& ranges, const BuildOptions& options, const Decisions& decisions) {
  Sections sections;
  return Emitter(graph, plans, places, ranges, options, decisions, sections).run();
}

}  // namespace dvt::builder
