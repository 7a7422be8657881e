#include "cli/layer_times.h"

#include <algorithm>

namespace dovetail::cli {
namespace {

/// Adds up each layer's time in the order of first appearance.
class LayerTimes final : public IProfiler {
 public:
  void reportLayerTime(char const* name, float ms) noexcept override {
    if (next_ >= rows_.size() || rows_[next_].first != name) {
      next_ = static_cast<size_t>(
          std::find_if(rows_.begin(), rows_.end(), [&](const auto& r) { return r.first == name; }) - rows_.begin());
      if (next_ == rows_.size()) rows_.emplace_back(name, 0.0);
    }
    rows_[next_++].second += ms;
    if (next_ == rows_.size()) next_ = 0;
  }
  std::vector<std::pair<std::string, double>>& rows() { return rows_; }

 private:
  std::vector<std::pair<std::string, double>> rows_;
  size_t next_ = 0;
};

}  // namespace

std::vector<std::pair<std::string, double>> layer_times(Session& session, int runs) {
  LayerTimes profiler;
  session.context->setProfiler(&profiler);
  for (int i = 0; i < runs; ++i) session.run();
  session.context->setProfiler(nullptr);
  for (auto& [name, ms] : profiler.rows()) ms /= runs;
  return std::move(profiler.rows());
}

}  // namespace dovetail::cli
