#include "runtime/profiles.h"

#include <algorithm>
#include <unordered_set>

#include "base/dim_texts.h"
#include "base/error.h"
#include "plan/validate.h"
#include "runtime/memory_planner.h"
#include "runtime/sizes.h"

namespace dvt::runtime {
namespace {

ProfileRange fixed_range(const std::vector<int64_t>& dims) { return {dims, dims, dims}; }

const plan::ProfileEntry* find_entry(const plan::Profile& profile, const std::string& tensor, bool is_values) {
  for (const plan::ProfileEntry& e : profile.entries)
    if (e.tensor == tensor && e.is_values == is_values) return &e;
  return nullptr;
}

/// Several inputs may share a symbol: it can be what all of them allow.
void narrow(SymbolRanges& ranges, const std::string& symbol, const DimRange& r, size_t profile) {
  const auto [it, is_new] = ranges.emplace(symbol, r);
  if (is_new) return;
  DimRange& have = it->second;
  have.min = std::max(have.min, r.min);
  have.max = std::min(have.max, r.max);
  if (have.min > have.max)
    throw Error(ErrorCode::kInvalidPlan, "plan: profile ", profile, ": the inputs' ranges leave no value for '", symbol,
                "'");
  have.opt = std::clamp(have.opt, have.min, have.max);
}

/// Ranges of what steps report.
void add_late_ranges(const Program& p, ProfileProgram& profile) {
  SymbolRanges& ranges = profile.ranges;
  std::unordered_set<std::string>& unbounded = profile.unbounded;
  for (const plan::Step& step : p.document.steps)
    for (const plan::LateSize& l : step.late) {
      DimRange r{0, 1, kMaxLate};
      bool bounded = !l.max.empty();
      if (bounded) {
        const Dim& max = p.texts->read(l.max);
        r = max.range(ranges);
        r = {0, std::clamp<int64_t>(r.opt, 0, kMaxLate), std::clamp<int64_t>(r.max, 0, kMaxLate)};
        std::vector<std::string> names;
        max.collect_symbols(names);
        for (const std::string& name : names) bounded &= !unbounded.contains(name);
      }
      if (l.symbol.starts_with(kSignedLate)) r.min = -r.max;
      if (!bounded) unbounded.insert(l.symbol);
      ranges[l.symbol] = r;
    }
}

/// Range of each of Program::dims where symbols have these ranges.
std::vector<DimRange> ranges_of_dims(const Program& p, const SymbolRanges& symbols) {
  DimMemo<DimRange> memo;
  const auto bounded = [&symbols](const Dim& d) {
    DimRange r = d.range(symbols);
    r.min = std::max<int64_t>(r.min, 0);
    r.opt = std::max<int64_t>(r.opt, 0);
    r.max = std::clamp<int64_t>(r.max, 0, plan::kMaxDim);
    return r;
  };
  std::vector<DimRange> out;
  out.reserve(p.expressions.size());
  for (const Dim& d : p.expressions) out.push_back(d.is_constant() ? bounded(d) : memo.of(d, bounded));
  return out;
}

std::vector<int64_t> largest_of(std::span<const DimRange> ranges) {
  std::vector<int64_t> largest;
  for (const DimRange& r : ranges) largest.push_back(r.max);
  return largest;
}

/// Whether a value whose shape is known late has a largest size that memory can be planned for.
/// `wider` are the ranges of dims when symbols without a bound are even larger: a dim may have a bound although a
/// symbol in it has none, min(count, 100).
bool is_planned(const Program& p, const ProfileProgram& profile, std::span<const DimRange> wider, int32_t value) {
  constexpr size_t kMaxPlannedBytes = size_t{1} << 30;  // beyond, bounds are products that nothing comes near
  const std::span<const DimRange> ranges = dim_ranges(p, profile, value);
  if (tensor_bytes(p.value(value).dtype, largest_of(ranges)) > kMaxPlannedBytes) return false;
  const size_t first = p.value(value).first_dim;
  for (size_t d = 0; d < ranges.size() && !wider.empty(); ++d)
    if (ranges[d].max != wider[first + d].max) return false;
  return true;
}

/// Whether a value's largest size may say nothing: it is known late, or given by the inputs of a region.
bool may_be_unbounded(const Program& p, size_t value) { return p.values[value].known_after > 0 || p.is_region; }

/// The largest size of each value.
void find_sizes(const Program& p, ProfileProgram& out, size_t number) {
  std::vector<DimRange> wider;
  if (!out.unbounded.empty()) {
    SymbolRanges symbols = out.ranges;
    for (const std::string& symbol : out.unbounded) symbols[symbol].max *= 4;
    wider = ranges_of_dims(p, symbols);
  }
  for (size_t i = 0; i < p.values.size(); ++i) {
    if (may_be_unbounded(p, i) && !is_planned(p, out, wider, static_cast<int32_t>(i))) {
      out.max_bytes.push_back(kMaxTensorBytes);
      continue;
    }
    const size_t bytes = tensor_bytes(p.values[i].dtype, largest_of(dim_ranges(p, out, static_cast<int32_t>(i))));
    if (bytes > kMaxTensorBytes)
      throw Error(ErrorCode::kOutOfMemory, "plan: profile ", number, ": value '", p.document.values[i].name,
                  "' can be larger than ", kMaxTensorBytes >> 40, " TiB; lower the profile's maximum");
    out.max_bytes.push_back(bytes);
  }
}

ProfileProgram make_profile(const Program& p, const plan::Profile& profile, size_t number) {
  ProfileProgram out;
  for (int io = 0; io < p.num_inputs; ++io) {
    const IoTensor& tensor = p.io[static_cast<size_t>(io)];
    const plan::ProfileEntry* shape = find_entry(profile, tensor.name, false);
    const plan::ProfileEntry* values = find_entry(profile, tensor.name, true);
    out.shapes.push_back(shape ? ProfileRange{shape->min, shape->opt, shape->max} : fixed_range(tensor.dims));
    out.values.push_back(values ? ProfileRange{values->min, values->opt, values->max} : ProfileRange{});
  }
  for (const Binding& b : p.bindings) {
    const int32_t slot = b.slot >= 0 ? b.slot : b.same_as;
    if (slot < 0) continue;  // an expression: checked when shapes are bound
    const ProfileRange& r = b.is_value ? out.values[static_cast<size_t>(b.io)] : out.shapes[static_cast<size_t>(b.io)];
    const auto k = static_cast<size_t>(b.index);
    narrow(out.ranges, p.symbols[static_cast<size_t>(slot)], {r.min[k], r.opt[k], r.max[k]}, number);
  }
  add_late_ranges(p, out);
  out.dim_ranges = ranges_of_dims(p, out.ranges);
  find_sizes(p, out, number);
  return out;
}

struct Lifetime {
  int32_t first = 0, last = -1;
  bool used() const { return last >= first; }
};

/// By root, and the roots in the order in which steps first touch them.
struct Lifetimes {
  std::vector<Lifetime> of;
  std::vector<size_t> roots;
};

/// From the first step that touches a value's bytes to the last. A value whose shape is known late lives from there on:
/// its memory is found then.
Lifetimes lifetimes(const Program& p) {
  Lifetimes out;
  out.of.resize(p.values.size());
  const auto touch = [&](int32_t value, int32_t step) {
    const ProgramValue& v = p.value(value);
    if (v.storage != plan::Storage::kArena) return;
    Lifetime& life = out.of[static_cast<size_t>(v.root)];
    if (!life.used()) out.roots.push_back(static_cast<size_t>(v.root));
    const int32_t after = p.value(v.root).known_after;
    const int32_t begin = after > 0 ? std::min(step, p.late[static_cast<size_t>(after) - 1].step) : step;
    life = {life.used() ? std::min(life.first, begin) : begin, step};
  };
  for (size_t s = 0; s < p.steps.size(); ++s) {
    for (int32_t v : p.steps[s].inputs) touch(v, static_cast<int32_t>(s));
    for (int32_t v : p.steps[s].outputs) touch(v, static_cast<int32_t>(s));
  }
  return out;
}

bool is_pooled(const Program& p, const ProfileProgram& profile, size_t root) {
  return may_be_unbounded(p, root) && profile.max_bytes[root] == kMaxTensorBytes;
}

/// Values without a bound share buffers of the side pool, each with those whose lifetimes are over.
void plan_pool(const Program& p, const Lifetimes& lifetimes, ProfileProgram& profile) {
  profile.pool_slots.assign(p.values.size(), -1);
  const std::vector<Lifetime>& lives = lifetimes.of;
  std::vector<size_t> pooled;
  for (size_t i : lifetimes.roots)
    if (is_pooled(p, profile, i)) pooled.push_back(i);
  std::stable_sort(pooled.begin(), pooled.end(), [&](size_t a, size_t b) { return lives[a].first < lives[b].first; });
  // Buffers of sizes known when a run begins are found before it, so that none may grow in it: they are others.
  for (const bool late : {false, true}) {
    std::vector<int32_t> free_after;  // per buffer: the last step of the value in it
    for (size_t i : pooled) {
      if ((p.values[i].known_after > 0) != late) continue;
      auto slot =
          std::find_if(free_after.begin(), free_after.end(), [&](int32_t last) { return last < lives[i].first; });
      if (slot == free_after.end()) slot = free_after.insert(slot, 0);
      *slot = lives[i].last;
      profile.pool_slots[i] = profile.num_pool_slots + static_cast<int32_t>(slot - free_after.begin());
    }
    profile.num_pool_slots += static_cast<int32_t>(free_after.size());
  }
}

/// One request per value that lives in the arena, and one per step that needs workspace.
void plan_profile(const Program& p, const Lifetimes& lives, ProfileProgram& profile) {
  plan_pool(p, lives, profile);
  std::vector<size_t> roots;
  std::vector<BufferRequest> requests;
  for (size_t i : lives.roots) {
    if (profile.pool_slots[i] >= 0) continue;
    roots.push_back(i);
    requests.push_back({profile.max_bytes[i], lives.of[i].first, lives.of[i].last});
  }
  const size_t first_workspace = requests.size();
  for (size_t s = 0; s < p.steps.size(); ++s)
    requests.push_back({p.steps[s].workspace_bytes, static_cast<int32_t>(s), static_cast<int32_t>(s)});

  const MemoryPlan plan = plan_memory(requests);
  profile.offsets.assign(p.values.size(), 0);
  for (size_t k = 0; k < roots.size(); ++k) profile.offsets[roots[k]] = plan.offsets[k];
  profile.workspace_offsets.assign(plan.offsets.begin() + static_cast<ptrdiff_t>(first_workspace), plan.offsets.end());
  profile.arena_bytes = plan.total_bytes;
  profile.arena_lower_bound = plan.lower_bound;
}

}  // namespace

std::span<const DimRange> dim_ranges(const Program& program, const ProfileProgram& profile, int32_t value) {
  const ProgramValue& v = program.value(value);
  return std::span(profile.dim_ranges).subspan(v.first_dim, static_cast<size_t>(v.rank));
}

void make_profiles(Program& program) {
  static const plan::Profile kStatic;
  for (size_t i = 0; i < program.document.profiles.size(); ++i)
    program.profiles.push_back(make_profile(program, program.document.profiles[i], i));
  if (program.profiles.empty()) program.profiles.push_back(make_profile(program, kStatic, 0));
}

void make_region_profiles(Program& region, const Program& around) {
  for (size_t i = 0; i < around.profiles.size(); ++i) {
    ProfileProgram out;
    out.ranges = around.profiles[i].ranges;
    out.unbounded = around.profiles[i].unbounded;
    for (const Binding& b : region.bindings)
      if (b.slot >= 0) {
        const std::string& symbol = region.symbols[static_cast<size_t>(b.slot)];
        out.ranges[symbol] = {b.is_value ? -kMaxLate : 0, 1, kMaxLate};
        out.unbounded.insert(symbol);
      }
    add_late_ranges(region, out);
    out.dim_ranges = ranges_of_dims(region, out.ranges);
    for (int io = 0; io < region.num_inputs; ++io) {
      ProfileRange shape, values;
      const int32_t value = region.io_values[static_cast<size_t>(io)];
      for (const DimRange& r : dim_ranges(region, out, value)) {
        shape.min.push_back(r.min);
        shape.opt.push_back(r.opt);
        shape.max.push_back(r.max);
      }
      if (const plan::Value& v = region.document.values[static_cast<size_t>(value)]; v.shape_io) {
        const auto count = static_cast<size_t>(plan::shape_elements(v));
        values = {std::vector<int64_t>(count, -kMaxLate), std::vector<int64_t>(count, 1),
                  std::vector<int64_t>(count, kMaxLate)};
      }
      out.shapes.push_back(std::move(shape));
      out.values.push_back(std::move(values));
    }
    find_sizes(region, out, i);
    region.profiles.push_back(std::move(out));
  }
}

void plan_profiles(Program& program) {
  const Lifetimes lives = lifetimes(program);
  for (ProfileProgram& profile : program.profiles) plan_profile(program, lives, profile);
}

}  // namespace dvt::runtime
