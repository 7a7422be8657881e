#include "api/formats.h"

#include "base/concat.h"

namespace dvt::api {
namespace {

constexpr FormatInfo kFormats[] = {
    {TensorFormat::kCHW2, "kCHW2", 3, 2, false},      {TensorFormat::kHWC8, "kHWC8", 3, 8, true},
    {TensorFormat::kCHW4, "kCHW4", 3, 4, false},      {TensorFormat::kCHW16, "kCHW16", 3, 16, false},
    {TensorFormat::kCHW32, "kCHW32", 3, 32, false},   {TensorFormat::kDHWC8, "kDHWC8", 4, 8, true},
    {TensorFormat::kCDHW32, "kCDHW32", 4, 32, false}, {TensorFormat::kHWC, "kHWC", 3, 1, true},
    {TensorFormat::kHWC16, "kHWC16", 3, 16, true},    {TensorFormat::kDHWC, "kDHWC", 4, 1, true},
};

}  // namespace

const FormatInfo* format_info(TensorFormat format) {
  for (const FormatInfo& f : kFormats)
    if (f.format == format) return &f;
  return nullptr;
}

std::optional<TensorFormat> choose_format(TensorFormats allowed, int rank) {
  const auto has = [&](TensorFormat f) { return (allowed >> static_cast<uint32_t>(f) & 1U) != 0; };
  if (has(TensorFormat::kLINEAR)) return TensorFormat::kLINEAR;
  for (const FormatInfo& f : kFormats)
    if (has(f.format) && rank >= f.trailing) return f.format;
  return std::nullopt;
}

std::vector<int64_t> logical_dims(const FormatInfo& f, std::vector<int64_t> memory, int64_t channels) {
  memory.pop_back();
  if (f.channels_last)
    memory.insert(memory.end() - (f.trailing - 1), channels);
  else
    *(memory.end() - f.trailing) = channels;
  return memory;
}

std::vector<int64_t> format_strides(const FormatInfo* f, const std::vector<int64_t>& dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  // Dimensions from the innermost out, with how many steps of the one before they take.
  int64_t step = 1;
  const auto place = [&](size_t axis, int64_t extent) {
    strides[axis] = step;
    step = extent < 0 || step < 0 ? -1 : step * extent;
  };
  if (f == nullptr) {
    for (size_t i = dims.size(); i-- > 0;) place(i, dims[i]);
    return strides;
  }
  const size_t channel = dims.size() - static_cast<size_t>(f->trailing);
  const int64_t groups = dims[channel] < 0 ? -1 : ceildiv(dims[channel], f->vector);
  if (f->channels_last) place(channel, groups);
  for (size_t i = dims.size(); i-- > channel + 1;) place(i, dims[i]);
  if (!f->channels_last) place(channel, groups);
  for (size_t i = channel; i-- > 0;) place(i, dims[i]);
  return strides;
}

std::string describe_format(const FormatInfo* f, DType type) {
  if (f == nullptr) return concat("Row-major linear ", type, " format (kLINEAR)");
  if (f->vector == 1) return concat("Channels-last ", type, " format (", f->name, ")");
  if (f->channels_last)
    return concat("Channels-last ", type, " format, channels padded to ", f->vector, " (", f->name, ")");
  return concat(f->vector, "-wide channel vectorized ", type, " format (", f->name, ")");
}

}  // namespace dvt::api
