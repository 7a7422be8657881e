#pragma once

#include <dovetail/error_recorder.h>
#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

class IExecutionContext;

enum class LayerInformationFormat : int32_t { kONELINE = 0, kJSON = 1 };
DOVETAIL_ENUM_MAX(LayerInformationFormat, 2)

/// Describes the layers of an engine as they were built: names, tactics, where each came from.
/// How much there is to tell follows from the ProfilingVerbosity of the build. Owned by the caller.
class IEngineInspector : public INoCopy {
 public:
  virtual ~IEngineInspector() noexcept = default;
  void destroy() noexcept { delete this; }

  /// The context whose current shapes are shown; nullptr, the default, shows -1.
  virtual bool setExecutionContext(IExecutionContext const* context) noexcept = 0;
  virtual IExecutionContext const* getExecutionContext() const noexcept = 0;
  /// \return The text, valid until the next call on the inspector; nullptr when layerIndex is out of range.
  virtual char const* getLayerInformation(int32_t layerIndex, LayerInformationFormat format) const noexcept = 0;
  virtual char const* getEngineInformation(LayerInformationFormat format) const noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE
