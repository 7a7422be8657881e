// <dovetail/timing_cache.h>

#include "bind.h"

#include <dovetail/host_memory.h>
#include <dovetail/timing_cache.h>

#include <algorithm>

#include <string>
#include <string_view>

namespace dovetail::python {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Hexadecimal, two digits a byte, after "0x".
std::string key_text(const TimingCacheKey& key) {
  std::string text = "0x";
  for (const uint8_t byte : key.data) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

TimingCacheKey parse_key(std::string_view text) {
  if (text.substr(0, 2) == "0x") text.remove_prefix(2);
  TimingCacheKey key{};
  if (text.size() != 2 * sizeof key.data)
    throw py::value_error("a timing cache key is " + std::to_string(2 * sizeof key.data) +
                          " hexadecimal digits, got '" + std::string(text) + "'");
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = kHexDigits.find(static_cast<char>(text[i] | 0x20));
    if (digit == std::string_view::npos)
      throw py::value_error("not a hexadecimal digit: '" + std::string(1, text[i]) + "'");
    key.data[i / 2] = static_cast<uint8_t>(key.data[i / 2] * 16 + digit);
  }
  return key;
}

py::list query_keys(const ITimingCache& cache) {
  std::vector<TimingCacheKey> keys(static_cast<size_t>(std::max<int64_t>(0, cache.queryKeys(nullptr, 0))));
  cache.queryKeys(keys.data(), static_cast<int64_t>(keys.size()));
  py::list result;
  for (const TimingCacheKey& key : keys) result.append(key);
  return result;
}

}  // namespace

void bind_timing_cache(py::module_& m) {
  py::class_<TimingCacheKey>(m, "TimingCacheKey")
      .def_static("parse", &parse_key, py::arg("text"))
      .def("__str__", &key_text)
      .def("__eq__", [](const TimingCacheKey& a, const TimingCacheKey& b) { return key_text(a) == key_text(b); })
      .def("__hash__", [](const TimingCacheKey& key) { return py::hash(py::str(key_text(key))); });
  py::class_<TimingCacheValue>(m, "TimingCacheValue")
      .def(py::init([](uint64_t hash, float ms) {
        return TimingCacheValue{hash, ms};
      }))
      .def_readwrite("tacticHash", &TimingCacheValue::tacticHash)
      .def_readwrite("timingMSec", &TimingCacheValue::timingMSec);
  py::class_<ITimingCache>(m, "ITimingCache")
      .def("serialize", &ITimingCache::serialize)
      .def("combine", &ITimingCache::combine, py::arg("input_cache"), py::arg("ignore_mismatch"))
      .def("reset", &ITimingCache::reset)
      .def("queryKeys", &query_keys)
      .def("query", &ITimingCache::query, py::arg("key"))
      .def("update", &ITimingCache::update, py::arg("key"), py::arg("value"));
}

}  // namespace dovetail::python
