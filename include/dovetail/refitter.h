#pragma once

#include <dovetail/engine.h>
#include <dovetail/logger.h>
#include <dovetail/stream.h>
#include <dovetail/version.h>

namespace DOVETAIL_NAMESPACE {

/// Gives a built engine other weights. Owned by the caller, freed with delete.
class IRefitter : public INoCopy {
 public:
  virtual ~IRefitter() noexcept = default;
  void destroy() noexcept { delete this; }

  /// New weights for a role of a layer, or by their name. They must stay readable until the refit is done.
  /// \return False when the engine has no such weights or the count or type differs.
  virtual bool setWeights(char const* layerName, WeightsRole role, Weights weights) noexcept = 0;
  virtual bool setNamedWeights(char const* name, Weights weights) noexcept = 0;
  virtual bool setNamedWeights(char const* name, Weights weights, TensorLocation location) noexcept = 0;
  virtual bool unsetNamedWeights(char const* weightsName) noexcept = 0;
  /// nullptr and count 0 when none were set.
  virtual Weights getNamedWeights(char const* weightsName) const noexcept = 0;
  virtual TensorLocation getWeightsLocation(char const* weightsName) const noexcept = 0;
  /// Type and count that weights of that name must have; values is nullptr.
  virtual Weights getWeightsPrototype(char const* weightsName) const noexcept = 0;

  /// \return False, with the missing weights reported, when a set of weights is incomplete.
  virtual bool refitCudaEngine() noexcept = 0;
  virtual bool refitCudaEngineAsync(cudaStream_t stream) noexcept = 0;

  // Lists. \param size  Room in the arrays, which may be nullptr when it is 0. \return How many there are.
  virtual int32_t getMissing(int32_t size, char const** layerNames, WeightsRole* roles) noexcept = 0;
  virtual int32_t getAll(int32_t size, char const** layerNames, WeightsRole* roles) noexcept = 0;
  virtual int32_t getMissingWeights(int32_t size, char const** weightsNames) noexcept = 0;
  virtual int32_t getAllWeights(int32_t size, char const** weightsNames) noexcept = 0;

  virtual bool setDynamicRange(char const* tensorName, float min, float max) noexcept = 0;
  virtual float getDynamicRangeMin(char const* tensorName) const noexcept = 0;
  virtual float getDynamicRangeMax(char const* tensorName) const noexcept = 0;
  virtual int32_t getTensorsWithDynamicRange(int32_t size, char const** tensorNames) const noexcept = 0;

  /// Whether new weights are checked. True by default.
  virtual void setWeightsValidation(bool weightsValidation) noexcept = 0;
  virtual bool getWeightsValidation() const noexcept = 0;
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  virtual int32_t getMaxThreads() const noexcept = 0;
  virtual ILogger* getLogger() const noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE

/// Behind createInferRefitter. \param engine  An ICudaEngine. \param logger  An ILogger.
extern "C" DOVETAIL_API void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept;

namespace DOVETAIL_NAMESPACE {

/// \return A refitter, owned by the caller; nullptr, with the reason reported, for an engine that cannot be refitted.
inline IRefitter* createInferRefitter(ICudaEngine& engine, ILogger& logger) noexcept {
  return static_cast<IRefitter*>(createInferRefitter_INTERNAL(&engine, &logger, DOVETAIL_API_VERSION));
}

}  // namespace DOVETAIL_NAMESPACE
