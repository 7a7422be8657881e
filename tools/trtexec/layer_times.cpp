#include "trtexec/layer_times.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/concat.h"
#include "base/file.h"

namespace dovetail::trtexec {

void LayerTimes::reportLayerTime(char const* layer, float ms) noexcept {
  try {
    if (next_ >= layers_.size() || layers_[next_].name != layer) {
      const auto it = std::find_if(layers_.begin(), layers_.end(), [&](const Layer& l) { return l.name == layer; });
      next_ = static_cast<size_t>(it - layers_.begin());
      if (it == layers_.end()) layers_.push_back({layer, {}});
    }
    layers_[next_].ms.push_back(ms);
    next_ = (next_ + 1) % layers_.size();
  } catch (const std::bad_alloc&) {
    // A profile that misses a time is better than a run that ends.
  }
}

double LayerTimes::Layer::total() const {
  double sum = 0;
  for (float t : ms) sum += t;
  return sum;
}

double LayerTimes::Layer::median() const {
  std::vector<float> sorted = ms;
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  return n == 0 ? 0 : n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
}

double LayerTimes::total() const {
  double sum = 0;
  for (const Layer& l : layers_) sum += l.total();
  return sum;
}

void LayerTimes::print(Log& log) const {
  const double all = total(), runs = static_cast<double>(std::max<size_t>(iterations(), 1));
  const auto row = [&](double time, double average, double median, double percent, const std::string& name) {
    char text[128];
    std::snprintf(text, sizeof text, "%12.2f %12.4f %12.4f %9.1f   ", time, average, median, percent);
    log.info(text + name);
  };
  log.info("");
  log.info(dvt::concat("=== Profile (", iterations(), " iterations ) ==="));
  log.info("    Time(ms)     Avg.(ms)   Median(ms)   Time(%)   Layer");
  double medians = 0;
  for (const Layer& l : layers_) {
    medians += l.median();
    row(l.total(), l.total() / runs, l.median(), all > 0 ? 100 * l.total() / all : 0, l.name);
  }
  row(all, all / runs, medians, 100, "Total");
  log.info("");
}

void LayerTimes::write_json(const std::string& path) const {
  const double all = total(), runs = static_cast<double>(std::max<size_t>(iterations(), 1));
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  rows.push_back({{"count", iterations()}});
  for (const Layer& l : layers_)
    rows.push_back({{"name", l.name},
                    {"timeMs", l.total()},
                    {"averageMs", l.total() / runs},
                    {"medianMs", l.median()},
                    {"percentage", all > 0 ? 100 * l.total() / all : 0}});
  dvt::write_file(path, rows.dump(1) + "\n");
}

}  // namespace dovetail::trtexec
