#include "api/build/profile.h"

#include <algorithm>

#include "api/convert.h"
#include "api/wall.h"
#include "ir/graph.h"

namespace dvt::api {
namespace {

constexpr std::string_view kSelectors[] = {"min", "opt", "max"};

size_t index_of(OptProfileSelector select) {
  const auto i = static_cast<size_t>(select);
  if (i >= 3) throw Error(ErrorCode::kInvalidArgument, "there is no profile selector ", static_cast<int>(select));
  return i;
}

std::string list_text(const std::vector<int64_t>& list) {
  std::string text = "[";
  for (size_t i = 0; i < list.size(); ++i) text += concat(i ? "," : "", list[i]);
  return text + "]";
}

void check_rank(const std::string& name, const Triple& triple, size_t rank) {
  for (size_t s = 0; s < 3; ++s)
    if (!triple[s].empty() && triple[s].size() != rank)
      throw Error(ErrorCode::kInvalidArgument, "profile: input '", name, "' was given ", triple[s].size(),
                  " numbers before, now ", rank);
}

/// min <= opt <= max everywhere.
void check_order(std::string_view name, const Triple& t) {
  for (size_t s = 0; s < 3; ++s)
    if (t[s].size() != t[0].size() || (t[s].empty() && !t[0].empty()))
      throw Error(ErrorCode::kInvalidArgument, "profile: input '", name, "' has no ", kSelectors[s], " shape");
  for (size_t i = 0; i < t[0].size(); ++i)
    if (t[0][i] > t[1][i] || t[1][i] > t[2][i])
      throw Error(ErrorCode::kInvalidArgument, "profile: input '", name, "', dimension ", i, ": min ", t[0][i],
                  ", opt ", t[1][i], ", max ", t[2][i], "; they must not decrease");
}

void check_against(const ir::Value& input, const Triple& t) {
  if (static_cast<int>(t[0].size()) != input.rank())
    throw Error(ErrorCode::kInvalidArgument, "profile: input '", input.name(), "' has rank ", input.rank(),
                ", the profile gives ", list_text(t[0]));
  for (int i = 0; i < input.rank(); ++i) {
    const std::optional<int64_t> fixed = input.shape()[i].as_constant();
    for (size_t s = 0; fixed && s < 3; ++s)
      if (t[s][static_cast<size_t>(i)] != *fixed)
        throw Error(ErrorCode::kInvalidArgument, "profile: input '", input.name(), "', dimension ", i, " is always ",
                    *fixed, ", the ", kSelectors[s], " shape is ", list_text(t[s]));
  }
}

}  // namespace

bool Profile::setDimensions(char const* name, OptProfileSelector select, Dims const& dims) noexcept {
  return guarded(reporter_, [&] {
    const std::vector<int64_t> list =
        to_vector(dims, concat("profile: the shape of '", required(name, "the input's name"), "'"));
    for (int64_t d : list)
      if (d < 0)
        throw Error(ErrorCode::kInvalidArgument, "profile: input '", name, "': ", list_text(list),
                    " has a negative extent");
    Triple& triple = data_->dims[name];
    check_rank(name, triple, list.size());
    triple[index_of(select)] = list;
  });
}

Dims Profile::getDimensions(char const* name, OptProfileSelector select) const noexcept {
  return guarded(reporter_, invalid_dims(), [&] {
    const auto found = data_->dims.find(required(name, "the input's name"));
    if (found == data_->dims.end()) return invalid_dims();
    const std::vector<int64_t>& list = found->second[index_of(select)];
    return list.empty() ? invalid_dims() : to_public(std::span<const int64_t>(list));
  });
}

bool Profile::setShapeValuesV2(char const* name, OptProfileSelector select, int64_t const* values,
                               int32_t count) noexcept {
  return guarded(reporter_, [&] {
    if (values == nullptr || count < 1)
      throw Error(ErrorCode::kInvalidArgument, "profile: input '", required(name, "the input's name"),
                  "': no shape values");
    Triple& triple = data_->values[required(name, "the input's name")];
    check_rank(name, triple, static_cast<size_t>(count));
    triple[index_of(select)].assign(values, values + count);
  });
}

bool Profile::setShapeValues(char const* name, OptProfileSelector select, int32_t const* values,
                             int32_t count) noexcept {
  return guarded(reporter_, false, [&] {
    const std::vector<int64_t> wide(values, values + (values == nullptr ? 0 : std::max(0, count)));
    return setShapeValuesV2(name, select, wide.data(), static_cast<int32_t>(wide.size()));
  });
}

int32_t Profile::getNbShapeValues(char const* name) const noexcept {
  if (name == nullptr) return -1;
  const auto found = data_->values.find(std::string_view(name));
  if (found == data_->values.end()) return -1;
  for (const auto& list : found->second)
    if (!list.empty()) return static_cast<int32_t>(list.size());
  return -1;
}

int64_t const* Profile::getShapeValuesV2(char const* name, OptProfileSelector select) const noexcept {
  return guarded(reporter_, static_cast<int64_t const*>(nullptr), [&]() -> int64_t const* {
    const auto found = data_->values.find(required(name, "the input's name"));
    if (found == data_->values.end() || found->second[index_of(select)].empty()) return nullptr;
    return found->second[index_of(select)].data();
  });
}

int32_t const* Profile::getShapeValues(char const* name, OptProfileSelector select) const noexcept {
  return guarded(reporter_, static_cast<int32_t const*>(nullptr), [&]() -> int32_t const* {
    const int64_t* wide = getShapeValuesV2(name, select);
    if (wide == nullptr) return nullptr;
    std::vector<int32_t>& narrow = narrow_values_[name][index_of(select)];
    narrow.assign(wide, wide + getNbShapeValues(name));
    return narrow.data();
  });
}

bool Profile::setExtraMemoryTarget(float target) noexcept {
  if (!(target >= 0 && target <= 1)) {
    reporter_.error(ErrorCode::kInvalidArgument,
                    concat("profile: the extra memory target ", target, " is outside 0 to 1"));
    return false;
  }
  extra_memory_target_ = target;
  return true;
}

bool Profile::isValid() const noexcept {
  try {
    for (const auto& [name, triple] : data_->dims) check_order(name, triple);
    for (const auto& [name, triple] : data_->values) check_order(name, triple);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

plan::Profile to_plan_profile(const ProfileData& data, const ir::Graph& network, size_t index) {
  const auto input_named = [&](std::string_view name) {
    return std::any_of(network.inputs().begin(), network.inputs().end(),
                       [&](const ir::Value* v) { return v->name() == name; });
  };
  for (const auto* list : {&data.dims, &data.values})
    for (const auto& [name, triple] : *list)
      if (!input_named(name))
        throw Error(ErrorCode::kInvalidArgument, "profile ", index, " speaks of '", name,
                    "', which is no input of the network");

  plan::Profile profile;
  const auto add = [&](const ir::Value& input, const Triple& t, bool is_values) {
    check_order(input.name(), t);
    profile.entries.push_back({input.name(), t[0], t[1], t[2], is_values});
  };
  for (const ir::Value* input : network.inputs()) {
    if (const auto found = data.dims.find(input->name()); found != data.dims.end()) {
      check_order(input->name(), found->second);
      check_against(*input, found->second);
      if (!input->shape().is_constant()) add(*input, found->second, false);
    } else if (!input->shape().is_constant()) {
      throw Error(ErrorCode::kInvalidArgument, "profile ", index, " says nothing of input '", input->name(), "' ",
                  input->type(), "; give its min, opt and max shape with setDimensions");
    }
    if (!input->known()) continue;
    const auto found = data.values.find(input->name());
    if (found == data.values.end())
      throw Error(ErrorCode::kInvalidArgument, "profile ", index, " says nothing of the values of '", input->name(),
                  "', which decide shapes; give their min, opt and max with setShapeValuesV2");
    add(*input, found->second, true);
  }
  return profile;
}

}  // namespace dvt::api
