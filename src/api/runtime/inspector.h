#pragma once
#include <memory>
#include <string>

#include "api/runtime/engine.h"

namespace dvt::api {

class Inspector final : public IEngineInspector {
 public:
  Inspector(std::shared_ptr<EngineShared> shared, const Reporter& reporter)
      : shared_(std::move(shared)), reporter_(reporter) {}

  bool setExecutionContext(IExecutionContext const* context) noexcept override {
    context_ = context;
    return true;
  }
  IExecutionContext const* getExecutionContext() const noexcept override { return context_; }
  char const* getLayerInformation(int32_t layerIndex, LayerInformationFormat format) const noexcept override;
  char const* getEngineInformation(LayerInformationFormat format) const noexcept override;
  void setErrorRecorder(IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }

 private:
  std::shared_ptr<EngineShared> shared_;
  Reporter reporter_;
  IExecutionContext const* context_ = nullptr;
  mutable std::string text_;
};

}  // namespace dvt::api
