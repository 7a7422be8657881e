#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dovetail/dovetail.h>

namespace dovetail::trtexec {

/// Spellings on the command line and what they stand for, in the order of messages.
template <class T>
using Names = std::vector<std::pair<std::string_view, T>>;

extern const Names<DataType> kTypes;
extern const Names<TensorFormat> kFormats;
extern const Names<MemoryPoolType> kMemoryPools;
extern const Names<ProfilingVerbosity> kVerbosities;
extern const Names<HardwareCompatibilityLevel> kCompatibilityLevels;
extern const Names<TacticSource> kTacticSources;
extern const Names<PreviewFeature> kPreviewFeatures;
extern const Names<ExecutionContextAllocationStrategy> kAllocationStrategies;

[[noreturn]] void refuse_name(std::string_view flag, std::string_view name, const std::vector<std::string_view>& known);

/// Throws UsageError with what there is to choose from.
template <class T>
T choose(std::string_view flag, std::string_view name, const Names<T>& names) {
  std::vector<std::string_view> known;
  for (const auto& [spelling, value] : names) {
    if (spelling == name) return value;
    known.push_back(spelling);
  }
  refuse_name(flag, name, known);
}

/// The spelling of a value; the first when it has several, "?" when it has none.
template <class T>
std::string_view name_of(T value, const Names<T>& names) {
  for (const auto& [spelling, v] : names)
    if (v == value) return spelling;
  return "?";
}

std::vector<std::string> split_list(std::string_view text, char separator = ',');

}  // namespace dovetail::trtexec
