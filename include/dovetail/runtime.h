#pragma once

#include <cstddef>

#include <dovetail/allocator.h>
#include <dovetail/context.h>
#include <dovetail/engine.h>
#include <dovetail/logger.h>
#include <dovetail/plugin_registry.h>
#include <dovetail/stream_reader.h>
#include <dovetail/version.h>

namespace DOVETAIL_NAMESPACE {

using TempfileControlFlags = uint32_t;
enum class TempfileControlFlag : int32_t { kALLOW_IN_MEMORY_FILES = 0, kALLOW_TEMPORARY_FILES = 1 };
DOVETAIL_ENUM_MAX(TempfileControlFlag, 2)

/// Loads plans. Owned by the caller, freed with delete; engines that it loaded may outlive it.
class IRuntime : public INoCopy {
 public:
  virtual ~IRuntime() noexcept = default;
  void destroy() noexcept { delete this; }

  /// Loads a plan from memory. The bytes are copied: they may be freed or changed once the call has returned.
  /// \return The engine, owned by the caller; nullptr, with which and why reported, for bytes that are no plan, are
  ///         damaged, of another version or for another device.
  virtual ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept = 0;
  virtual ICudaEngine* deserializeCudaEngine(IStreamReader& streamReader) noexcept = 0;
  virtual ICudaEngine* deserializeCudaEngine(IStreamReaderV2& streamReader) noexcept = 0;
  /// Loads a plan from a file, which is mapped, not read: the file must not be altered while engines use it.
  virtual ICudaEngine* deserializeCudaEngineFromFile(char const* path) noexcept = 0;

  /// How many threads engines loaded later may use, the calling one included. \return False for numbers below 1.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  virtual int32_t getMaxThreads() const noexcept = 0;
  virtual void setGpuAllocator(IGpuAllocator* allocator) noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  virtual ILogger* getLogger() const noexcept = 0;
  /// The registry of the process.
  virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
  /// Loads another version of the library. Plans hold no code, so the library that is loaded serves every plan that it
  /// can read: refused. \return nullptr.
  virtual IRuntime* loadRuntime(char const* path) noexcept = 0;
  virtual void setDLACore(int32_t dlaCore) noexcept = 0;
  virtual int32_t getDLACore() const noexcept = 0;
  virtual int32_t getNbDLACores() const noexcept = 0;
  virtual void setTemporaryDirectory(char const* path) noexcept = 0;
  virtual char const* getTemporaryDirectory() const noexcept = 0;
  virtual void setTempfileControlFlags(TempfileControlFlags flags) noexcept = 0;
  virtual TempfileControlFlags getTempfileControlFlags() const noexcept = 0;
  /// Plans hold no host code; the setting is kept for programs that use it.
  virtual void setEngineHostCodeAllowed(bool allowed) noexcept = 0;
  virtual bool getEngineHostCodeAllowed() const noexcept = 0;

  ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size, void* /*pluginFactory*/) noexcept {
    return deserializeCudaEngine(blob, size);
  }
};

}  // namespace DOVETAIL_NAMESPACE

/// Behind createInferRuntime. \param logger  An ILogger. \param version  DOVETAIL_API_VERSION.
extern "C" DOVETAIL_API void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;

namespace DOVETAIL_NAMESPACE {

/// \param logger  Shared by everything that the runtime loads.
/// \return A runtime, owned by the caller; nullptr when the library does not serve these headers (reported).
inline IRuntime* createInferRuntime(ILogger& logger) noexcept {
  return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, DOVETAIL_API_VERSION));
}

}  // namespace DOVETAIL_NAMESPACE
