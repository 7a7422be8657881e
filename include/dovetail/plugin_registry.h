#pragma once

#include <dovetail/logger.h>
#include <dovetail/plugin_v2.h>
#include <dovetail/plugin_v3.h>

namespace DOVETAIL_NAMESPACE {

/// Knows the creators of plugins by name, version and namespace. There is one for the process; it owns no creator.
/// \threadsafety Every method may be called from several threads at once.
class IPluginRegistry {
 public:
  using PluginLibraryHandle = void*;

  /// \return False, with an error reported, when there is one of that name, version and namespace.
  virtual bool registerCreator(IPluginCreator& creator, AsciiChar const* const pluginNamespace) noexcept = 0;
  virtual bool registerCreator(IPluginCreatorInterface& creator, AsciiChar const* const pluginNamespace) noexcept = 0;
  /// \return False when it was not registered.
  virtual bool deregisterCreator(IPluginCreator const& creator) noexcept = 0;
  virtual bool deregisterCreator(IPluginCreatorInterface const& creator) noexcept = 0;

  /// Creators of the older form. The array is valid until a creator is registered or deregistered; the same for the
  /// other lists.
  virtual IPluginCreator* const* getPluginCreatorList(int32_t* const numCreators) const noexcept = 0;
  virtual IPluginCreator* getPluginCreator(AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
                                           AsciiChar const* const pluginNamespace = "") noexcept = 0;
  virtual IPluginCreatorInterface* const* getAllCreators(int32_t* const numCreators) const noexcept = 0;
  virtual IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* const numCreators) noexcept = 0;
  /// nullptr when there is none.
  virtual IPluginCreatorInterface* getCreator(AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
                                              AsciiChar const* const pluginNamespace = "") noexcept = 0;

  /// Registers the creators that a shared library has. \return A handle for deregisterLibrary, or nullptr with the
  /// reason reported.
  virtual PluginLibraryHandle loadLibrary(AsciiChar const* pluginPath) noexcept = 0;
  virtual void deregisterLibrary(PluginLibraryHandle handle) noexcept = 0;

  /// The resource under a key; the first call keeps a clone of resource there. Each call is to be undone by one of
  /// releasePluginResource. \return nullptr on failure.
  virtual IPluginResource* acquirePluginResource(AsciiChar const* key, IPluginResource* resource) noexcept = 0;
  /// \return 0 on success.
  virtual int32_t releasePluginResource(AsciiChar const* key) noexcept = 0;

  /// nullptr for none.
  virtual void setErrorRecorder(IErrorRecorder* const recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// There is one registry, which has no parent; the setting is kept.
  virtual bool isParentSearchEnabled() const = 0;
  virtual void setParentSearchEnabled(bool const enabled) = 0;

  IPluginRegistry() = default;
  IPluginRegistry(IPluginRegistry const&) = delete;
  IPluginRegistry(IPluginRegistry&&) = delete;
  IPluginRegistry& operator=(IPluginRegistry const&) & = delete;
  IPluginRegistry& operator=(IPluginRegistry&&) & = delete;

 protected:
  virtual ~IPluginRegistry() noexcept = default;
};

/// Finds the logger of the program that a plugin library was loaded into. Implemented by the library's loader.
class ILoggerFinder {
 public:
  virtual ILogger* findLogger() = 0;

 protected:
  virtual ~ILoggerFinder() = default;
};

}  // namespace DOVETAIL_NAMESPACE

/// The registry of the process. Never nullptr.
extern "C" DOVETAIL_API DOVETAIL_NAMESPACE::IPluginRegistry* getPluginRegistry() noexcept;

namespace DOVETAIL_NAMESPACE {

/// Registers a creator of type T for as long as the object lives in the program.
template <typename T>
class PluginRegistrar {
 public:
  PluginRegistrar() { getPluginRegistry()->registerCreator(instance, ""); }

 private:
  T instance{};
};

}  // namespace DOVETAIL_NAMESPACE

/// At namespace scope: registers a creator when the program or library is loaded.
#define DOVETAIL_REGISTER_PLUGIN(name) \
  static DOVETAIL_NAMESPACE::PluginRegistrar<name> pluginRegistrar##name {}
