#pragma once
#include <string>
#include <vector>

#include <dovetail/profiler.h>

#include "trtexec/log.h"

namespace dovetail::trtexec {

/// Times of layers over several runs.
class LayerTimes final : public IProfiler {
 public:
  void reportLayerTime(char const* layer, float ms) noexcept override;

  bool empty() const { return layers_.empty(); }
  /// The table "=== Profile (N iterations ) ===".
  void print(Log& log) const;
  /// Throws Failure.
  void write_json(const std::string& path) const;

 private:
  struct Layer {
    std::string name;
    std::vector<float> ms;
    double total() const;
    double median() const;
  };
  size_t iterations() const { return layers_.empty() ? 0 : layers_.front().ms.size(); }
  double total() const;

  std::vector<Layer> layers_;
  size_t next_ = 0;  ///< Layers are reported in the same order in each run.
};

}  // namespace dovetail::trtexec
