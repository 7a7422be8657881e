#pragma once

#include <dovetail/allocator.h>
#include <dovetail/error_recorder.h>
#include <dovetail/plugin_field.h>

namespace DOVETAIL_NAMESPACE {

/// When a plugin is created: to describe a network, or to run a plan that was loaded.
enum class TensorRTPhase : int32_t { kBUILD = 0, kRUNTIME = 1 };
DOVETAIL_ENUM_MAX(TensorRTPhase, 2)

/// The parts that a plugin is made of.
enum class PluginCapabilityType : int32_t { kCORE = 0, kBUILD = 1, kRUNTIME = 2 };
DOVETAIL_ENUM_MAX(PluginCapabilityType, 3)

/// Base of the parts of a plugin.
class IPluginCapability : public IVersionedInterface {};

/// An operator that the user brings, in parts. Implemented by the user.
class IPluginV3 : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"PLUGIN", 1, 0}; }
  /// \return The part that is asked for, or nullptr when the plugin lacks it. It lives as long as the plugin.
  virtual IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept = 0;
  /// \return An independent plugin in the same state, or nullptr on failure.
  virtual IPluginV3* clone() noexcept = 0;
};

/// Something that plugins share under a key of the registry. Implemented by the user.
class IPluginResource : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IPluginResource", 1, 0}; }
  /// Frees what the resource holds. Called on registered clones only. \return 0 on success.
  virtual int32_t release() noexcept = 0;
  /// The registry keeps a clone of the first resource that is acquired under a key.
  virtual IPluginResource* clone() noexcept = 0;

  ~IPluginResource() noexcept override = default;
  IPluginResource() = default;
  IPluginResource(IPluginResource const&) = default;
  IPluginResource(IPluginResource&&) = default;
  IPluginResource& operator=(IPluginResource const&) & = default;
  IPluginResource& operator=(IPluginResource&&) & = default;
};

/// What a plugin gets of the execution context that it is attached to.
class IPluginResourceContext {
 public:
  virtual IGpuAllocator* getGpuAllocator() const noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  virtual ~IPluginResourceContext() noexcept = default;

 protected:
  IPluginResourceContext() = default;
  IPluginResourceContext(IPluginResourceContext const&) = default;
  IPluginResourceContext(IPluginResourceContext&&) = default;
  IPluginResourceContext& operator=(IPluginResourceContext const&) & = default;
  IPluginResourceContext& operator=(IPluginResourceContext&&) & = default;
};

/// Base of everything that makes plugins. Which kind it is stands in getInterfaceInfo().kind.
class IPluginCreatorInterface : public IVersionedInterface {
 public:
  ~IPluginCreatorInterface() noexcept override = default;

 protected:
  IPluginCreatorInterface() = default;
  IPluginCreatorInterface(IPluginCreatorInterface const&) = default;
  IPluginCreatorInterface(IPluginCreatorInterface&&) = default;
  IPluginCreatorInterface& operator=(IPluginCreatorInterface const&) & = default;
  IPluginCreatorInterface& operator=(IPluginCreatorInterface&&) & = default;
};

}  // namespace DOVETAIL_NAMESPACE
