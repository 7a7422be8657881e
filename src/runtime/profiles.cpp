#include "runtime/profiles.h"

#include <algorithm>

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
  for (size_t i = 0; i < p.values.size(); ++i) {
    std::vector<int64_t> largest;
    for (const DimRange& r : dim_ranges(p, out, static_cast<int32_t>(i))) largest.push_back(r.max);
    const size_t bytes = tensor_bytes(p.values[i].dtype, largest);
    if (bytes > kMaxTensorBytes)
      throw Error(ErrorCode::kOutOfMemory, "plan: profile ", number, ": value '", p.document.values[i].name,
                  "' can be larger than ", kMaxTensorBytes >> 40, " TiB; lower the profile's maximum");
    out.max_bytes.push_back(bytes);
  }
  return out;
}

/// One request per value that lives in the arena, from the first step that touches it to the last, and one per step
/// that needs workspace.
void plan_profile(const Program& p, ProfileProgram& profile) {
  constexpr int32_t kNone = -1;
  std::vector<int32_t> request_of(p.values.size(), kNone);
  std::vector<BufferRequest> requests;
  const auto touch = [&](int32_t value, int32_t step) {
    const ProgramValue& v = p.value(value);
    if (v.storage != plan::Storage::kArena) return;
    int32_t& request = request_of[static_cast<size_t>(v.root)];
    if (request == kNone) {
      request = static_cast<int32_t>(requests.size());
      requests.push_back({profile.max_bytes[static_cast<size_t>(v.root)], step, step});
    }
    requests[static_cast<size_t>(request)].last = step;
  };
  for (size_t s = 0; s < p.steps.size(); ++s) {
    for (int32_t v : p.steps[s].inputs) touch(v, static_cast<int32_t>(s));
    for (int32_t v : p.steps[s].outputs) touch(v, static_cast<int32_t>(s));
  }
  const size_t first_workspace = requests.size();
  for (size_t s = 0; s < p.steps.size(); ++s)
    requests.push_back({p.steps[s].workspace_bytes, static_cast<int32_t>(s), static_cast<int32_t>(s)});

  const MemoryPlan plan = plan_memory(requests);
  profile.offsets.assign(p.values.size(), 0);
  for (size_t i = 0; i < p.values.size(); ++i)
    if (request_of[i] != kNone) profile.offsets[i] = plan.offsets[static_cast<size_t>(request_of[i])];
  profile.workspace_offsets.assign(plan.offsets.begin() + static_cast<ptrdiff_t>(first_workspace), plan.offsets.end());
  profile.arena_bytes = plan.total_bytes;
  profile.arena_lower_bound = plan.lower_bound;
}

}  // namespace

std::vector<DimRange> dim_ranges(const Program& program, const ProfileProgram& profile, int32_t value) {
  std::vector<DimRange> out;
  for (const std::string& text : program.document.values[static_cast<size_t>(value)].dims) {
    DimRange r = parse_dim(text).range(profile.ranges);
    r.min = std::max<int64_t>(r.min, 0);
    r.opt = std::max<int64_t>(r.opt, 0);
    r.max = std::clamp<int64_t>(r.max, 0, plan::kMaxDim);
    out.push_back(r);
  }
  return out;
}

void make_profiles(Program& program) {
  static const plan::Profile kStatic;
  for (size_t i = 0; i < program.document.profiles.size(); ++i)
    program.profiles.push_back(make_profile(program, program.document.profiles[i], i));
  if (program.profiles.empty()) program.profiles.push_back(make_profile(program, kStatic, 0));
}

void plan_profiles(Program& program) {
  for (ProfileProgram& profile : program.profiles) plan_profile(program, profile);
}

}  // namespace dvt::runtime
